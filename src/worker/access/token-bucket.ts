/**
 * Buckets of requests, one a key, that fill up again as time goes by. They live and count in one isolate: Cloudflare runs
 * many, so there they keep off floods, and its own rate limits count.
 */
import type { Bucket } from "../../access/rate-settings.ts";

export class TokenBuckets {
  /** When each bucket is full again, in milliseconds since 1970: all there is to know of one. */
  readonly #fullMs = new Map<string, number>();
  readonly #keysMax: number;

  constructor(keysMax: number) {
    this.#keysMax = keysMax;
  }

  /** Takes one request out of a bucket. Returns 0, or after how many milliseconds there will be one again. */
  take(key: string, { requests, perSeconds }: Bucket, nowMs: number): number {
    const intervalMs = (perSeconds * 1_000) / requests;
    const fullMs = Math.max(this.#fullMs.get(key) ?? nowMs, nowMs);
    const waitMs = fullMs - nowMs - (requests - 1) * intervalMs;
    // To the end of the map: whoever is at its start was here longest ago.
    this.#fullMs.delete(key);
    this.#fullMs.set(key, waitMs > 0 ? fullMs : fullMs + intervalMs);
    if (this.#fullMs.size > this.#keysMax) this.#dropOldest();
    return Math.max(0, Math.ceil(waitMs));
  }

  #dropOldest(): void {
    const [oldest] = this.#fullMs.keys();
    if (oldest !== undefined) this.#fullMs.delete(oldest);
  }
}
