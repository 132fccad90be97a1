/**
 * Calls of the namespace's object. When it started over or could not be reached, what can be asked again safely is asked once more.
 */
import type { Env } from "../../objects/env.ts";
import type { CallName, CallResult, Calls, Caller } from "../../services/call.ts";
import { unavailable } from "./problem.ts";

/** Calls that change nothing. */
const READS: ReadonlySet<CallName> = new Set<CallName>([
  "getData",
  "exists",
  "getChildren",
  "countChildren",
  "getACL",
  "awaitChange",
  "inspectLock",
  "getCounter",
  "awaitBarrier",
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
  const mayRepeat = READS.has(call.name) || caller.idempotencyKey !== undefined;
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

/** The object as far as it concerns us: the types of stubs do not know which call gives what. */
interface Performer {
  perform<N extends CallName>(caller: Caller, call: CallOf<N>): Promise<CallResult<N>>;
}

/** With a stub of its own: after a reset the old one is of no use. */
async function ask<N extends CallName>(
  env: Env,
  namespace: string,
  caller: Caller,
  call: CallOf<N>,
): Promise<CallResult<N>> {
  const stub = env.SUBTREE.getByName(namespace) as unknown as Performer;
  return stub.perform(caller, call);
}

function isOverloaded(error: unknown): boolean {
  return error instanceof Error && "overloaded" in error && error.overloaded === true;
}
