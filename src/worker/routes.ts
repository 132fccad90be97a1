/**
 * HTTP routes. `/v1/{namespace}/zk` upgrades to a WebSocket that carries ZooKeeper frames.
 */
import { type Context, Hono } from "hono";
import type { Env } from "../objects/env.ts";
import { type Admission, authorize, mayAdministrate } from "./access/door.ts";
import { forwarded } from "./access/forward.ts";

/** A namespace is a path segment of a URL, and the name of a Durable Object. */
const NAMESPACE = /^[a-z0-9][a-z0-9_.-]{0,62}$/;

interface AppEnv {
  Bindings: Env;
  /** What the door found out about the caller. */
  Variables: { admission: Admission };
}

type AppContext = Context<AppEnv>;

const app = new Hono<AppEnv>();

app.get("/health", async (context) => {
  // Through the object and its storage, so that "ok" means that requests are served.
  await context.env.SUBTREE.getByName(context.env.TCP_NAMESPACE).health();
  return context.json({ status: "ok" });
});

app.use("/v1/:namespace/*", async (context, next) => {
  const namespace = context.req.param("namespace");
  const refused = await enter(context, namespace);
  if (refused !== undefined) return refused;
  if (!NAMESPACE.test(namespace)) {
    return context.json({ error: `not a namespace: it must match ${NAMESPACE.source}` }, 400);
  }
  await next();
  return undefined;
});

app.use("/commands/*", async (context, next) => {
  const refused = await enter(context, context.env.TCP_NAMESPACE);
  if (refused !== undefined) return refused;
  await next();
  return undefined;
});

// They tell of everything that is in a namespace.
for (const path of ["/v1/:namespace/counters", "/v1/:namespace/commands/*", "/commands/*"]) {
  app.use(path, async (context, next) => {
    if (!mayAdministrate(context.get("admission").grant)) {
      return context.json({ error: "this needs the permission admin for /" }, 403);
    }
    await next();
    return undefined;
  });
}

app.get("/v1/:namespace/zk", async (context) => {
  if (context.req.header("upgrade")?.toLowerCase() !== "websocket") {
    return context.json({ error: "this endpoint takes a WebSocket upgrade" }, 426);
  }
  return upgrade(context, context.req.param("namespace"));
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

app.notFound((context) => context.json({ error: `no such path: ${context.req.path}` }, 404));

app.onError((error, context: AppContext) => {
  console.error(error);
  return context.json({ error: "internal error" }, 500);
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

/** Asks the door, and keeps what it says; returns the refusal when there is one. */
async function enter(context: AppContext, namespace: string): Promise<Response | undefined> {
  const request = context.req.raw;
  const answer = await authorize({ via: "http", request }, namespace, context.env);
  if (!answer.ok) return context.json({ error: answer.message }, answer.status, answer.headers);
  context.set("admission", answer);
  return undefined;
}

/** Hands the upgrade over to the namespace's object. */
function upgrade(context: AppContext, namespace: string): Promise<Response> {
  const request = forwarded(context.req.raw, context.get("admission"));
  return context.env.SUBTREE.getByName(namespace).fetch(request);
}

export function handleRequest(
  request: Request,
  env: Env,
  context: ExecutionContext,
): Response | Promise<Response> {
  return app.fetch(request, env, context);
}
