/**
 * Pages of other origins: none may call unless CORS_ORIGINS lists theirs. There are no cookies here, so a page can do no more
 * than what the token lets it do that it has.
 */
import { policyOf } from "../../access/policy.ts";
import type { Env } from "../../objects/env.ts";

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";

/** How long a browser may remember the answer, in seconds. */
const MAX_AGE_S = 600;

/** Answers a request by `respond`, or by itself when it only asks what is allowed. */
export async function withCORS(
  request: Request,
  env: Env,
  respond: () => Response | Promise<Response>,
): Promise<Response> {
  const origin = request.headers.get("origin");
  if (origin === null || !(await isListed(origin, env))) return respond();
  if (isPreflight(request)) return answerPreflight(request, origin);
  const response = await respond();
  if (response.webSocket !== null) return response;
  const copy = new Response(response.body, response);
  copy.headers.set("access-control-allow-origin", origin);
  copy.headers.set("access-control-expose-headers", "*");
  copy.headers.append("vary", "origin");
  return copy;
}

/** Whether pages of an origin may call. */
export async function isListed(origin: string, env: Env): Promise<boolean> {
  const outcome = await policyOf(env);
  if (!outcome.ok) return false;
  const { corsOrigins } = outcome.policy;
  return corsOrigins.includes(origin) || corsOrigins.includes("*");
}

function isPreflight(request: Request): boolean {
  return request.method === "OPTIONS" && request.headers.has("access-control-request-method");
}

function answerPreflight(request: Request, origin: string): Response {
  const asked = request.headers.get("access-control-request-headers");
  const headers = new Headers({
    "access-control-allow-origin": origin,
    "access-control-allow-methods": METHODS,
    "access-control-max-age": String(MAX_AGE_S),
    vary: "origin, access-control-request-headers",
  });
  if (asked !== null) headers.set("access-control-allow-headers", asked);
  return new Response(null, { status: 204, headers });
}
