/**
 * Least, mean and greatest of many latencies (`AvgMinMaxCounter`), at the price of two additions and two comparisons.
 */
export class LatencyCounter {
  #count = 0;
  #totalMs = 0;
  #minMs = Infinity;
  #maxMs = 0;

  add(latencyMs: number): void {
    this.#count += 1;
    this.#totalMs += latencyMs;
    if (latencyMs < this.#minMs) this.#minMs = latencyMs;
    if (latencyMs > this.#maxMs) this.#maxMs = latencyMs;
  }

  get count(): number {
    return this.#count;
  }

  get totalMs(): number {
    return this.#totalMs;
  }

  /** 0 when nothing was counted, as are the mean and the greatest. */
  get minMs(): number {
    return this.#count === 0 ? 0 : this.#minMs;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  /** To four decimal places, as ZooKeeper rounds it. */
  get meanMs(): number {
    return this.#count === 0 ? 0 : Math.round((this.#totalMs / this.#count) * 1e4) / 1e4;
  }

  reset(): void {
    this.#count = 0;
    this.#totalMs = 0;
    this.#minMs = Infinity;
    this.#maxMs = 0;
  }

  /** What two counters have counted together. */
  static sum(left: LatencyCounter, right: LatencyCounter): LatencyCounter {
    const sum = new LatencyCounter();
    sum.#count = left.#count + right.#count;
    sum.#totalMs = left.#totalMs + right.#totalMs;
    sum.#minMs = Math.min(left.#minMs, right.#minMs);
    sum.#maxMs = Math.max(left.#maxMs, right.#maxMs);
    return sum;
  }
}
