/** What is around a znode: children, counts, ACLs, transactions. */
import { describe, expect, it } from "vitest";
import { TestAPI } from "./support/http.ts";

async function withChildren(names: readonly string[]): Promise<TestAPI> {
  const api = new TestAPI();
  await api.create("/p");
  for (const name of names) await api.create(`/p/${encodeURIComponent(name)}`);
  return api;
}

describe("children", () => {
  it("lists them in pages that link to each other", async () => {
    const api = await withChildren(["d", "a", "c&d", "b", "é"]);
    const names: string[] = [];
    let path: string | undefined = "/children/p?limit=2";
    for (let page = 0; path !== undefined && page < 4; page++) {
      const { json, headers } = await api.ask("GET", path);
      const { children } = json as { children: { name: string }[] };
      names.push(...children.map(({ name }) => name));
      const link: string | undefined = /<([^>]+)>; rel="next"/.exec(headers.get("link") ?? "")?.[1];
      expect(link !== undefined).toBe(json.next !== null);
      path = link?.replace(`/v1/${api.namespace.name}`, "");
    }
    expect(names).toEqual(["a", "b", "c&d", "d", "é"]);
  });

  it("gives Stats with them", async () => {
    const api = await withChildren(["a"]);
    const { json, headers } = await api.ask("GET", "/children/p?stats=true");
    expect(json).toMatchObject({
      children: [{ name: "a", stat: { version: 0, ephemeralOwner: 0 } }],
      next: null,
      stat: { numChildren: 1, cversion: 1 },
    });
    // The Stats of children change without it.
    expect(headers.get("etag")).toBeNull();
  });

  it("answers 304 until a child comes or goes", async () => {
    const api = await withChildren(["a"]);
    const etag = (await api.ask("GET", "/children/p")).headers.get("etag") ?? "";
    const status = async () =>
      (await api.ask("GET", "/children/p", { headers: { "if-none-match": etag } })).status;
    expect(await status()).toBe(304);
    await api.ask("PUT", "/znodes/p", { body: "data, not children" });
    expect(await status()).toBe(304);
    await api.ask("DELETE", "/znodes/p/a");
    expect(await status()).toBe(200);
  });

  it("of a znode that is not there are none to list", async () => {
    for (const path of ["/children/none", "/count/none", "/acl/none"]) {
      const { status, json } = await new TestAPI().ask("GET", path);
      expect(status).toBe(404);
      expect(json).toMatchObject({ name: "NoNode", code: -101, path: "/none" });
    }
  });

  it("counts all below", async () => {
    const api = await withChildren(["a", "b"]);
    await api.create("/p/a/x/y");
    expect((await api.ask("GET", "/count/p")).json).toEqual({ count: 4 });
  });

  it("is not taken for a znode called children", async () => {
    const api = new TestAPI();
    for (const name of ["children", "acl", "count", "znodes"]) {
      await api.create(`/${name}/inner`, name);
      expect((await api.ask("GET", `/znodes/${name}/inner`)).text).toBe(name);
      expect((await api.ask("GET", `/children/${name}`)).json.children).toEqual([
        { name: "inner" },
      ]);
    }
  });
});

