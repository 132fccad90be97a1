/**
 * Parameters of calls. They come from outside, and what checks them at the door may be another program than this one: here
 * they are looked at once more, and what is wrong with them is the caller's failure.
 */
import type { ACL } from "../client/index.ts";
import { isValidPath } from "../core/path.ts";
import { PASSWD_BYTES } from "../protocol/limits.ts";
import { CallFailure } from "./call-failure.ts";
import { fromBase64url } from "./base64url.ts";

/** What a caller gave, by name. */
export type Parameters = Readonly<Record<string, unknown>>;

/** Throws unless what stands under a name will do. */
export type Check = (parameters: Parameters, name: string) => void;

export type Checks = { readonly [name: string]: Check };

export const TTL_MS_MIN = 1_000;
export const TTL_MS_MAX = 86_400_000;
export const WAIT_MS_MAX = 60_000;
const PERMS_MAX = 31;
const ACL_ENTRIES_MAX = 1_000;

/** @throws CallFailure naming what is wrong. */
export function checkParameters(parameters: Parameters, checks: Checks): void {
  for (const [name, check] of Object.entries(checks)) check(parameters, name);
}

export function invalid(message: string): CallFailure {
  return new CallFailure("invalidCall", message);
}

/** Makes a check that something is as described. */
function checkOf(is: (value: unknown) => boolean, description: string): Check {
  return (parameters, name) => {
    if (!is(parameters[name])) throw invalid(`${name} must be ${description}`);
  };
}

export function optional(check: Check): Check {
  return (parameters, name) => {
    if (parameters[name] !== undefined) check(parameters, name);
  };
}

export function integer(min: number, max: number): Check {
  return checkOf(
    (value) => Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max,
    `a whole number from ${min} to ${max}`,
  );
}

export function oneOf(...values: readonly string[]): Check {
  return checkOf(
    (value) => typeof value === "string" && values.includes(value),
    `one of ${values.join(", ")}`,
  );
}

export function text(lengthMax: number): Check {
  return checkOf(
    (value) => typeof value === "string" && value.length <= lengthMax,
    `a text of at most ${lengthMax} characters`,
  );
}

/** The path of a znode. */
export const path = checkOf((value) => typeof value === "string" && isValidPath(value), "a path");

/** What a znode is created at: the path with a number behind it is one. */
export const createdPath = checkOf(
  (value) => typeof value === "string" && isValidPath(`${value}0`),
  "a path",
);

/** A path that something can stand below, and that is not the root. */
export const pathBelowRoot = checkOf(
  (value) => typeof value === "string" && isValidPath(value) && value !== "/",
  "a path other than the root",
);

export const bytes = checkOf((value) => value instanceof Uint8Array, "bytes (a Uint8Array)");
export const bool = checkOf((value) => typeof value === "boolean", "true or false");
export const version = integer(-1, 2 ** 31 - 1);
export const ttlMs = integer(TTL_MS_MIN, TTL_MS_MAX);
export const waitMs = integer(0, WAIT_MS_MAX);
export const acl = checkOf(isACL, "a list of { perms, id: { scheme, id } }");

export const session = checkOf(
  (value) =>
    isRecord(value) &&
    Number.isSafeInteger(value.id) &&
    Number(value.id) > 0 &&
    typeof value.passwd === "string" &&
    fromBase64url(value.passwd)?.length === PASSWD_BYTES,
  "the { id, passwd } of a session",
);

export function isRecord(value: unknown): value is Parameters {
  return typeof value === "object" && value !== null;
}

function isACL(value: unknown): value is readonly ACL[] {
  return Array.isArray(value) && value.length <= ACL_ENTRIES_MAX && value.every(isACLEntry);
}

function isACLEntry(value: unknown): boolean {
  if (!isRecord(value) || !isRecord(value.id)) return false;
  const { perms, id } = value;
  const isPerms = Number.isInteger(perms) && Number(perms) >= 0 && Number(perms) <= PERMS_MAX;
  return isPerms && typeof id.scheme === "string" && typeof id.id === "string";
}
