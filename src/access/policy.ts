/**
 * Who gets in, as the variables say. Read at first use and kept for as long as they live, since they do not change; also
 * that they are wrong.
 */
import { type APIKey, readAPIKeys } from "./api-keys.ts";
import { type JWTKey, readJWTKeys } from "./jwt-keys.ts";
import { type Buckets, readBuckets } from "./rate-settings.ts";
import { type AccessVariables, readVariable, SettingsError, textAt, textsAt } from "./settings.ts";

export interface Policy {
  /** For everything. */
  readonly token: string | undefined;
  readonly jwtKeys: readonly JWTKey[];
  readonly apiKeys: readonly APIKey[];
  readonly corsOrigins: readonly string[];
  readonly buckets: Buckets;
}

/** A policy, or what is wrong with the variables: then nobody gets in. */
export type PolicyOutcome =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly fault: string };

const NAMES = ["EDGEKEEPER_TOKEN", "JWT_KEYS", "API_KEYS", "CORS_ORIGINS", "RATE_LIMITS"] as const;

/** In an isolate there is one, as a rule; those of tests, and of whoever puts together variables of their own, are others. */
const KEPT_MAX = 8;

let kept: readonly { readonly variables: AccessVariables; readonly outcome: PolicyOutcome }[] = [];

export async function policyOf(variables: AccessVariables): Promise<PolicyOutcome> {
  // By what they say, since the object around them may be a copy.
  const known = kept.find((one) => NAMES.every((name) => one.variables[name] === variables[name]));
  if (known !== undefined) return known.outcome;
  // Not the promise is kept: it would end with the request that made it, should that be cut short.
  const outcome = await readPolicy(variables);
  kept = [{ variables, outcome }, ...kept].slice(0, KEPT_MAX);
  return outcome;
}

/** Whether anybody can get in. */
export function isConfigured({ token, jwtKeys, apiKeys }: Policy): boolean {
  return token !== undefined || jwtKeys.length > 0 || apiKeys.length > 0;
}

async function readPolicy(variables: AccessVariables): Promise<PolicyOutcome> {
  try {
    return { ok: true, policy: await interpret(variables) };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { ok: false, fault: error.message };
  }
}

async function interpret(variables: AccessVariables): Promise<Policy> {
  const read = (name: (typeof NAMES)[number]): unknown => readVariable(name, variables[name]);
  return {
    token: readToken(variables.EDGEKEEPER_TOKEN),
    jwtKeys: await readJWTKeys("JWT_KEYS", read("JWT_KEYS") ?? []),
    apiKeys: readAPIKeys("API_KEYS", read("API_KEYS") ?? []),
    corsOrigins: textsAt("CORS_ORIGINS", read("CORS_ORIGINS") ?? []).map(originAt),
    buckets: readBuckets("RATE_LIMITS", read("RATE_LIMITS") ?? {}),
  };
}

function readToken(value: unknown): string | undefined {
  return value === undefined || value === "" ? undefined : textAt("EDGEKEEPER_TOKEN", value);
}

function originAt(text: string, index: number): string {
  if (text === "*" || URL.parse(text)?.origin === text) return text;
  throw new SettingsError(`CORS_ORIGINS[${index}] must be an origin, as https://app.example`);
}
