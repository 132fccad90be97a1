/**
 * Buckets of requests, one a key, that fill up again as time goes by. They live and count in one isolate: Cloudflare runs
 * many, so there they keep off floods, and its own rate limits count.
 */
import type { Bucket } from "../../access/rate-settings.ts";

interface Level {
  requests: number;
  atMs: number;
}

export class TokenBuckets {
  readonly #levels = new Map<string, Level>();
  readonly #keysMax: number;

  constructor(keysMax: number) {
    this.#keysMax = keysMax;
  }

  /** Takes one request out of a bucket. Returns 0, or after how many milliseconds there will be one again. */
  take(key: string, { requests, perSeconds }: Bucket, nowMs: number): number {
    const perMs = requests / (perSeconds * 1_000);
    const before = this.#levels.get(key);
    const passedMs = before === undefined ? 0 : Math.max(0, nowMs - before.atMs);
    const level = Math.min(requests, (before?.requests ?? requests) + passedMs * perMs);
    const isEmpty = level < 1;
    // To the end of the map: whoever is at its start was here longest ago.
    this.#levels.delete(key);
    this.#levels.set(key, { requests: isEmpty ? level : level - 1, atMs: nowMs });
    if (this.#levels.size > this.#keysMax) this.#dropOldest();
    return isEmpty ? Math.ceil((1 - level) / perMs) : 0;
  }

  #dropOldest(): void {
    const [oldest] = this.#levels.keys();
    if (oldest !== undefined) this.#levels.delete(oldest);
  }
}
