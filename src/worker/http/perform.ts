/**
 * Calls of the namespace's object. When it started over or could not be reached, what can be asked again safely is asked once more.
 */
import type { Env } from "../../objects/env.ts";
import type { Call, CallName, CallResult, Calls, Caller } from "../../services/call.ts";
import { unavailable } from "./problem.ts";

/** Calls that may be done twice: they change nothing, or nothing more the second time. */
const REPEATABLE: ReadonlySet<CallName> = new Set<CallName>([
  "getData",
  "exists",
  "getChildren",
  "countChildren",
  "getACL",
  "awaitChange",
  "inspectLock",
  "getCounter",
  "awaitBarrier",
  "renewSession",
  "renewLock",
  "releaseLock",
]);

export type CallOf<N extends CallName> = { readonly name: N } & Readonly<Calls[N]["takes"]>;

/**
 * @throws ProblemError 503.
 */
export async function perform<N extends CallName>(
  env: Env,
  namespace: string,
  caller: Caller,
  call: CallOf<N>,
): Promise<CallResult<N>> {
  const mayRepeat = REPEATABLE.has(call.name) || caller.idempotencyKey !== undefined;
  try {
    return await ask(env, namespace, caller, call);
  } catch (error) {
    console.error(`${call.name} failed:`, error);
    // An object that has too much to do would only have more.
    if (!mayRepeat || isOverloaded(error)) throw unavailable();
  }
  try {
    return await ask(env, namespace, caller, call);
  } catch (error) {
    console.error(`${call.name} failed again:`, error);
    throw unavailable();
  }
}

/** With a stub of its own: after a reset the old one is of no use. */
async function ask<N extends CallName>(
  env: Env,
  namespace: string,
  caller: Caller,
  call: CallOf<N>,
): Promise<CallResult<N>> {
  const stub = env.SUBTREE.getByName(namespace);
  // It is one of the calls, whichever its name is, and gets what that gives; the compiler cannot tell.
  const one = call as unknown as Call;
  if (!mayWait(call)) return stub.perform(caller, one);
  // When the caller goes away, this event ends and takes the guard with it: then the object stops waiting.
  const beginning = stub.begin(caller, one, "keep");
  const [begun, result] = await Promise.all([beginning, beginning.outcome()]);
  begun[Symbol.dispose]();
  return result;
}

function mayWait(call: object): boolean {
  return "waitMs" in call && typeof call.waitMs === "number" && call.waitMs > 0;
}

function isOverloaded(error: unknown): boolean {
  return error instanceof Error && "overloaded" in error && error.overloaded === true;
}
