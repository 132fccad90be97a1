/**
 * HTTP routes: the operations of the HTTP API, its document, and what there is beside them. `/v1/{namespace}/zk` upgrades to a
 * WebSocket that carries ZooKeeper frames.
 */
import { Hono } from "hono";
import type { Env } from "../objects/env.ts";
import { withCORS } from "./access/cors.ts";
import { forwarded } from "./access/forward.ts";
import {
  type AppContext,
  type AppEnv,
  guardAdmin,
  guardDefault,
  guardNamespace,
} from "./http/chain.ts";
import { docsPage } from "./http/docs-page.ts";
import { mount } from "./http/mount.ts";
import { documentOf } from "./http/openapi.ts";
import { operations } from "./http/operations.ts";
import { problem, ProblemError, unavailable } from "./http/problem.ts";
import { rawPathnameOf } from "./http/znode-path.ts";

const app = new Hono<AppEnv>({ getPath: ({ url }) => rawPathnameOf(url) });

app.use("*", async (context, next) => {
  await next();
  // What an upgrade answers is the object's, and sealed.
  if (context.res.status === 101) return;
  context.header("x-content-type-options", "nosniff");
  if (!context.res.headers.has("cache-control")) context.header("cache-control", "no-store");
});

app.get("/health", async (context) => {
  // Through the object and its storage, so that "ok" means that requests are served.
  await context.env.SUBTREE.getByName(context.env.TCP_NAMESPACE).health();
  return context.json({ status: "ok" });
});

for (const path of ["/openapi.json", "/v1/openapi.json"]) {
  app.get(path, (context) => context.json(documentOf(operations)));
}
app.get("/docs", async (context) => {
  const { html, contentSecurityPolicy } = await docsPage(documentOf(operations));
  context.header("content-security-policy", contentSecurityPolicy);
  return context.html(html);
});

// Everything below a namespace stands behind this. A route above it would be open to everybody.
app.use("/v1/:namespace/*", guardNamespace);
app.use("/commands/*", guardDefault);
for (const path of ["/v1/:namespace/counters", "/v1/:namespace/commands/*", "/commands/*"]) {
  app.use(path, guardAdmin);
}

app.get("/v1/:namespace/zk", async (context) => {
  if (context.req.header("upgrade")?.toLowerCase() !== "websocket") {
    const detail = "this endpoint takes a WebSocket upgrade";
    throw problem("upgradeRequired", detail, { headers: { upgrade: "websocket" } });
  }
  // The namespace's object takes it from here.
  const request = forwarded(context.req.raw, context.get("admission"));
  return context.env.SUBTREE.getByName(context.req.param("namespace")).fetch(request);
});

app.get("/v1/:namespace/counters", async (context) =>
  context.json(await context.env.SUBTREE.getByName(context.req.param("namespace")).counters()),
);

// The AdminServer's commands: of the namespace that a TCP listener serves, and of any.
app.get("/commands/:command{.*}?", (context) =>
  runCommand(context, context.env.TCP_NAMESPACE, "/commands"),
);
app.get("/v1/:namespace/commands/:command{.*}?", (context) => {
  const namespace = context.req.param("namespace");
  return runCommand(context, namespace, `/v1/${namespace}/commands`);
});

mount(app, operations);

app.notFound((context) => problem("noSuchRoute", `no such path: ${context.req.path}`).toResponse());

app.onError((error) => {
  if (error instanceof ProblemError) return error.toResponse();
  console.error(error);
  // The runtime marks what an object threw, or could not be reached for.
  if ("remote" in error || "retryable" in error) return unavailable().toResponse();
  return problem("internalError", "internal error").toResponse();
});

async function runCommand(context: AppContext, namespace: string, path: string): Promise<Response> {
  // Of a name that is there twice, the first value counts.
  const query = new Map([...new URL(context.req.url).searchParams].toReversed());
  const subtree = context.env.SUBTREE.getByName(namespace);
  const { status, contentType, body } = await subtree.adminCommand(
    context.req.param("command") ?? "",
    query,
    path,
  );
  return new Response(body, { status, headers: { "content-type": contentType } });
}

export function handleRequest(
  request: Request,
  env: Env,
  context: ExecutionContext,
): Promise<Response> {
  return withCORS(request, env, () => app.fetch(request, env, context));
}
