/**
 * The one timer of a client. It goes off at the time that it was set to, or before: whoever is called looks at the clock and
 * sets it again. So deadlines that move away, as most do all the time, never touch it.
 */
import type { Clock } from "./clock.ts";

export class Alarm {
  readonly #clock: Clock;
  readonly #callback: () => void;
  #atMs = Infinity;
  #stop: (() => void) | undefined;

  constructor(clock: Clock, callback: () => void) {
    this.#clock = clock;
    this.#callback = callback;
  }

  /** Makes sure that it goes off by then, a time of the clock. */
  set(atMs: number): void {
    if (atMs >= this.#atMs) return;
    this.#stop?.();
    this.#atMs = atMs;
    this.#stop = this.#clock.startTimer(
      () => {
        this.#atMs = Infinity;
        this.#callback();
      },
      Math.max(0, Math.ceil(atMs - this.#clock.now())),
    );
  }

  clear(): void {
    this.#stop?.();
    this.#atMs = Infinity;
  }
}
