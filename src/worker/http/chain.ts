/**
 * What every request to a namespace goes through before a route gets it: the door, the namespace's name.
 */
import type { Context, MiddlewareHandler } from "hono";
import type { Env } from "../../objects/env.ts";
import { type Admission, authorize, mayAdministrate } from "../access/door.ts";
import { problem } from "./problem.ts";

/** A namespace is a path segment of a URL, and the name of a Durable Object. */
export const NAMESPACE = /^[a-z0-9][a-z0-9_.-]{0,62}$/;

export interface AppEnv {
  Bindings: Env;
  /** What the door found out about the caller. */
  Variables: { admission: Admission };
}

export type AppContext = Context<AppEnv>;

/** In front of everything below `/v1/{namespace}/`. */
export const guardNamespace: MiddlewareHandler<AppEnv> = async (context, next) => {
  const namespace = context.req.param("namespace") ?? "";
  await enter(context, namespace);
  if (!NAMESPACE.test(namespace)) {
    const detail = `not a namespace: it must match ${NAMESPACE.source}`;
    throw problem("invalidNamespace", detail);
  }
  await next();
};

/** In front of what belongs to the namespace that a TCP listener serves. */
export const guardDefault: MiddlewareHandler<AppEnv> = async (context, next) => {
  await enter(context, context.env.TCP_NAMESPACE);
  await next();
};

/** In front of what tells of everything that is in a namespace. Behind one of the above. */
export const guardAdmin: MiddlewareHandler<AppEnv> = async (context, next) => {
  if (!mayAdministrate(context.get("admission").grant)) {
    throw problem("forbidden", "this needs the permission admin for /");
  }
  await next();
};

/** Names of refusals, which have the same statuses. */
const NAMES = {
  401: "unauthorized",
  403: "forbidden",
  413: "contentTooLarge",
  414: "uriTooLong",
  429: "tooManyRequests",
  503: "unavailable",
} as const;

/** Asks the door, and keeps what it says. */
async function enter(context: AppContext, namespace: string): Promise<void> {
  const request = context.req.raw;
  const answer = await authorize({ via: "http", request }, namespace, context.env);
  if (!answer.ok) {
    throw problem(NAMES[answer.status], answer.message, { headers: answer.headers });
  }
  context.set("admission", answer);
}
