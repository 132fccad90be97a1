/**
 * A clock that stands still until it is advanced.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../../../../src/client/clock.ts";

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  /** Timers that were started. */
  started = 0;
  #nowMs = 1_000;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#nowMs;
  }

  get running(): number {
    return this.#timers.size;
  }

  startTimer(callback: () => void, delayMs: number): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    this.started++;
    return () => void this.#timers.delete(timer);
  }

  /** Lets time pass, timer by timer, and what follows from each happen. */
  async advance(ms: number): Promise<void> {
    await settle();
    const endMs = this.#nowMs + ms;
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
      await settle();
    }
    this.#nowMs = endMs;
  }

  /** Time passes, but nobody gets to run: what a blocked event loop is like. */
  stall(ms: number): void {
    this.#nowMs += ms;
  }

  #next(endMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs <= endMs && (first === undefined || timer.atMs < first.atMs)) first = timer;
    }
    return first;
  }
}

/** Until everything has happened that needs no time and no input. */
export async function settle(): Promise<void> {
  await nextTurn();
}
