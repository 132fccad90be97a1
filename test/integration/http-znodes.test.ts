import { describe, expect, it } from "vitest";
import { statOf, TestAPI } from "./support/http.ts";

describe("PUT and GET of a znode", () => {
  it("creates it, then sets it", async () => {
    const api = new TestAPI();
    const created = await api.ask("PUT", "/znodes/a", { body: "one" });
    expect(created.status).toBe(201);
    expect(created.headers.get("location")).toBe(`/v1/${api.namespace.name}/znodes/a`);
    expect(created.json).toMatchObject({ path: "/a", created: true, stat: { version: 0 } });
    const set = await api.ask("PUT", "/znodes/a", { body: "two" });
    expect(set.status).toBe(200);
    expect(set.headers.get("location")).toBeNull();
    expect(set.json).toMatchObject({ path: "/a", created: false, stat: { version: 1 } });
    expect((await api.ask("GET", "/znodes/a")).text).toBe("two");
  });

  it("gives the data as it is, and tells of it in headers", async () => {
    const api = new TestAPI();
    const data = new Uint8Array([0, 255, 10, 13, 128]);
    await api.ask("PUT", "/znodes/a", { body: data });
    const response = await api.fetch("GET", "/znodes/a");
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(data);
    const { headers } = response;
    expect(headers.get("content-type")).toBe("application/octet-stream");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("private, no-cache");
    const answer = await api.ask("GET", "/znodes/a");
    const stat = statOf(answer);
    expect(stat).toMatchObject({ version: 0, dataLength: 5, numChildren: 0, ephemeralOwner: 0 });
    expect(Object.keys(stat)).toHaveLength(11);
    expect(answer.headers.get("etag")).toBe(`"0-${stat.mzxid}"`);
    expect(Number(answer.headers.get("edgekeeper-zxid"))).toBeGreaterThanOrEqual(stat.mzxid ?? NaN);
    expect(answer.headers.get("last-modified")).toBe(new Date(stat.mtime ?? NaN).toUTCString());
  });

  it.each([
    ["application/json", true],
    ["text/plain, application/json;q=0.5", true],
    ["application/json;charset=utf-8", true],
    ["application/json;q=0", false],
    ["application/jsonp", false],
    ["*/*", false],
    ["text/html", false],
  ])("for Accept: %s gives JSON: %s", async (accept, isJSON) => {
    const api = new TestAPI();
    await api.create("/a", "hé");
    const { headers, text, json } = await api.ask("GET", "/znodes/a", { headers: { accept } });
    if (isJSON) {
      expect(headers.get("content-type")).toBe("application/json");
      expect(json).toMatchObject({ path: "/a", data: "aMOp", stat: { dataLength: 3 } });
    } else {
      expect(text).toBe("hé");
    }
    expect(headers.get("vary")).toContain("accept");
  });

  it("tells null data from empty data in JSON only", async () => {
    const api = new TestAPI();
    await api.create("/a/b");
    const headers = { accept: "application/json" };
    expect((await api.ask("GET", "/znodes/a", { headers })).json.data).toBeNull();
    expect((await api.ask("GET", "/znodes/a/b", { headers })).json.data).toBe("");
    expect((await api.ask("GET", "/znodes/a")).text).toBe("");
  });

  it("reads the root, with or without its slash", async () => {
    const api = new TestAPI();
    for (const path of ["/znodes", "/znodes/"]) {
      expect((await api.ask("GET", path)).status).toBe(200);
    }
  });

  it("takes a megabyte, less what is around it in a frame", async () => {
    const api = new TestAPI();
    const statusOf = async (length: number) =>
      (await api.ask("PUT", "/znodes/a", { body: "x".repeat(length) })).status;
    expect(await statusOf(1_048_500)).toBe(201);
    expect(await statusOf(1_048_575)).toBe(413); // Too much with the path.
    expect(await statusOf(1_048_576)).toBe(413); // Too much without.
    expect((await api.ask("GET", "/znodes/a")).text).toHaveLength(1_048_500);
  });
});

