/**
 * HTTP routes. `/v1/{namespace}/zk` upgrades to a WebSocket that carries ZooKeeper frames.
 */
import { type Context, Hono } from "hono";
import { CLIENT_ADDRESS_HEADER, type Env, UNKNOWN_ADDRESS } from "../objects/env.ts";
import { checkAccess } from "./access.ts";

/** A namespace is a path segment of a URL, and the name of a Durable Object. */
const NAMESPACE = /^[a-z0-9][a-z0-9_.-]{0,62}$/;

type AppContext = Context<{ Bindings: Env }>;

const app = new Hono<{ Bindings: Env }>();

app.get("/health", async (context) => {
  // Through the object and its storage, so that "ok" means that requests are served.
  await context.env.SUBTREE.getByName(context.env.TCP_NAMESPACE).health();
  return context.json({ status: "ok" });
});

for (const path of ["/v1/*", "/commands", "/commands/*"]) {
  app.use(path, async (context, next) => {
    const refusal = checkAccess(context.req.raw, context.env);
    if (refusal) return context.json({ error: refusal.message }, refusal.status);
    await next();
    return undefined;
  });
}

app.use("/v1/:namespace/*", async (context, next) => {
  if (!NAMESPACE.test(context.req.param("namespace"))) {
    return context.json({ error: `not a namespace: it must match ${NAMESPACE.source}` }, 400);
  }
  await next();
  return undefined;
});

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

/** Hands the upgrade over to the namespace's object, with the address that it comes from. */
function upgrade(context: AppContext, namespace: string): Promise<Response> {
  const request = new Request(context.req.raw);
  // Cloudflare sets this header itself. Elsewhere anyone could: there the address stays unknown.
  const address =
    context.env.ACCESS === "open" ? undefined : context.req.header("cf-connecting-ip");
  request.headers.set(CLIENT_ADDRESS_HEADER, address ?? UNKNOWN_ADDRESS);
  return context.env.SUBTREE.getByName(namespace).fetch(request);
}

export function handleRequest(
  request: Request,
  env: Env,
  context: ExecutionContext,
): Response | Promise<Response> {
  return app.fetch(request, env, context);
}
