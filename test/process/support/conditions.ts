/**
 * Waiting for what a test expects, instead of for a time: for something that this process is told of, or for
 * something outside that can only be looked at again and again.
 */
import { setTimeout as delay } from "node:timers/promises";

const WAIT_MS = 20_000;
const POLL_MS = 25;

/** Lets any number of waiters look again whenever something has changed. */
export class Condition {
  readonly #waiters = new Set<() => void>();

  changed(): void {
    for (const look of this.#waiters) look();
  }

  /**
   * Resolves with the first result of `probe` that is not undefined.
   *
   * @throws Error naming `what` when there is none in time.
   */
  wait<T>(what: string, probe: () => T | undefined, timeoutMs: number = WAIT_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(look);
      };
      const look = (): void => {
        let result: T | undefined;
        try {
          result = probe();
        } catch (error) {
          end();
          reject(error);
          return;
        }
        if (result === undefined) return;
        end();
        resolve(result);
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`${what}: not within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiters.add(look);
      look();
    });
  }
}

/** Like {@link Condition.wait}, for what nobody tells us of. */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  timeoutMs: number = WAIT_MS,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const result = await probe();
    if (result !== undefined) return result;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await delay(POLL_MS);
  }
}

/** What a promise resolves to; fails when that takes too long. */
export async function soon<T>(
  what: string,
  promise: Promise<T>,
  timeoutMs: number = WAIT_MS,
): Promise<T> {
  const timeout = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: timeout.signal }).then(() => {
    throw new Error(`${what}: not within ${timeoutMs} ms`);
  });
  // Cut short by its own signal, it fails with nobody left to care.
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    timeout.abort();
  }
}
