/**
 * Whether a caller has asked too often: by Cloudflare's rate limits where they are bound, and by buckets of this isolate
 * where they are configured.
 */
import type { Policy } from "../../access/policy.ts";
import { type Env, UNKNOWN_ADDRESS } from "../../objects/env.ts";
import { BOUND_RETRY_AFTER_S, BUCKETS_MAX } from "./limits.ts";
import { TokenBuckets } from "./token-bucket.ts";

const buckets = new TokenBuckets(BUCKETS_MAX);

type Who =
  | { readonly kind: "address"; readonly name: string }
  | { readonly kind: "subject"; readonly name: string };

/** Counts a request. Returns the seconds that its caller has to wait for another; undefined when it need not. */
export async function limitRate(
  who: Who,
  { SUBJECT_RATE_LIMIT, ADDRESS_RATE_LIMIT }: Env,
  policy: Policy,
  nowMs: number,
): Promise<number | undefined> {
  const isAddress = who.kind === "address";
  // All who come from nobody knows where would share one bucket.
  if (isAddress && who.name === UNKNOWN_ADDRESS) return undefined;
  const key = `${who.kind} ${who.name}`;
  const bound = isAddress ? ADDRESS_RATE_LIMIT : SUBJECT_RATE_LIMIT;
  if (bound !== undefined) {
    const { success } = await bound.limit({ key });
    return success ? undefined : BOUND_RETRY_AFTER_S;
  }
  const bucket = isAddress ? policy.buckets.perAddress : policy.buckets.perSubject;
  if (bucket === undefined) return undefined;
  const waitMs = buckets.take(key, bucket, nowMs);
  return waitMs === 0 ? undefined : Math.ceil(waitMs / 1_000);
}
