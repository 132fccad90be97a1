/**
 * Work that waits, and how it gives up.
 */
import { RequestAbortedError, type ZooKeeper } from "../client/index.ts";
import { Patience, type WaitOptions } from "./patience.ts";

/**
 * Runs something under a signal that is aborted when the caller's is or the time is up. What runs is expected to reject then, and
 * may be quicker than that: what it has come to is not lost.
 *
 * @throws OperationTimeoutError, RequestAbortedError.
 */
export async function withTimeLimit<T>(
  { clock }: ZooKeeper,
  path: string,
  options: WaitOptions,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const patience = new Patience(clock, path, options);
  try {
    return await run(patience.signal);
  } catch (error) {
    // A request that was given up says only that, not why.
    const hasGivenUp = patience.signal.aborted && error instanceof RequestAbortedError;
    throw hasGivenUp ? patience.signal.reason : error;
  } finally {
    patience.end();
  }
}

/** Waits for a promise, or for the signal, which leaves the promise to itself. */
export async function untilAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
