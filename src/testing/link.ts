/**
 * One direction of a connection: what is put in comes out in the same order, at once or after a delay, and not while the
 * link is held.
 */
import type { Clock } from "../client/index.ts";

interface Delivery {
  readonly dueMs: number;
  readonly deliver: () => void;
}

export class Link {
  readonly #clock: Clock;
  readonly #delayMs: () => number;
  #deliveries: Delivery[] = [];
  #isHeld: boolean;
  #isScheduled = false;

  constructor(clock: Clock, delayMs: () => number, isHeld: boolean) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#isHeld = isHeld;
  }

  push(deliver: () => void): void {
    const arrivalMs = this.#clock.now() + this.#delayMs();
    const dueMs = Math.max(arrivalMs, this.#deliveries.at(-1)?.dueMs ?? 0);
    this.#deliveries.push({ dueMs, deliver });
    this.#schedule();
  }

  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#schedule();
  }

  /** Delivers all that is on its way, at once, even if the link is held. */
  flush(): void {
    for (const { deliver } of this.#deliveries.splice(0)) deliver();
  }

  /** Loses all that is on its way. */
  clear(): void {
    this.#deliveries = [];
  }

  #schedule(): void {
    const next = this.#deliveries[0];
    if (next === undefined || this.#isHeld || this.#isScheduled) return;
    this.#isScheduled = true;
    const waitMs = next.dueMs - this.#clock.now();
    if (waitMs <= 0) queueMicrotask(this.#run);
    else this.#clock.startTimer(this.#run, waitMs);
  }

  readonly #run = (): void => {
    this.#isScheduled = false;
    const [next] = this.#deliveries;
    if (next !== undefined && !this.#isHeld && next.dueMs <= this.#clock.now()) {
      this.#deliveries.shift();
      next.deliver();
    }
    this.#schedule();
  };
}
