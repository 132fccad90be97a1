/** Grants over HTTP: the same lines as over a socket, whatever the URL is made of. */
import { describe, expect, it } from "vitest";
import { type Answer, answerOf, type Asking } from "./support/http.ts";
import { TestNamespace } from "./support/namespace.ts";
import type { TestClient } from "./support/zookeeper-client.ts";
import { fetchWith, tokenFor, type TokenClaims } from "./support/tokens.ts";

class Caller {
  readonly #namespace: TestNamespace;
  readonly #token: string;

  private constructor(namespace: TestNamespace, token: string) {
    this.#namespace = namespace;
    this.#token = token;
  }

  /** Somebody with a token, for `/a` unless it says otherwise. */
  static async of(namespace: TestNamespace, claims: TokenClaims = {}): Promise<Caller> {
    return new Caller(namespace, await tokenFor(claims));
  }

  async ask(method: string, path: string, { headers, body, json }: Asking = {}): Promise<Answer> {
    const request = new Request(`http://edgekeeper/v1/${this.#namespace.name}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(json !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(json === undefined ? body !== undefined && { body } : { body: JSON.stringify(json) }),
    });
    return answerOf(await fetchWith({ ACCESS: "token" }, request));
  }
}

/** A namespace with `/a`, `/a/x`, `/application` and `/b`. */
async function prepare(): Promise<TestNamespace> {
  const namespace = new TestNamespace();
  const admin = await namespace.connect();
  for (const path of ["/a", "/a/x", "/application", "/b", "/b/secret"]) {
    await admin.create(path, `data of ${path}`);
  }
  await admin.closeSession();
  return namespace;
}

/** What is outside of `/a`. */
async function stateOf(admin: TestClient): Promise<unknown> {
  const outside = ["/b", "/b/secret", "/application"];
  return [
    await admin.children("/"),
    await admin.children("/b"),
    await Promise.all(outside.map((path) => admin.getData(path))),
  ];
}

const NO_AUTH = { name: "NoAuth", code: -102 };

describe("over HTTP, a grant", () => {
  it("is for its prefix", async () => {
    const namespace = await prepare();
    const caller = await Caller.of(namespace);
    expect((await caller.ask("GET", "/znodes/a/x")).text).toBe("data of /a/x");
    expect((await caller.ask("PUT", "/znodes/a/new", { body: "x" })).status).toBe(201);
    expect((await caller.ask("DELETE", "/znodes/a/new")).status).toBe(204);
    for (const [method, path] of [
      ["GET", "/znodes/b"],
      ["HEAD", "/znodes/b"],
      ["GET", "/znodes/none"],
      ["PUT", "/znodes/b"],
      ["PUT", "/znodes/c?parents=true"],
      ["POST", "/znodes/b/n-?mode=persistentSequential"],
      ["DELETE", "/znodes/b/secret"],
      ["GET", "/children/"],
      ["GET", "/children/b"],
      ["GET", "/children/b?stats=true"],
      ["GET", "/count/"],
      ["GET", "/acl/b"],
      ["POST", "/locks/b/lock"],
      ["GET", "/locks/b/lock"],
    ] as const) {
      const json = path.startsWith("/locks") && method === "POST" ? { ttlMs: 10_000 } : undefined;
      const answer = await caller.ask(method, path, json && { json });
      expect(answer.status, `${method} ${path}`).toBe(403);
      if (method !== "HEAD") expect(answer.json, path).toMatchObject(NO_AUTH);
      expect(answer.text).not.toContain("data of");
    }
  });

  it.each([
    "/znodes/a/../b",
    "/znodes/a/%2e%2e/b",
    "/znodes/a/.%2E/b/secret",
    "/znodes/a%2f..%2fb",
    "/znodes//b",
    "/znodes/a//../b",
    "/znodes/a/..%2Fb",
    "/znodes/a%2Fx/../../b",
    "/znodes/a\\..\\b",
    "/znodes/application",
    "/znodes/a%00/x",
    "/znodes/%61pplication",
    "/znodes/%2561/../b",
    "/znodes/a/%c0%ae%c0%ae/b",
    "/znodes/\uff0fb",
    "/children/a/..",
    "/children/a/%2e%2e",
    "/znodes/b?path=/a",
    "/znodes/b#/a",
  ])("does not get out of its prefix by %s", async (path) => {
    const namespace = await prepare();
    const caller = await Caller.of(namespace);
    const admin = await namespace.connect();
    const before = await stateOf(admin);
    expect((await caller.ask("GET", path)).text).not.toContain("data of");
    for (const method of ["PUT", "POST", "DELETE"]) {
      await caller.ask(method, path, { body: "overwritten" });
    }
    expect(await stateOf(admin)).toEqual(before);
  });

  it("is for its permissions", async () => {
    const namespace = await prepare();
    const reader = await Caller.of(namespace, { permissions: ["read"] });
    expect((await reader.ask("GET", "/znodes/a")).status).toBe(200);
    const acl = { acl: [{ scheme: "world", id: "anyone", perms: "r" }] };
    for (const [method, path, asking] of [
      ["PUT", "/znodes/a", { body: "x" }],
      ["POST", "/znodes/a/new", { body: "x" }],
      ["DELETE", "/znodes/a/x", {}],
      ["PUT", "/acl/a", { json: acl }],
    ] as const) {
      const { status, json } = await reader.ask(method, path, asking);
      expect(status, `${method} ${path}`).toBe(403);
      expect(json).toMatchObject(NO_AUTH);
    }
    expect((await reader.ask("GET", "/counters")).status).toBe(403);
  });

  it("is asked for every op of a transaction, and nothing is done", async () => {
    const namespace = await prepare();
    const caller = await Caller.of(namespace);
    const ops = [
      { type: "create", path: "/a/new" },
      { type: "check", path: "/b/secret" },
    ];
    const { status, json } = await caller.ask("POST", "/transactions", { json: { ops } });
    expect(status).toBe(403);
    expect(json).toMatchObject({ ...NO_AUTH, index: 1 });
    expect((await caller.ask("GET", "/znodes/a/new")).status).toBe(404);
  });

  it("does not tell of changes outside", async () => {
    const caller = await Caller.of(await prepare());
    const { status, text } = await caller.ask("GET", "/events/b");
    expect(status).toBe(403);
    expect(text).not.toContain("data:");
  });

  it("keeps its sessions, and the locks in them, to its subject", async () => {
    const namespace = await prepare();
    const owner = await Caller.of(namespace);
    const thief = await Caller.of(namespace, { sub: "thief" });
    const opened = await owner.ask("POST", "/sessions", { json: { ttlMs: 10_000 } });
    const headers = { "edgekeeper-session": String(opened.json.session) };
    for (const [method, path] of [
      ["PUT", "/sessions"],
      ["DELETE", "/sessions"],
      ["POST", "/znodes/a/e?mode=ephemeral"],
    ] as const) {
      expect((await thief.ask(method, path, { headers })).status, `${method} ${path}`).toBe(409);
    }
    expect((await owner.ask("PUT", "/sessions", { headers })).status).toBe(200);

    const held = await owner.ask("POST", "/locks/a/lock", { json: { ttlMs: 10_000 } });
    expect(held.status).toBe(200);
    const lock = { headers: { "edgekeeper-lock": String(held.json.id) } };
    for (const method of ["PUT", "DELETE"]) {
      expect((await thief.ask(method, "/locks/a/lock", lock)).json, method).not.toMatchObject({
        released: true,
      });
    }
    const { json } = await owner.ask("GET", "/locks/a/lock");
    expect(json).toMatchObject({ holders: [{ token: held.json.token }] });
  });

  it("names its subject to ACLs", async () => {
    const namespace = await prepare();
    const owner = await Caller.of(namespace);
    const other = await Caller.of(namespace, { sub: "other" });
    const acl = { acl: [{ scheme: "jwt", id: "worker", perms: "rwcda" }] };
    expect((await owner.ask("PUT", "/acl/a/x", { json: acl })).status).toBeLessThan(300);
    expect((await owner.ask("GET", "/znodes/a/x")).status).toBe(200);
    expect((await other.ask("GET", "/znodes/a/x")).json).toMatchObject(NO_AUTH);
  });
});
