/**
 * Latencies in buckets whose width is at most 1/32 of their value: constant memory and a few instructions per
 * operation, whatever the number of operations.
 */
const EXACT_BELOW_US = 64;
const BUCKETS_PER_OCTAVE = 32;
const OCTAVES = 25;
const LATENCY_US_MAX = 2 ** 31 - 1;

export class LatencyHistogram {
  readonly #counts = new Float64Array(EXACT_BELOW_US + OCTAVES * BUCKETS_PER_OCTAVE);
  #total = 0;

  record(latencyMs: number): void {
    const index = bucketOf(Math.min(latencyMs * 1000, LATENCY_US_MAX) | 0);
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.#total++;
  }

  /** The latency in milliseconds that the given share (0 to 1) of the operations did not exceed; 0 without any. */
  percentileMs(share: number): number {
    const wanted = Math.max(1, Math.ceil(this.#total * share));
    let seen = 0;
    for (let index = 0; index < this.#counts.length; index++) {
      seen += this.#counts[index] as number;
      if (seen >= wanted) return middleUsOf(index) / 1000;
    }
    return 0;
  }
}

function bucketOf(us: number): number {
  if (us < EXACT_BELOW_US) return Math.max(0, us);
  const exponent = 31 - Math.clz32(us);
  const step = (us >>> (exponent - 5)) & (BUCKETS_PER_OCTAVE - 1);
  return EXACT_BELOW_US + (exponent - 6) * BUCKETS_PER_OCTAVE + step;
}

function middleUsOf(index: number): number {
  if (index < EXACT_BELOW_US) return index + 0.5;
  const exponent = Math.trunc((index - EXACT_BELOW_US) / BUCKETS_PER_OCTAVE) + 6;
  const step = (index - EXACT_BELOW_US) % BUCKETS_PER_OCTAVE;
  return (BUCKETS_PER_OCTAVE + step + 0.5) * 2 ** (exponent - 5);
}