describe("ACLs", () => {
  const OPEN = { scheme: "world", id: "anyone", perms: "cdrwa" };

  it("reads and replaces them", async () => {
    const api = new TestAPI();
    await api.create("/a");
    const read = await api.ask("GET", "/acl/a");
    expect(read.json).toMatchObject({ acl: [OPEN], stat: { aversion: 0 } });
    const headers = { "if-match": read.headers.get("etag") ?? "" };
    const acl = [
      { scheme: "world", id: "anyone", perms: "ra" },
      { scheme: "digest", id: "bob:abc=", perms: "cdw" },
    ];
    const set = await api.ask("PUT", "/acl/a", { headers, json: { acl } });
    expect(set.status).toBe(200);
    expect(set.json).toMatchObject({ stat: { aversion: 1 } });
    expect((await api.ask("GET", "/acl/a")).json.acl).toEqual(acl);
    expect((await api.ask("PUT", "/acl/a", { headers, json: { acl } })).status).toBe(412);
  });

  it("has them enforced", async () => {
    const api = new TestAPI();
    const acl = { "edgekeeper-acl": "world:anyone:r,digest:bob:abc=:cdrwa" };
    expect((await api.ask("POST", "/znodes/a", { headers: acl })).status).toBe(201);
    expect((await api.ask("GET", "/znodes/a")).status).toBe(200);
    const refused = await api.ask("PUT", "/znodes/a", { body: "x" });
    expect(refused.status).toBe(403);
    expect(refused.json).toMatchObject({ name: "NoAuth", code: -102, path: "/a" });
    expect((await api.ask("GET", "/acl/a")).json.acl).toEqual([
      { scheme: "world", id: "anyone", perms: "r" },
      { scheme: "digest", id: "bob:x", perms: "cdrwa" }, // Nobody without admin sees the digest.
    ]);
  });

  it.each([
    {},
    { acl: [] },
    { acl: [{ ...OPEN, perms: "" }] },
    { acl: [{ ...OPEN, perms: "rwx" }] },
    { acl: [{ ...OPEN, scheme: "" }] },
    { acl: [{ ...OPEN, extra: 1 }] },
    { acl: [{ scheme: "world", id: "someone", perms: "r" }] },
    { acl: [OPEN], more: 1 },
    [OPEN],
    null,
  ])("refuses %j", async (json) => {
    const api = new TestAPI();
    await api.create("/a");
    expect((await api.ask("PUT", "/acl/a", { json })).status).toBe(400);
    expect((await api.ask("GET", "/acl/a")).json.acl).toEqual([OPEN]);
  });
});

describe("transactions", () => {
  it("does all of it", async () => {
    const api = new TestAPI();
    await api.create("/a", "old");
    const ops = [
      { type: "check", path: "/a", version: 0 },
      { type: "setData", path: "/a", data: btoa("new"), version: 0 },
      { type: "create", path: "/b", data: btoa("b") },
      { type: "create", path: "/b/n-", mode: "persistentSequential" },
      { type: "delete", path: "/b/n-0000000000" },
    ];
    const { status, json } = await api.ask("POST", "/transactions", { json: { ops } });
    expect(status).toBe(200);
    expect(json.results).toMatchObject([
      { type: "check" },
      { type: "setData", stat: { version: 1 } },
      { type: "create", path: "/b" },
      { type: "create", path: "/b/n-0000000000" },
      { type: "delete" },
    ]);
    expect((await api.ask("GET", "/znodes/a")).text).toBe("new");
  });

  it("does nothing of it when one op fails, and says which", async () => {
    const api = new TestAPI();
    await api.create("/a");
    const ops = [
      { type: "create", path: "/b" },
      { type: "setData", path: "/a", version: 7 },
    ];
    const { status, json } = await api.ask("POST", "/transactions", { json: { ops } });
    expect(status).toBe(409);
    expect(json).toMatchObject({ name: "BadVersion", index: 1, path: "/a" });
    expect((await api.ask("GET", "/znodes/b")).status).toBe(404);
  });

  it.each([
    [{ ops: [] }, "ops"],
    [{ ops: [{ type: "create" }] }, "ops.0.path"],
    [{ ops: [{ type: "create", path: "a" }] }, "ops.0.path"],
    [{ ops: [{ type: "create", path: "/a", data: "%" }] }, "ops.0.data"],
    [{ ops: [{ type: "delete", path: "/a", data: "" }] }, "ops.0.data"],
    [{ ops: [{ type: "move", path: "/a" }] }, "ops.0.type"],
    [{ ops: [{ type: "check", path: "/a", version: 1.5 }] }, "ops.0.version"],
    [{ ops: [{ type: "check", path: "/a", version: -2 }] }, "ops.0.version"],
  ])("names what is wrong with %j", async (json, name) => {
    const answer = await new TestAPI().ask("POST", "/transactions", { json });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ name: "invalidCall", errors: [{ in: "body", name }] });
  });

  it("refuses paths that are none", async () => {
    const ops = [{ type: "create", path: "/a/../b" }];
    const answer = await new TestAPI().ask("POST", "/transactions", { json: { ops } });
    expect(answer.status).toBe(400);
  });
});
