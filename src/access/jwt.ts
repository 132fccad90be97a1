/**
 * Verifies a JWT with the configured keys, and reads what it is for.
 */
import { errors, type JWTPayload, jwtVerify } from "jose";
import type { JWTKey } from "./jwt-keys.ts";
import { narrow, readScope, type Scope } from "./scope.ts";
import { SettingsError } from "./settings.ts";

export type JWTVerdict =
  | { readonly kind: "scope"; readonly scope: Scope }
  /** Genuine, but of no use. */
  | { readonly kind: "useless"; readonly message: string }
  | { readonly kind: "refused"; readonly message: string }
  /** The keys could not be had. */
  | { readonly kind: "unavailable"; readonly message: string };

/** Three parts, of which the last, the signature, is not empty: `alg: none` ends here already. */
export const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export async function verifyJWT(
  token: string,
  keys: readonly JWTKey[],
  nowMs: number,
): Promise<JWTVerdict> {
  let answer: JWTVerdict = {
    kind: "refused",
    message: "the token is of no key that is known here",
  };
  for (const key of keys) {
    const verdict = await verifyWith(token, key, nowMs);
    if (verdict.kind === "scope" || verdict.kind === "useless") return verdict;
    // That it has expired says more than that some other key did not fit.
    if (verdict.message !== WRONG_KEY) answer = verdict;
  }
  return answer;
}

const EXPIRED: JWTVerdict = { kind: "refused", message: "the token has expired" };

const WRONG_KEY = "wrong key";

async function verifyWith(token: string, key: JWTKey, nowMs: number): Promise<JWTVerdict> {
  const { issuer, audience } = key;
  const options = {
    algorithms: [...key.algorithms],
    currentDate: new Date(nowMs),
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience: [...audience] }),
    requiredClaims: key.requireExpiry ? ["sub", "exp"] : ["sub"],
  };
  try {
    const { verifiesWith } = key;
    // Two calls, since the library tells keys and functions apart by overloads.
    const { payload } =
      typeof verifiesWith === "function"
        ? await jwtVerify(token, verifiesWith, options)
        : await jwtVerify(token, verifiesWith, options);
    const { exp } = payload;
    // The library counts whole seconds.
    if (exp !== undefined && exp * 1_000 <= nowMs) return EXPIRED;
    return scopeOf(payload, key);
  } catch (error) {
    return verdictOf(error);
  }
}

function scopeOf(payload: JWTPayload, { claim, grants }: JWTKey): JWTVerdict {
  const { sub, exp } = payload;
  const expiresMs = exp === undefined ? undefined : Math.min(exp * 1_000, Number.MAX_SAFE_INTEGER);
  const said = payload[claim];
  if (said === undefined && grants === undefined) {
    return { kind: "useless", message: `the token has no claim ${claim}` };
  }
  try {
    const subject = typeof sub === "string" ? sub : "";
    const { namespaces, grant } = grants ?? {};
    const own =
      said === undefined
        ? readScope("the key's grants", { namespaces, ...pick(grant) }, subject, expiresMs)
        : readScope(claim, said, subject, expiresMs);
    return { kind: "scope", scope: grants === undefined ? own : narrow(own, grants) };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { kind: "useless", message: `the token's claim ${error.message}` };
  }
}

function pick(grant: Scope["grant"] | undefined): Pick<Scope["grant"], "prefixes" | "permissions"> {
  return { prefixes: grant?.prefixes ?? [], permissions: grant?.permissions ?? [] };
}

function verdictOf(error: unknown): JWTVerdict {
  if (error instanceof errors.JWTExpired) return EXPIRED;
  if (error instanceof errors.JWTClaimValidationFailed) {
    return { kind: "refused", message: `the token's claim ${error.claim} is ${error.reason}` };
  }
  if (isAboutToken(error)) return { kind: "refused", message: WRONG_KEY };
  return { kind: "unavailable", message: "the keys that verify tokens cannot be fetched" };
}

/** Errors of a token that another key may yet be the right one for; what remains are errors of fetching keys. */
function isAboutToken(error: unknown): boolean {
  return (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys
  );
}
