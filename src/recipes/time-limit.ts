/**
 * What every wait of a recipe takes: a signal that ends it, and a time after which it ends.
 */
import {
  ClientErrorCode,
  OperationTimeoutError,
  RequestAbortedError,
  type ZooKeeper,
} from "../client/index.ts";

export interface WaitOptions {
  /** Gives up waiting, with `RequestAbortedError`. */
  readonly signal?: AbortSignal | undefined;
  /** Gives up waiting after so long, with `OperationTimeoutError`. Default: never. */
  readonly timeoutMs?: number | undefined;
}

const OPERATION_TIMEOUT = -7;

/**
 * Runs something under a signal that is aborted when the caller's is or the time is up. What runs is expected to reject then.
 *
 * @throws OperationTimeoutError, RequestAbortedError.
 */
export async function withTimeLimit<T>(
  { clock }: ZooKeeper,
  path: string,
  options: WaitOptions,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, timeoutMs = Infinity } = options;
  if (signal?.aborted) throw abortedError(path, signal);
  const limit = new AbortController();
  let isLate = false;
  const onAbort = (): void => limit.abort(signal?.reason);
  const onTime = (): void => {
    isLate = true;
    limit.abort();
  };
  signal?.addEventListener("abort", onAbort);
  const stopTimer = timeoutMs === Infinity ? undefined : clock.startTimer(onTime, timeoutMs);
  try {
    return await run(limit.signal);
  } catch (error) {
    if (!isLate || !(error instanceof RequestAbortedError)) throw error;
    const message = `waited for ${timeoutMs} ms in vain: ${path}`;
    throw new OperationTimeoutError(OPERATION_TIMEOUT, { path, message, cause: error });
  } finally {
    signal?.removeEventListener("abort", onAbort);
    stopTimer?.();
  }
}

/** Waits for a promise, or for the signal, which leaves the promise to itself. */
export async function untilAborted<T>(
  path: string,
  signal: AbortSignal,
  promise: Promise<T>,
): Promise<T> {
  if (signal.aborted) throw abortedError(path, signal);
  return await new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(abortedError(path, signal));
    signal.addEventListener("abort", onAbort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

function abortedError(path: string, signal: AbortSignal): RequestAbortedError {
  return new RequestAbortedError(ClientErrorCode.aborted, { path, cause: signal.reason });
}
