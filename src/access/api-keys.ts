/**
 * Static keys, `ek_` and 256 random bits. What is configured is the SHA-256 of a key: enough, since nobody can try out
 * that many; a slow hash is for passwords, which people choose.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { readScope, type Scope, SCOPE_FIELDS } from "./scope.ts";
import { listAt, SettingsError, tableAt, textAt } from "./settings.ts";

export const API_KEY = /^ek_[A-Za-z0-9_-]{43}$/;

export interface APIKey {
  readonly hash: Uint8Array<ArrayBuffer>;
  readonly scope: Scope;
}

const HASH = /^[0-9a-f]{64}$/;

export function readAPIKeys(where: string, value: unknown): readonly APIKey[] {
  return listAt(where, value).map((item, index) => readAPIKey(`${where}[${index}]`, item));
}

function readAPIKey(where: string, value: unknown): APIKey {
  const { hash, subject, expires, ...scope } = tableAt(where, value, [
    "hash",
    "subject",
    "expires",
    ...SCOPE_FIELDS,
  ]);
  const hex = textAt(`${where}.hash`, hash);
  if (!HASH.test(hex)) throw new SettingsError(`${where}.hash must be 64 hexadecimal digits`);
  const expiresMs = expires === undefined ? undefined : timeAt(`${where}.expires`, expires);
  return {
    hash: Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)),
    scope: readScope(where, scope, textAt(`${where}.subject`, subject), expiresMs),
  };
}

function timeAt(where: string, value: unknown): number {
  const timeMs = Date.parse(textAt(where, value));
  if (Number.isNaN(timeMs))
    throw new SettingsError(`${where} must be a time, as 2030-01-31T12:00Z`);
  return timeMs;
}

/** The key that was presented, if it is one of these. Takes the same time whichever it is, and if it is none. */
export function findAPIKey(keys: readonly APIKey[], presented: string): APIKey | undefined {
  const hash = createHash("sha256").update(presented, "utf8").digest();
  let found: APIKey | undefined;
  for (const key of keys) if (timingSafeEqual(key.hash, hash)) found = key;
  return found;
}
