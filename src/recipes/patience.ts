/**
 * How long somebody is willing to wait: a signal and a timeout in one.
 */
import { ClientErrorCode, type Clock, ErrorCode, errorOf } from "../client/index.ts";

export interface WaitOptions {
  /** Gives up, with `RequestAbortedError` (its `name` is `AbortError`). */
  readonly signal?: AbortSignal | undefined;
  /** Gives up after so many milliseconds, with `OperationTimeoutError`. Default: never. */
  readonly timeoutMs?: number | undefined;
}

export class Patience {
  readonly #controller = new AbortController();
  /** Rejects at its end; undefined when it has none. */
  readonly #end: Promise<never> | undefined;
  readonly #cleanUps: (() => void)[] = [];

  /** @throws RequestAbortedError when there is none from the beginning. */
  constructor(clock: Clock, path: string, { signal, timeoutMs = Infinity }: WaitOptions) {
    const aborted = (): Error => errorOf(ClientErrorCode.aborted, { path, cause: signal?.reason });
    if (signal?.aborted) throw aborted();
    if (signal === undefined && timeoutMs === Infinity) return;
    this.#end = new Promise((_, reject) => {
      const end = (error: Error): void => {
        // First, or what the signal ends would say that it was aborted, whatever the reason.
        reject(error);
        this.#controller.abort(error);
      };
      const onAbort = (): void => end(aborted());
      signal?.addEventListener("abort", onAbort);
      this.#cleanUps.push(() => signal?.removeEventListener("abort", onAbort));
      if (timeoutMs === Infinity) return;
      const onTimeout = (): void => end(errorOf(ErrorCode.operationTimeout, { path }));
      this.#cleanUps.push(clock.startTimer(onTimeout, timeoutMs));
    });
    // It may end while nobody waits for anything.
    this.#end.catch(() => {});
  }

  /** Aborted when the patience is at its end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Waits for a promise as long as there is patience. What the promise stands for goes on by itself. */
  wait<T>(promise: Promise<T>): Promise<T> {
    return this.#end === undefined ? promise : Promise.race([this.#end, promise]);
  }

  /** It is over with the waiting. */
  end(): void {
    for (const cleanUp of this.#cleanUps) cleanUp();
  }
}
