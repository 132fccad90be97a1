/**
 * Reads what an operator wrote into a variable: JSON of a shape, or an error that says where it is not, and never what
 * was there, since that may be a secret.
 */

/** The variables that say who gets in. Each is a value, or its JSON as text, as secrets have to be. */
export interface AccessVariables {
  /** Anything but "open" is "token". */
  readonly ACCESS: "token" | "open";
  /** Secret: a token for everything. */
  readonly EDGEKEEPER_TOKEN?: string;
  /** Keys that verify tokens, a list. */
  readonly JWT_KEYS?: unknown;
  /** Hashes of API keys, and what these are for, a list. */
  readonly API_KEYS?: unknown;
  /** Origins whose pages may call, a list; none unless it is set. */
  readonly CORS_ORIGINS?: unknown;
  /** Buckets of subjects and addresses, in every isolate; none unless it is set. */
  readonly RATE_LIMITS?: unknown;
}

/** What is wrong with a variable, for the operator; it holds no secrets. */
export class SettingsError extends Error {
  override name = "SettingsError";
}

export type Settings = Readonly<Record<string, unknown>>;

/** The value of a variable; undefined when it is not set. */
export function readVariable(name: string, value: unknown): unknown {
  if (value === undefined || value === "" || value === null) return undefined;
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    throw new SettingsError(`${name} is not JSON`);
  }
}

export function listAt(where: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new SettingsError(`${where} must be a list`);
  return value as unknown[];
}

/** A table with no other names than these: a misspelt one would be a rule that is not kept. */
export function tableAt(where: string, value: unknown, names: readonly string[]): Settings {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SettingsError(`${where} must be an object`);
  }
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new SettingsError(`${where} must have ${names.join(", ")}, and nothing else`);
  }
  return value as Settings;
}

export function textAt(where: string, value: unknown): string {
  if (typeof value !== "string" || value === "") throw new SettingsError(`${where} must be text`);
  return value;
}

export function textsAt(where: string, value: unknown): readonly string[] {
  return listAt(where, value).map((item, index) => textAt(`${where}[${index}]`, item));
}

export function flagAt(where: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw new SettingsError(`${where} must be true or false`);
  return value;
}

export function countAt(where: string, value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1) {
    throw new SettingsError(`${where} must be a whole number above 0`);
  }
  return value;
}
