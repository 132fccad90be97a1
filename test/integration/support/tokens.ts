/**
 * Tokens, and a Worker that asks for them: the one under test with other variables. Its objects verify auth requests with
 * the same key.
 */
import { createExecutionContext, env } from "cloudflare:test";
import { SignJWT } from "jose";
import type { Env } from "../../../src/objects/env.ts";
import worker from "../../../src/worker/index.ts";
import type { ConnectionOptions } from "./connection.ts";

/** As in vitest.config.ts. */
export const SECRET = "a secret for tests, of 32 bytes or more";

export interface TokenClaims {
  readonly sub?: string;
  readonly namespaces?: readonly string[];
  readonly prefixes?: readonly string[];
  readonly permissions?: readonly string[];
  /** Milliseconds since 1970; in an hour. */
  readonly expiresMs?: number;
}

const ALL = ["read", "write", "create", "delete", "admin"];

/** A token of `worker` for `/a`, for any namespace, unless told otherwise. */
export function tokenFor(claims: TokenClaims = {}, secret = SECRET): Promise<string> {
  const { sub = "worker", namespaces = ["*"], prefixes = ["/a"], permissions = ALL } = claims;
  const { expiresMs = Date.now() + 3_600_000 } = claims;
  const exp = expiresMs / 1_000;
  return new SignJWT({ sub, exp, edgekeeper: { namespaces, prefixes, permissions } })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(secret));
}

/** Has the Worker, configured like this, answer a request. */
export function fetchWith(variables: Partial<Env>, request: Request): Promise<Response> {
  return worker.fetch(request, { ...env, ...variables }, createExecutionContext());
}

/** Connects with a token, and with further headers. */
export function withToken(
  token: string,
  headers: Readonly<Record<string, string>> = {},
): ConnectionOptions {
  return {
    fetch: (request) => {
      const copy = new Request(request);
      copy.headers.set("authorization", `Bearer ${token}`);
      for (const [name, value] of Object.entries(headers)) copy.headers.set(name, value);
      return fetchWith({ ACCESS: "token" }, copy);
    },
  };
}
