/**
 * The door: what a caller presents becomes a grant, or a refusal. The same for HTTP, a WebSocket's upgrade and RPC; a
 * TCP client presents its token later (docs/security.md). What a grant allows is enforced in the core.
 */
import { type Policy, policyOf } from "../../access/policy.ts";
import { isFor, type Scope } from "../../access/scope.ts";
import { SettingsError } from "../../access/settings.ts";
import { verifyToken } from "../../access/verify-token.ts";
import type { Grant } from "../../core/grant.ts";
import { type Env, UNKNOWN_ADDRESS } from "../../objects/env.ts";
import { both, scopeOfBinding } from "./binding.ts";
import { isListed } from "./cors.ts";
import { BODY_BYTES_MAX, KEYS_RETRY_AFTER_S, URL_CHARS_MAX } from "./limits.ts";
import { checkOrigin } from "./origin.ts";
import { limitRate } from "./rate-limits.ts";

export type { BindingProps } from "./binding.ts";

export type Presented =
  /** A token is in `Authorization: Bearer <token>`. */
  | { readonly via: "http"; readonly request: Request }
  /** A service binding, with its `props` ({@link BindingProps}); a token with it narrows it further. */
  | { readonly via: "binding"; readonly props?: unknown; readonly token?: string | undefined };

export interface Admission {
  readonly ok: true;
  /** What the caller may do in the namespace; undefined: everything. */
  readonly grant: Grant | undefined;
  /** IP address, or `0.0.0.0` where nobody vouches for one. */
  readonly address: string;
}

export interface Refusal {
  readonly ok: false;
  readonly status: 401 | 403 | 413 | 414 | 429 | 503;
  /** Without secrets. */
  readonly message: string;
  /** `WWW-Authenticate`, `Retry-After`, as the status asks for. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Decides about one call, request or upgrade that concerns a namespace. */
export async function authorize(
  presented: Presented,
  namespace: string,
  env: Env,
): Promise<Admission | Refusal> {
  return presented.via === "http"
    ? authorizeRequest(presented.request, namespace, env)
    : authorizeBinding(presented.props, presented.token, namespace, env);
}

/** Whether a grant is for all of a namespace: for its counters and the AdminServer's commands, which tell of everything. */
export function mayAdministrate(grant: Grant | undefined): boolean {
  if (grant === undefined) return true;
  return grant.prefixes.includes("/") && grant.permissions.includes("admin");
}

async function authorizeRequest(
  request: Request,
  namespace: string,
  env: Env,
): Promise<Admission | Refusal> {
  const tooLarge = checkSize(request);
  if (tooLarge !== undefined) return tooLarge;
  if (env.ACCESS === "open") return enterOpen(request, env);
  const address = addressOf(request, env);
  const outcome = await policyOf(env);
  // Before the token, so that nobody may try out tokens as fast as they can.
  const isPolicy = outcome.ok;
  const early = isPolicy && (await checkRate("address", address, env, outcome.policy));
  if (early) return early;
  const scope = await scopeOfToken(tokenIn(request), env);
  if (!scope.ok) return scope;
  const admitted = enter(scope.scope, namespace, address);
  if (!admitted.ok || !isPolicy) return admitted;
  const late = await checkRate("subject", admitted.grant?.subject ?? "", env, outcome.policy);
  return late ?? admitted;
}

async function authorizeBinding(
  props: unknown,
  token: string | undefined,
  namespace: string,
  env: Env,
): Promise<Admission | Refusal> {
  try {
    const binding = scopeOfBinding(props);
    if (token === undefined) return enter(binding, namespace, UNKNOWN_ADDRESS);
    const scope = await scopeOfToken(token, env);
    return scope.ok ? enter(both(scope.scope, binding), namespace, UNKNOWN_ADDRESS) : scope;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return refuse(403, error.message);
  }
}

/** Nobody has to prove anything, but pages of other origins are kept out. */
async function enterOpen(request: Request, env: Env): Promise<Admission | Refusal> {
  const fault = checkOrigin(request);
  const origin = request.headers.get("origin");
  if (fault !== undefined && (origin === null || !(await isListed(origin, env)))) {
    return refuse(403, fault);
  }
  return { ok: true, grant: undefined, address: UNKNOWN_ADDRESS };
}

function enter(scope: Scope | undefined, namespace: string, address: string): Admission | Refusal {
  if (scope !== undefined && !isFor(scope, namespace)) {
    return refuse(403, `not for the namespace ${namespace}`);
  }
  return { ok: true, grant: scope?.grant, address };
}

type TokenScope = { readonly ok: true; readonly scope: Scope | undefined } | Refusal;

async function scopeOfToken(token: string | undefined, env: Env): Promise<TokenScope> {
  const verdict = await verifyToken(token, env, Date.now());
  switch (verdict.kind) {
    case "accepted":
      return { ok: true, scope: verdict.scope };
    case "forbidden":
      return refuse(403, verdict.message);
    case "unavailable":
      return refuse(503, verdict.message, { "retry-after": String(KEYS_RETRY_AFTER_S) });
    case "refused":
      // What a token is refused for concerns who has one (RFC 6750, 3.1).
      return token === undefined
        ? refuse(401, HOW_TO_PRESENT, { "www-authenticate": "Bearer" })
        : refuse(401, verdict.message, { "www-authenticate": 'Bearer error="invalid_token"' });
  }
}

const HOW_TO_PRESENT = "present the token as `Authorization: Bearer <token>`";

/** What follows `Bearer`; undefined when there is no such header. */
function tokenIn(request: Request): string | undefined {
  const header = request.headers.get("authorization");
  if (header === null) return undefined;
  return /^bearer +(\S.*)$/i.exec(header)?.[1];
}

async function checkRate(
  kind: "address" | "subject",
  name: string,
  env: Env,
  policy: Policy,
): Promise<Refusal | undefined> {
  const waitS = await limitRate({ kind, name }, env, policy, Date.now());
  if (waitS === undefined) return undefined;
  return refuse(429, `too many requests of this ${kind}`, { "retry-after": String(waitS) });
}

function checkSize(request: Request): Refusal | undefined {
  if (request.url.length > URL_CHARS_MAX) {
    return refuse(414, `a URL of more than ${URL_CHARS_MAX} characters`);
  }
  const length = Number(request.headers.get("content-length") ?? 0);
  if (length > BODY_BYTES_MAX) return refuse(413, `a body of more than ${BODY_BYTES_MAX} bytes`);
  return undefined;
}

function addressOf(request: Request, env: Env): string {
  const header = env.ADDRESS_HEADER;
  return (header ? request.headers.get(header) : undefined) ?? UNKNOWN_ADDRESS;
}

function refuse(
  status: Refusal["status"],
  message: string,
  headers: Record<string, string> = {},
): Refusal {
  return { ok: false, status, message, headers };
}
