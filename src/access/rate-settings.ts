/**
 * How much a subject and an address may ask for, as the variable RATE_LIMITS says.
 */
import { countAt, tableAt } from "./settings.ts";

/** So many requests in so many seconds: at once, and then as they come back over time. */
export interface Bucket {
  readonly requests: number;
  readonly perSeconds: number;
}

export interface Buckets {
  readonly perSubject: Bucket | undefined;
  readonly perAddress: Bucket | undefined;
}

export function readBuckets(where: string, value: unknown): Buckets {
  const { perSubject, perAddress } = tableAt(where, value, ["perSubject", "perAddress"]);
  return {
    perSubject: readBucket(`${where}.perSubject`, perSubject),
    perAddress: readBucket(`${where}.perAddress`, perAddress),
  };
}

function readBucket(where: string, value: unknown): Bucket | undefined {
  if (value === undefined) return undefined;
  const { requests, perSeconds } = tableAt(where, value, ["requests", "perSeconds"]);
  return {
    requests: countAt(`${where}.requests`, requests),
    perSeconds: countAt(`${where}.perSeconds`, perSeconds),
  };
}
