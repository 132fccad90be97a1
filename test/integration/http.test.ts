import { createExecutionContext, env, SELF } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Counters } from "../../src/objects/counters.ts";
import type { Env } from "../../src/objects/env.ts";
import worker from "../../src/worker/index.ts";
import { TestNamespace } from "./support/namespace.ts";

const UPGRADE = { upgrade: "websocket" };

describe("routes", () => {
  it("answers /health through the object", async () => {
    const response = await SELF.fetch("http://edgekeeper/health");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: "ok" });
    expect(env.ACCESS).toBe("open"); // As `npm start` has it; wrangler.toml says "token".
  });

  it.each(["/", "/v1", "/v1/default", "/v1/default/zk/more", "/health/", "/zk"])(
    "does not know %s",
    async (path) => {
      const response = await SELF.fetch(`http://edgekeeper${path}`, { headers: UPGRADE });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ detail: `no such path: ${path}` });
    },
  );

  it("takes no other method", async () => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
      const response = await SELF.fetch("http://edgekeeper/v1/default/zk", { method });
      expect(response.status, method).toBe(404);
      await response.arrayBuffer();
    }
  });

  it.each(["UPPER", "-dash", ".dot", "a%2Fb", "a%20b", "%00", "x".repeat(64), "é"])(
    "refuses the namespace %s",
    async (namespace) => {
      for (const endpoint of ["zk", "counters"]) {
        const response = await SELF.fetch(`http://edgekeeper/v1/${namespace}/${endpoint}`, {
          headers: UPGRADE,
        });
        expect(response.status, endpoint).toBe(400);
        expect(await response.json()).toHaveProperty("detail");
      }
    },
  );

  it("takes the longest namespace", async () => {
    const name = `n${"x".repeat(62)}`;
    const response = await SELF.fetch(`http://edgekeeper/v1/${name}/zk`, { headers: UPGRADE });
    expect(response.status).toBe(101);
    response.webSocket?.accept();
    response.webSocket?.close();
  });

  it("wants an upgrade to a WebSocket", async () => {
    for (const headers of [{}, { upgrade: "h2c" }]) {
      const response = await SELF.fetch("http://edgekeeper/v1/default/zk", { headers });
      expect(response.status).toBe(426);
      expect(await response.json()).toHaveProperty("detail");
    }
  });

  it("counts rows, batches and requests", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    await client.create("/counted");
    const response = await SELF.fetch(`http://edgekeeper/v1/${namespace.name}/counters`);
    const { calls, ...counters } = (await response.json()) as Counters;
    expect(await namespace.counters()).toEqual({ ...counters, calls: calls + 1 });
    expect(counters.requests).toBe(2);
  });
});

describe("access, open", () => {
  it("lets in whoever is no page", async () => {
    expect(await statusWith({ ACCESS: "open" }, {})).toBe(101);
  });

  it("lets in the server's own pages", async () => {
    const headers = { host: "127.0.0.1:8787", origin: "http://127.0.0.1:8787" };
    expect(await statusWith({ ACCESS: "open" }, headers)).toBe(101);
  });

  it.each([
    "http://evil.example",
    "http://127.0.0.1:8788",
    "http://127.0.0.1",
    "null",
    "not a url",
    "file://",
  ])("refuses a page of %s", async (origin) => {
    expect(await statusWith({ ACCESS: "open" }, { host: "127.0.0.1:8787", origin })).toBe(403);
  });

  it("refuses a page whose name was made to point here", async () => {
    const headers = { host: "evil.example:8787", origin: "http://evil.example:8787" };
    expect(await statusWith({ ACCESS: "open" }, headers)).toBe(403);
  });

  it.each([
    ["evil.example", 403],
    ["evil.example.", 403],
    ["127.0.0.1.evil.example", 403],
    ["localhost.evil.example", 403],
    ["127.0.0.1", 200],
    ["[::1]", 200],
    ["localhost", 200],
    ["edgekeeper", 200],
    ["edgekeeper.internal", 200],
  ])("is asked by the name %s, as a page of that name would: %i", async (host, status) => {
    const request = new Request(`http://${host}:8787/v1/default/counters`);
    const variables = { ...env, ACCESS: "open" } as const;
    const response = await worker.fetch(request, variables, createExecutionContext());
    expect(response.status).toBe(status);
  });
});

describe("access by token", () => {
  const token = "correct horse battery staple";

  it("refuses everybody while no token is configured", async () => {
    for (const headers of [
      {},
      { authorization: "Bearer " },
      { authorization: "Bearer undefined" },
    ]) {
      const nothing = { ACCESS: "token", JWT_KEYS: [] } as const;
      expect(await statusWith(nothing, headers)).toBe(403);
      expect(await statusWith({ ...nothing, EDGEKEEPER_TOKEN: "" }, headers)).toBe(403);
    }
  });

  it("refuses everybody when ACCESS is anything else", async () => {
    const access = "OPEN" as Env["ACCESS"];
    expect(await statusWith({ ACCESS: access, JWT_KEYS: [] }, {})).toBe(403);
    expect(await statusWith({ ACCESS: access }, {})).toBe(401);
  });

  it.each([
    undefined,
    "",
    "Bearer",
    "Bearer ",
    "Bearer wrong",
    `Basic ${token}`,
    token,
    `Bearer ${token}x`,
    `Bearer ${token.slice(0, -1)}`,
    `bearer ${token.toUpperCase()}`,
  ])("refuses %j", async (authorization) => {
    const headers = authorization === undefined ? {} : { authorization };
    const closed = { ACCESS: "token", EDGEKEEPER_TOKEN: token } as const;
    expect(await statusWith(closed, headers)).toBe(401);
    expect(await statusWith(closed, headers, "counters")).toBe(401);
  });

  it("upgrades with the token", async () => {
    const closed = { ACCESS: "token", EDGEKEEPER_TOKEN: token } as const;
    expect(await statusWith(closed, { authorization: `Bearer ${token}` })).toBe(101);
  });

  it("lets anyone ask for the health", async () => {
    const response = await fetchWith({ ACCESS: "token" }, "/health", {});
    expect(response.status).toBe(200);
  });
});

/** Status of an upgrade asked of a Worker that is configured like this. */
async function statusWith(
  variables: Partial<Env>,
  headers: Record<string, string>,
  endpoint = "zk",
): Promise<number> {
  const response = await fetchWith(variables, `/v1/default/${endpoint}`, {
    ...UPGRADE,
    ...headers,
  });
  response.webSocket?.accept();
  response.webSocket?.close();
  return response.status;
}

async function fetchWith(
  variables: Partial<Env>,
  path: string,
  headers: Record<string, string>,
): Promise<Response> {
  const request = new Request(`http://127.0.0.1:8787${path}`, { headers });
  return worker.fetch(request, { ...env, ...variables }, createExecutionContext());
}
