/**
 * Who may come in: the outer of two doors (the inner one is ZooKeeper's own ACLs).
 */
import { timingSafeEqual } from "node:crypto";
import type { Env } from "../objects/env.ts";

export interface Refusal {
  readonly status: 401 | 403;
  readonly message: string;
}

const encoder = new TextEncoder();

/** Decides about one request; undefined lets it in. */
export function checkAccess(request: Request, env: Env): Refusal | undefined {
  if (env.ACCESS === "open") return checkOrigin(request);
  if (!env.EDGEKEEPER_TOKEN) {
    return {
      status: 403,
      message: "no token is configured: set one with `wrangler secret put EDGEKEEPER_TOKEN`",
    };
  }
  const presented = request.headers.get("authorization") ?? "";
  return equalInConstantTime(presented, `Bearer ${env.EDGEKEEPER_TOKEN}`)
    ? undefined
    : { status: 401, message: "present the token as `Authorization: Bearer <token>`" };
}

/**
 * Without a token, the browser of somebody on this machine must not become a door for any page that it shows: browsers
 * name the page's origin, and only the server's own is let in. It must be an address or `localhost`, since a name can be
 * made to point here by whoever owns it (DNS rebinding).
 */
function checkOrigin(request: Request): Refusal | undefined {
  const origin = request.headers.get("origin");
  if (origin === null) return undefined;
  const url = parseURL(origin);
  const isOwn = url?.host === request.headers.get("host");
  if (isOwn && url !== undefined && ADDRESS.test(url.hostname)) return undefined;
  return { status: 403, message: `not for pages of ${origin}` };
}

const ADDRESS = /^(localhost|\d+(\.\d+){3}|\[[0-9a-f:.]+\])$/i;

function parseURL(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined; // "null" of a sandboxed page, say.
  }
}

function equalInConstantTime(left: string, right: string): boolean {
  const [a, b] = [encoder.encode(left), encoder.encode(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
