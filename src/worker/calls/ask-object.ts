/**
 * Calls of a namespace's object, for HTTP and RPC alike. What can be asked again safely is asked once more when the object started
 * over or could not be reached.
 */
import type { Env } from "../../objects/env.ts";
import type { GuardMode } from "../../objects/guarded-call.ts";
import type { Call, Caller, CallName, Calls } from "../../services/call.ts";
import { HARMLESS_CALLS } from "../../services/harmless-calls.ts";

export type CallOf<N extends CallName> = { readonly name: N } & Readonly<Calls[N]["takes"]>;

export type SubtreeStub = ReturnType<Env["SUBTREE"]["getByName"]>;

/**
 * Asks, and asks once more where that does no harm.
 *
 * @throws what `lost` gives when nobody knows what became of the call.
 */
export async function askAgain<T>(
  name: CallName,
  { idempotencyKey }: Caller,
  ask: () => Promise<T>,
  lost: () => Error,
): Promise<T> {
  // What has been released is not released again, whatever the second answer says of it.
  const isHarmless = HARMLESS_CALLS.has(name) || name === "releaseLock";
  try {
    return await ask();
  } catch (error) {
    console.error(`${name} failed:`, error);
    // An object that has too much to do would only have more.
    if ((!isHarmless && idempotencyKey === undefined) || isOverloaded(error)) throw lost();
  }
  try {
    return await ask();
  } catch (error) {
    console.error(`${name} failed again:`, error);
    throw lost();
  }
}

/** Begins a call, in one round trip: the outcome is asked for before there is an answer to the beginning. */
export async function begin(stub: SubtreeStub, caller: Caller, call: Call, mode: GuardMode) {
  const beginning = stub.begin(caller, call, mode);
  const [begun, result] = await Promise.all([beginning, beginning.outcome()]);
  return { begun, result };
}

/** It is one of the calls, whichever its name is; the compiler cannot tell. */
export function widened<N extends CallName>(call: CallOf<N>): Call {
  return call as unknown as Call;
}

function isOverloaded(error: unknown): boolean {
  return error instanceof Error && "overloaded" in error && error.overloaded === true;
}
