/**
 * What a token is good for, whatever kind it is of: the one for everything, an API key, or a JWT.
 */
import { timingSafeEqual } from "node:crypto";
import { isOver } from "../core/grant.ts";
import { API_KEY, findAPIKey } from "./api-keys.ts";
import { JWT, verifyJWT } from "./jwt.ts";
import { isConfigured, policyOf } from "./policy.ts";
import type { Scope } from "./scope.ts";
import type { AccessVariables } from "./settings.ts";

export type Verdict =
  /** Without a scope it is for everything. */
  | { readonly kind: "accepted"; readonly scope: Scope | undefined }
  /** Not, or no longer, a token that is known. */
  | { readonly kind: "refused"; readonly message: string }
  /** It is one, and allows nothing; or nobody gets in. */
  | { readonly kind: "forbidden"; readonly message: string }
  | { readonly kind: "unavailable"; readonly message: string };

/** Longer ones are not looked at. */
export const TOKEN_CHARS_MAX = 8_192;

/** What to do about a Worker that lets nobody in. */
const NOTHING_CONFIGURED =
  "no token is configured: set EDGEKEEPER_TOKEN with `wrangler secret put EDGEKEEPER_TOKEN`, or JWT_KEYS or API_KEYS (docs/security.md)";

/** Decides about a token; undefined stands for none. */
export async function verifyToken(
  token: string | undefined,
  variables: AccessVariables,
  nowMs: number,
): Promise<Verdict> {
  const outcome = await policyOf(variables);
  if (!outcome.ok) {
    const message = `nobody is let in, because the configuration is broken: ${outcome.fault}`;
    return { kind: "forbidden", message };
  }
  const { policy } = outcome;
  if (!isConfigured(policy)) return { kind: "forbidden", message: NOTHING_CONFIGURED };
  if (token === undefined || token === "") return { kind: "refused", message: "no token" };
  if (token.length > TOKEN_CHARS_MAX) {
    return { kind: "refused", message: `a token of more than ${TOKEN_CHARS_MAX} characters` };
  }
  if (policy.token !== undefined && equalInConstantTime(token, policy.token)) {
    return { kind: "accepted", scope: undefined };
  }
  if (API_KEY.test(token)) {
    const scope = findAPIKey(policy.apiKeys, token)?.scope;
    if (scope === undefined) return { kind: "refused", message: "an API key that is not known" };
    if (isOver(scope.grant, nowMs)) return { kind: "refused", message: "the API key has expired" };
    return { kind: "accepted", scope };
  }
  if (!JWT.test(token)) return { kind: "refused", message: "a token that is not known" };
  const verdict = await verifyJWT(token, policy.jwtKeys, nowMs);
  if (verdict.kind === "scope") return { kind: "accepted", scope: verdict.scope };
  if (verdict.kind === "useless") return { kind: "forbidden", message: verdict.message };
  return verdict;
}

const encoder = new TextEncoder();

function equalInConstantTime(left: string, right: string): boolean {
  const [a, b] = [encoder.encode(left), encoder.encode(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
