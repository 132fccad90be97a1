/**
 * The door: what a caller presents becomes a grant, or a refusal. The same for HTTP, a WebSocket's upgrade and RPC; a
 * TCP client presents its token later (docs/security.md). What a grant allows is enforced in the core.
 */
import { timingSafeEqual } from "node:crypto";
import type { Grant } from "../../core/grant.ts";
import { type Env, UNKNOWN_ADDRESS } from "../../objects/env.ts";
import { checkOrigin } from "./origin.ts";

export type Presented =
  /** A token is in `Authorization: Bearer <token>`. */
  | { readonly via: "http"; readonly request: Request }
  /**
   * A service binding: whoever configured it is trusted, and may have narrowed it by `props` of {@link BindingProps}. A
   * token narrows it further.
   */
  | { readonly via: "binding"; readonly props?: unknown; readonly token?: string | undefined };

/** What a service binding may say in its `props`. What it does not name is not narrowed. */
export interface BindingProps {
  readonly subject?: string;
  readonly namespaces?: readonly string[];
  readonly prefixes?: readonly string[];
  readonly permissions?: readonly string[];
}

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
  _namespace: string,
  env: Env,
): Promise<Admission | Refusal> {
  if (presented.via === "binding") return { ok: true, grant: undefined, address: UNKNOWN_ADDRESS };
  const { request } = presented;
  const address = addressOf(request, env);
  if (env.ACCESS === "open") {
    const fault = checkOrigin(request);
    if (fault !== undefined) return refusal(403, fault);
    return { ok: true, grant: undefined, address };
  }
  if (!env.EDGEKEEPER_TOKEN) {
    return refusal(
      403,
      "no token is configured: set one with `wrangler secret put EDGEKEEPER_TOKEN`",
    );
  }
  const authorization = request.headers.get("authorization") ?? "";
  if (equalInConstantTime(authorization, `Bearer ${env.EDGEKEEPER_TOKEN}`)) {
    return { ok: true, grant: undefined, address };
  }
  return refusal(401, "present the token as `Authorization: Bearer <token>`");
}

/** Whether a grant is for all of a namespace: for its counters and the AdminServer's commands, which tell of everything. */
export function mayAdministrate(grant: Grant | undefined): boolean {
  if (grant === undefined) return true;
  return grant.prefixes.includes("/") && grant.permissions.includes("admin");
}

function refusal(status: Refusal["status"], message: string): Refusal {
  const headers: Record<string, string> = {};
  if (status === 401) headers["www-authenticate"] = "Bearer";
  return { ok: false, status, message, headers };
}

function addressOf(request: Request, env: Env): string {
  // On an open server nothing stands in front that would take the header off.
  if (env.ACCESS === "open" || !env.ADDRESS_HEADER) return UNKNOWN_ADDRESS;
  return request.headers.get(env.ADDRESS_HEADER) ?? UNKNOWN_ADDRESS;
}

const encoder = new TextEncoder();

function equalInConstantTime(left: string, right: string): boolean {
  const [a, b] = [encoder.encode(left), encoder.encode(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