describe("preconditions", () => {
  it("answers 304 while the entity tag is known", async () => {
    const api = new TestAPI();
    const etag = (await api.create("/a", "one")).headers.get("etag") ?? "";
    for (const known of [etag, `W/${etag}`, `"9-9", ${etag}`, "*"]) {
      const answer = await api.ask("GET", "/znodes/a", { headers: { "if-none-match": known } });
      expect(answer.status, known).toBe(304);
      expect(answer.text).toBe("");
      expect(answer.headers.get("etag")).toBe(etag);
    }
    await api.ask("PUT", "/znodes/a", { body: "two" });
    const answer = await api.ask("GET", "/znodes/a", { headers: { "if-none-match": etag } });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe("two");
  });

  it("tells a znode from its successor of the same version", async () => {
    const api = new TestAPI();
    const etag = (await api.create("/a", "first")).headers.get("etag") ?? "";
    await api.ask("DELETE", "/znodes/a");
    await api.create("/a", "second");
    const read = await api.ask("GET", "/znodes/a", { headers: { "if-none-match": etag } });
    expect(read.text).toBe("second");
    const headers = { "if-match": etag };
    expect((await api.ask("PUT", "/znodes/a", { headers, body: "x" })).status).toBe(412);
    expect((await api.ask("DELETE", "/znodes/a", { headers })).status).toBe(412);
    // Who names the version alone gets ZooKeeper's comparison.
    const byVersion = { "if-match": '"0"' };
    expect((await api.ask("PUT", "/znodes/a", { headers: byVersion, body: "x" })).status).toBe(200);
  });

  it("sets only the version that If-Match names", async () => {
    const api = new TestAPI();
    const etag = (await api.create("/a", "one")).headers.get("etag") ?? "";
    const put = (match: string) =>
      api.ask("PUT", "/znodes/a", { headers: { "if-match": match }, body: "two" });
    const refused = await put('"1"');
    expect(refused.status).toBe(412);
    expect(refused.json).toMatchObject({ name: "BadVersion", code: -103, path: "/a" });
    expect((await put(etag)).status).toBe(200);
    expect((await put(etag)).status).toBe(412);
    expect((await put("*")).status).toBe(200);
    for (const match of ["3", '"x"', 'W/"2"', '"1", "2"', '"-1"', '""']) {
      expect((await put(match)).status, match).toBe(400);
    }
  });

  it("creates only with If-None-Match: *, and never with If-Match", async () => {
    const api = new TestAPI();
    const put = (headers: Record<string, string>) =>
      api.ask("PUT", "/znodes/a", { headers, body: "x" });
    for (const match of ["*", '"0"', '"0-1"']) {
      const answer = await put({ "if-match": match });
      expect(answer.status, match).toBe(404);
      expect(answer.json.name).toBe("NoNode");
    }
    expect((await put({ "if-none-match": "*" })).status).toBe(201);
    const refused = await put({ "if-none-match": "*" });
    expect(refused.status).toBe(412);
    expect(refused.json.name).toBe("NodeExists");
    expect((await put({ "if-none-match": '"0"' })).status).toBe(400);
    expect((await put({ "if-none-match": "*", "if-match": "*" })).status).toBe(400);
  });

  it("deletes only the version that If-Match names", async () => {
    const api = new TestAPI();
    await api.create("/a", "one");
    const remove = (match: string) =>
      api.ask("DELETE", "/znodes/a", { headers: { "if-match": match } });
    expect((await remove('"1"')).status).toBe(412);
    const gone = await remove('"0"');
    expect(gone.status).toBe(204);
    expect(gone.text).toBe("");
    expect((await remove('"0"')).status).toBe(404);
  });
});

describe("HEAD", () => {
  it("tells of a znode without its data", async () => {
    const api = new TestAPI();
    await api.create("/a", "one");
    const { status, text, headers } = await api.ask("HEAD", "/znodes/a");
    expect(status).toBe(200);
    expect(text).toBe("");
    const etag = headers.get("etag") ?? "";
    expect(etag).toBe((await api.ask("GET", "/znodes/a")).headers.get("etag"));
    const known = await api.ask("HEAD", "/znodes/a", { headers: { "if-none-match": etag } });
    expect(known.status).toBe(304);
    expect((await api.ask("HEAD", "/znodes/none")).status).toBe(404);
  });

  it("answers wherever a GET is answered", async () => {
    const api = new TestAPI();
    await api.create("/a", "one");
    for (const path of ["/children/a", "/count/a", "/acl/a", "/locks/l"]) {
      const { status, text } = await api.ask("HEAD", path);
      expect(status, path).toBe(200);
      expect(text).toBe("");
    }
  });
});

