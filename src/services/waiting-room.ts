/**
 * Calls that wait, of which an object has room for so many: each keeps it awake, and in memory.
 */
import { CallFailure } from "./call-failure.ts";

export class WaitingRoom {
  readonly #max: number;
  #count = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#count;
  }

  /** Runs something under a signal that is aborted after a time, or with another one. @throws CallFailure when it is full. */
  async wait<T>(
    waitMs: number,
    signal: AbortSignal | undefined,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (this.#count >= this.#max) {
      throw new CallFailure("tooManyCalls", `${this.#max} calls wait already`);
    }
    const controller = new AbortController();
    const giveUp = (): void => controller.abort();
    const timer = setTimeout(giveUp, waitMs);
    signal?.addEventListener("abort", giveUp);
    if (signal?.aborted) giveUp();
    this.#count += 1;
    try {
      return await run(controller.signal);
    } finally {
      this.#count -= 1;
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
    }
  }
}

/** What something comes to that ends with the signal; undefined when the signal was aborted before. */
export async function unlessAborted<T>(
  signal: AbortSignal,
  running: Promise<T>,
): Promise<T | undefined> {
  try {
    return await running;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}
