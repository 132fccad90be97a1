/**
 * Time that passes when a test says so.
 */
import type { Clock } from "../client/index.ts";
import { nextTurn } from "./event-loop.ts";

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until it is advanced. Given to a `TestServer`, the server and its clients live by it: a
 * session's timeout takes as long as a test wants, and the same test gives the same history every time.
 *
 * @example
 * const server = new TestServer({ clock: new ManualClock() });
 * const zk = await server.connect();
 * server.pause(zk);
 * await server.clock.advance(10_000);
 * console.log(zk.state); // lost
 */
export class ManualClock implements Clock {
  #nowMs = 0;
  #isAdvancing = false;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#nowMs;
  }

  startTimer(callback: () => void, delayMs: number): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /**
   * Lets time pass, timer by timer, and all that follows from each happen before the next. With 0, everything happens that
   * needs no time.
   *
   * @throws Error when it is being advanced already: two tests would share one time.
   */
  async advance(ms: number): Promise<void> {
    if (this.#isAdvancing) throw new Error("the clock is being advanced already; await it first");
    this.#isAdvancing = true;
    try {
      await nextTurn();
      const endMs = this.#nowMs + ms;
      for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
        this.#timers.delete(next);
        this.#nowMs = Math.max(this.#nowMs, next.atMs);
        next.callback();
        await nextTurn();
      }
      this.#nowMs = endMs;
    } finally {
      this.#isAdvancing = false;
    }
  }

  /** Lets time pass without anybody getting to run, as a blocked event loop or a paused process does. */
  stall(ms: number): void {
    this.#nowMs += ms;
  }

  #next(endMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      // Of several at one time, the one that was started first.
      if (timer.atMs <= endMs && (first === undefined || timer.atMs < first.atMs)) first = timer;
    }
    return first;
  }
}
