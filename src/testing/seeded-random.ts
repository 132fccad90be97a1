/**
 * Random numbers that are the same in every run (the generator "mulberry32").
 */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** At least 0 and below 1. */
  readonly next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };

  /** A whole number, at least 0 and below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  readonly bytes = (count: number): Uint8Array<ArrayBuffer> =>
    Uint8Array.from({ length: count }, () => this.below(256));

  /** Another generator, whose numbers do not depend on how many this one gives from now on. */
  fork(): SeededRandom {
    return new SeededRandom(this.below(2 ** 32));
  }
}
