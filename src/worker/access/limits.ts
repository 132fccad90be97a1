/**
 * What a request may measure before anything of it is looked at.
 */

/** Past it: 414. Paths of znodes are in URLs, percent-encoded. */
export const URL_CHARS_MAX = 16_384;

/** Past it: 413. A megabyte of a znode's data, in Base64 within JSON, and as much again. */
export const BODY_BYTES_MAX = 4 * 1024 * 1024;

/** Keys that the buckets of one isolate are kept for: the ones that were asked for longest ago go first. */
export const BUCKETS_MAX = 10_000;

/** What a refused caller is told to wait, in seconds, by Cloudflare's limits, which do not say. */
export const BOUND_RETRY_AFTER_S = 10;

/** What a caller is told to wait, in seconds, while the keys that verify tokens cannot be fetched. */
export const KEYS_RETRY_AFTER_S = 5;