describe("POST of a znode", () => {
  it("creates, and never sets", async () => {
    const api = new TestAPI();
    const created = await api.ask("POST", "/znodes/a", { body: "one" });
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({ path: "/a", stat: { version: 0, dataLength: 3 } });
    const refused = await api.ask("POST", "/znodes/a", { body: "two" });
    expect(refused.status).toBe(409);
    expect(refused.json).toMatchObject({ name: "NodeExists", code: -110, path: "/a" });
  });

  it("says where a sequential znode is", async () => {
    const api = new TestAPI();
    await api.create("/q é");
    const path = "/znodes/q%20%C3%A9/n-?mode=persistentSequential";
    await api.ask("POST", path);
    const second = await api.ask("POST", path, { body: "two" });
    expect(second.json.path).toBe("/q é/n-0000000001");
    const location = second.headers.get("location") ?? "";
    expect(location).toBe(`/v1/${api.namespace.name}/znodes/q%20%C3%A9/n-0000000001`);
    const read = await api.ask("GET", location.slice(`/v1/${api.namespace.name}`.length));
    expect(read.text).toBe("two");
  });

  it("gives an ephemeral to its session", async () => {
    const api = new TestAPI();
    const opened = await api.ask("POST", "/sessions", { json: { ttlMs: 10_000 } });
    const headers = { "edgekeeper-session": String(opened.json.session) };
    for (const mode of ["ephemeral", "ephemeralSequential"]) {
      const created = await api.ask("POST", `/znodes/e?mode=${mode}`, { headers });
      expect(created.json.stat).toMatchObject({ ephemeralOwner: opened.json.sessionId });
    }
    const below = await api.ask("POST", "/znodes/e/below");
    expect(below.status).toBe(409);
    expect(below.json.name).toBe("NoChildrenForEphemerals");
    await api.ask("DELETE", "/sessions", { headers });
    expect((await api.ask("GET", "/znodes/e")).status).toBe(404);
  });

  it("makes containers and znodes with a TTL", async () => {
    const api = new TestAPI();
    expect((await api.ask("POST", "/znodes/c?mode=container")).status).toBe(201);
    const ttl = "mode=persistentWithTTL&ttlMs=60000";
    expect((await api.ask("POST", `/znodes/t?${ttl}`)).status).toBe(201);
    const both = "mode=persistentSequentialWithTTL&ttlMs=60000";
    expect((await api.ask("POST", `/znodes/t?${both}`)).json.path).toBe("/t0000000002");
  });

  it.each([
    ["mode=ephemeral", {}],
    ["mode=persistent", { "edgekeeper-session": "1.AAAAAAAAAAAAAAAAAAAAAA" }],
    ["mode=persistentWithTTL", {}],
    ["ttlMs=1000", {}],
    ["mode=persistentWithTTL&ttlMs=0", {}],
    ["mode=other", {}],
    ["", { "edgekeeper-acl": "world:anyone" }],
    ["", { "edgekeeper-acl": "world:anyone:x" }],
    ["", { "edgekeeper-acl": "nobody:knows:r" }],
    ["", { "edgekeeper-session": "not a session" }],
  ])("refuses ?%s with %j", async (query, headers) => {
    const api = new TestAPI();
    const { status, json } = await api.ask("POST", `/znodes/a?${query}`, { headers });
    expect(status).toBe(400);
    expect(json.name).toMatch(/^(invalidCall|InvalidACL)$/);
  });

  it("creates what is missing above, if asked to", async () => {
    const api = new TestAPI();
    expect((await api.ask("POST", "/znodes/a/b/c")).status).toBe(404);
    expect((await api.ask("POST", "/znodes/a/b/c?parents=true")).status).toBe(201);
    expect((await api.ask("PUT", "/znodes/x/y")).status).toBe(404);
    expect((await api.ask("PUT", "/znodes/x/y?parents=true")).status).toBe(201);
  });
});

describe("DELETE of a znode", () => {
  it("does not take children with it", async () => {
    const api = new TestAPI();
    await api.create("/a/b");
    const refused = await api.ask("DELETE", "/znodes/a");
    expect(refused.status).toBe(409);
    expect(refused.json.name).toBe("NotEmpty");
    await api.ask("DELETE", "/znodes/a/b");
    expect((await api.ask("DELETE", "/znodes/a")).status).toBe(204);
  });

  it("does not delete the root", async () => {
    const { status, json } = await new TestAPI().ask("DELETE", "/znodes/");
    expect(status).toBe(400);
    expect(json.name).toBe("BadArguments");
  });
});
