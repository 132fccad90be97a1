/**
 * Calls of the namespace's object, whose failure to answer is a problem with status 503.
 */
import type { Env } from "../../objects/env.ts";
import type { CallName, CallResult, Caller } from "../../services/call.ts";
import { askAgain, begin, type CallOf, widened } from "../calls/ask-object.ts";
import { unavailable } from "./problem.ts";

/**
 * @throws ProblemError 503.
 */
export async function perform<N extends CallName>(
  env: Env,
  namespace: string,
  caller: Caller,
  call: CallOf<N>,
): Promise<CallResult<N>> {
  return await askAgain(call.name, caller, () => ask(env, namespace, caller, call), unavailable);
}

/** With a stub of its own: after a reset the old one is of no use. */
async function ask<N extends CallName>(
  env: Env,
  namespace: string,
  caller: Caller,
  call: CallOf<N>,
): Promise<CallResult<N>> {
  const stub = env.SUBTREE.getByName(namespace);
  if (!mayWait(call)) return stub.perform(caller, widened(call));
  // When the caller goes away, this event ends and takes the guard with it: then the object stops waiting.
  const { begun, result } = await begin(stub, caller, widened(call), "keep");
  begun[Symbol.dispose]();
  return result;
}

function mayWait(call: object): boolean {
  return "waitMs" in call && typeof call.waitMs === "number" && call.waitMs > 0;
}
