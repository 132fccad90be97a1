/**
 * Puts the operations behind their routes. There is no other way for one to be served, and none around the chain in front: without what the door
 * said no call can be made.
 */
import type { Hono } from "hono";
import { ROOT } from "../../core/path.ts";
import type { CallName, Caller } from "../../services/call.ts";
import type { AppContext, AppEnv } from "./chain.ts";
import type { Asked, Operation } from "./operation.ts";
import { IDEMPOTENCY_KEY } from "./parameters.ts";
import type { CallOf } from "../calls/ask-object.ts";
import { perform } from "./perform.ts";
import { invalid, problem, type ProblemError, problemOf } from "./problem.ts";
import { znodePathOf } from "./znode-path.ts";

export function mount(app: Hono<AppEnv>, operations: readonly Operation[]): void {
  for (const [resource, ofResource] of Map.groupBy(operations, ({ spec }) => spec.resource)) {
    for (const route of routesOf(resource, ofResource)) {
      app.all(route, (context) => serve(context, ofResource));
    }
  }
}

function routesOf(resource: string, operations: readonly Operation[]): string[] {
  const base = `/v1/:namespace/${resource}`;
  const target = operations[0]?.spec.target;
  if (target === "none") return [base];
  // The root is the same with and without a slash. Nothing else can do without a path.
  return target === "znode" ? [base, `${base}/:path{.*}`] : [`${base}/:path{.*}`];
}

async function serve(context: AppContext, operations: readonly Operation[]): Promise<Response> {
  const { method, raw: request } = context.req;
  const found =
    operations.find(({ spec }) => spec.method === method) ??
    // Whatever answers a GET answers a HEAD: without the body.
    (method === "HEAD" ? operations.find(({ spec }) => spec.method === "GET") : undefined);
  if (found === undefined) throw notAllowed(method, operations);
  const path = found.spec.target === "none" ? "" : znodePathOf(request.url);
  if (found.spec.target === "below root" && path === ROOT) {
    throw invalid({ in: "path", name: "path", message: "not the root" });
  }
  return found.serve(askedOf(context, path, found.spec.writes));
}

function askedOf(context: AppContext, path: string, writes: boolean): Asked {
  const { env, req } = context;
  const namespace = req.param("namespace") ?? "";
  const { grant, address } = context.get("admission");
  const idempotencyKey = writes ? req.header(IDEMPOTENCY_KEY) : undefined;
  const caller: Caller = { address, grant, idempotencyKey };
  return {
    request: req.raw,
    namespace,
    path,
    idempotencyKey,
    async perform(name, takes, statuses) {
      const call = { name, ...takes } as unknown as CallOf<typeof name & CallName>;
      const result = await perform(env, namespace, caller, call);
      if (result.ok) return { zxid: result.zxid, value: result.value };
      throw problemOf(result.error, statuses);
    },
  };
}

function notAllowed(method: string, operations: readonly Operation[]): ProblemError {
  const methods = new Set<string>(operations.map(({ spec }) => spec.method));
  if (methods.has("GET")) methods.add("HEAD");
  const allow = [...methods].toSorted().join(", ");
  const detail = `not ${method}, but ${allow}`;
  return problem("methodNotAllowed", detail, { headers: { allow } });
}
