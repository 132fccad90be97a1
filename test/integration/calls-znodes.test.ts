/**
 * ZooKeeper's operations as calls, and the sessions that calls may have.
 */
import { describe, expect, it } from "vitest";
import { Calling, bytesOf, textOf } from "./support/calls.ts";
import { TICK_MS, useClock } from "./support/clock.ts";
import { TestNamespace } from "./support/namespace.ts";

useClock();

const digest = { scheme: "digest", auth: "ann:secret" };

describe("calls about znodes", () => {
  it("create, read, change and delete", async () => {
    const calling = new Calling(new TestNamespace());
    const created = await calling.ask("create", { path: "/a", data: bytesOf("one") });
    expect(created).toMatchObject({ path: "/a", stat: { version: 0, ephemeralOwner: 0n } });
    const { data, stat } = await calling.ask("getData", { path: "/a" });
    expect([textOf(data), stat.czxid]).toEqual(["one", created.stat.czxid]);
    expect(await calling.ask("exists", { path: "/b" })).toEqual({ stat: null });
    const put = await calling.ask("put", { path: "/a", data: bytesOf("two"), version: 0 });
    expect(put).toMatchObject({ created: false, stat: { version: 1 } });
    expect(await calling.failure("delete", { path: "/a", version: 0 })).toMatchObject({
      code: -103,
      name: "BadVersion",
      path: "/a",
    });
    await calling.ask("delete", { path: "/a" });
    expect(await calling.failure("getData", { path: "/a" })).toMatchObject({ name: "NoNode" });
  });

  it("tell the zxid of what they saw", async () => {
    const calling = new Calling(new TestNamespace());
    const created = await calling.result("create", { path: "/a" });
    if (!created.ok) throw new Error(created.error.message);
    expect(created.zxid).toBe(created.value.stat.czxid);
    expect((await calling.result("getData", { path: "/a" })).zxid).toBe(created.zxid);
    expect((await calling.result("getData", { path: "/b" })).zxid).toBe(created.zxid);
  });

  it("put what is there or not, and create what is missing above when that is wanted", async () => {
    const calling = new Calling(new TestNamespace());
    expect(await calling.failure("put", { path: "/a/b/c" })).toMatchObject({ name: "NoNode" });
    const created = await calling.ask("put", { path: "/a/b/c", parents: true });
    expect(created).toMatchObject({ created: true, stat: { version: 0 } });
    expect(await calling.ask("put", { path: "/a/b/c" })).toMatchObject({ created: false });
    const created2 = await calling.failure("put", { path: "/a/b/c", only: "create" });
    expect(created2).toMatchObject({ name: "NodeExists" });
    const set = await calling.failure("put", { path: "/a/d", only: "set", parents: true });
    expect(set).toMatchObject({ name: "NoNode" });
    expect(await calling.ask("countChildren", { path: "/a" })).toEqual({ count: 2 });
  });

  it("list children in pages", async () => {
    const calling = new Calling(new TestNamespace());
    await calling.ask("create", { path: "/a" });
    for (const name of ["c", "a", "b"]) await calling.ask("create", { path: `/a/${name}` });
    const first = await calling.ask("getChildren", { path: "/a", limit: 2 });
    expect(first).toMatchObject({ children: [{ name: "a" }, { name: "b" }], next: "b" });
    expect(first.stat.numChildren).toBe(3);
    const second = await calling.ask("getChildren", { path: "/a", after: "b", withStats: true });
    expect(second).toMatchObject({ children: [{ name: "c", stat: { version: 0 } }], next: null });
  });

  it("do all of a transaction or nothing, and tell what failed", async () => {
    const calling = new Calling(new TestNamespace());
    const { results } = await calling.ask("transaction", {
      ops: [
        { type: "create", path: "/a", data: bytesOf("x") },
        { type: "create", path: "/a/b-", mode: "persistentSequential" },
        { type: "setData", path: "/a", version: 0 },
      ],
    });
    expect(results).toMatchObject([
      { type: "create", path: "/a" },
      { type: "create", path: "/a/b-0000000000" },
      { type: "setData", path: "/a", stat: { version: 1 } },
    ]);
    const failure = await calling.failure("transaction", {
      ops: [
        { type: "delete", path: "/a/b-0000000000" },
        { type: "check", path: "/a", version: 0 },
      ],
    });
    expect(failure).toMatchObject({ name: "BadVersion", index: 1, path: "/a" });
    expect(await calling.ask("countChildren", { path: "/a" })).toEqual({ count: 1 });
  });

  it("are bound by ACLs, with the identities that their caller proves", async () => {
    const calling = new Calling(new TestNamespace());
    const acl = [{ perms: 31, id: { scheme: "auth", id: "" } }];
    const ann = { caller: { auth: [digest] } };
    await calling.ask("create", { path: "/a", acl }, ann);
    expect(await calling.failure("getData", { path: "/a" })).toMatchObject({ name: "NoAuth" });
    await calling.ask("getData", { path: "/a" }, ann);
    const read = await calling.ask("getACL", { path: "/a" }, ann);
    expect(read.acl).toMatchObject([{ perms: 31, id: { scheme: "digest" } }]);
    await calling.ask(
      "setACL",
      { path: "/a", acl: [{ perms: 1, id: { scheme: "world", id: "anyone" } }] },
      ann,
    );
    await calling.ask("getData", { path: "/a" });
    const nobody = { caller: { auth: [{ scheme: "no such scheme", auth: "x" }] } };
    expect(await calling.failure("exists", { path: "/" }, nobody)).toMatchObject({
      name: "AuthFailed",
    });
  });

  it("refuse what makes no sense, without a trace", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const wrong = [
      ["getData", { path: "a" }],
      ["getData", { path: 7 }],
      ["getData", {}],
      ["create", { path: "/a", data: "text" }],
      ["create", { path: "/a", mode: "forever" }],
      ["create", { path: "/a", mode: "persistentWithTTL" }],
      ["create", { path: "/a", ttlMs: 5 }],
      ["create", { path: "/a", acl: [{ perms: 64, id: { scheme: "world", id: "anyone" } }] }],
      ["create", { path: "/a", session: { id: 1, passwd: "short" } }],
      ["getChildren", { path: "/", limit: 0 }],
      ["transaction", { ops: [{ type: "move", path: "/a" }] }],
      ["openSession", { ttlMs: 999 }],
      ["openSession", { ttlMs: 86_400_001 }],
      ["acquireLock", { path: "/a", ttlMs: 5_000, waitMs: 60_001 }],
      ["acquireLock", { path: "/", ttlMs: 5_000 }],
      ["acquireLock", { path: "/a", ttlMs: 5_000, mode: { permits: 0 } }],
      ["acquireLock", { path: "/a", ttlMs: 5_000, holder: "x".repeat(257) }],
      ["constructor", {}],
    ] as const;
    const rows = await namespace.rowsWrittenBy(async () => {
      for (const [name, takes] of wrong) {
        const failure = await calling.failure(name as never, takes as never);
        expect(failure, JSON.stringify([name, takes])).toMatchObject({ code: -2001 });
      }
    });
    expect(rows).toBe(0);
    for (const lock of ["", "?", "AAAA", "x".repeat(20_000)]) {
      expect((await calling.failure("renewLock", { lock })).code).toBeOneOf([-2001, -2003]);
    }
  });

  it("write no rows to read, and leave nothing of theirs in memory or in timers", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    await calling.ask("create", { path: "/a" });
    const rows = await namespace.rowsWrittenBy(async () => {
      await calling.ask("getData", { path: "/a" });
      await calling.ask("getChildren", { path: "/", withStats: true });
      await calling.ask("exists", { path: "/b" });
    });
    expect(rows).toBe(0);
    expect(await namespace.rows("SELECT id FROM sessions")).toEqual([]);
    expect(await namespace.alarm()).toBeNull();
  });
});

describe("sessions of calls", () => {
  it("own ephemerals, and live by their ttl", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const { session, ttlMs } = await calling.ask("openSession", { ttlMs: 3_000 });
    expect(ttlMs).toBe(3_000);
    await calling.ask("create", { path: "/a", mode: "ephemeral", session });
    await namespace.passTo(Date.now() + 2_900);
    expect(await calling.ask("renewSession", { session })).toEqual({ ttlMs: 3_000 });
    const livesUntilMs = Date.now() + 3_000;
    await namespace.hibernate();
    await namespace.passTo(livesUntilMs - 100);
    const { stat } = await calling.ask("exists", { path: "/a" });
    expect(stat?.ephemeralOwner).toBe(BigInt(session.id));
    await namespace.passTo(livesUntilMs + TICK_MS);
    expect(await calling.ask("exists", { path: "/a" })).toEqual({ stat: null });
    expect(await calling.failure("renewSession", { session })).toMatchObject({ name: "notHeld" });
    const late = { path: "/b", mode: "ephemeral", session } as const;
    expect(await calling.failure("create", late)).toMatchObject({ name: "notHeld" });
  });

  it("end with their ephemerals when they are closed", async () => {
    const calling = new Calling(new TestNamespace());
    const { session } = await calling.ask("openSession", { ttlMs: 86_400_000 });
    await calling.ask("create", { path: "/a", mode: "ephemeral", session });
    await calling.ask("closeSession", { session });
    expect(await calling.ask("exists", { path: "/a" })).toEqual({ stat: null });
    expect(await calling.failure("closeSession", { session })).toMatchObject({ name: "notHeld" });
  });

  it("are for nobody who does not know the password", async () => {
    const calling = new Calling(new TestNamespace());
    const { session } = await calling.ask("openSession", { ttlMs: 5_000 });
    const forged = { ...session, passwd: "A".repeat(22) };
    expect(await calling.failure("renewSession", { session: forged })).toMatchObject({
      name: "notHeld",
    });
  });

  it("may be used by several calls at once", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const { session } = await calling.ask("openSession", { ttlMs: 5_000 });
    const paths = Array.from({ length: 20 }, (_, index) => `/e-${index}`);
    await Promise.all(
      paths.map((path) => calling.ask("create", { path, mode: "ephemeral", session })),
    );
    expect(await namespace.rows("SELECT path FROM ephemerals")).toHaveLength(20);
  });

  it("leave no ephemeral behind that a call creates while another one closes the session", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    for (let round = 0; round < 10; round++) {
      const { session } = await calling.ask("openSession", { ttlMs: 5_000 });
      const create = { path: `/e-${round}`, mode: "ephemeral", session } as const;
      const results = await Promise.all([
        calling.result("create", create),
        calling.result("closeSession", { session }),
        calling.result("create", { ...create, path: `/f-${round}` }),
      ]);
      const failures = results.flatMap((result) => (result.ok ? [] : [result.error.name]));
      expect(failures.filter((name) => name !== "notHeld")).toEqual([]);
    }
    expect(await namespace.rows("SELECT path FROM ephemerals")).toEqual([]);
  });

  it("are the condition for ephemerals", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    expect(await calling.failure("create", { path: "/a", mode: "ephemeral" })).toMatchObject({
      name: "BadArguments",
    });
    const ops = [{ type: "create", path: "/a", mode: "ephemeralSequential" }] as const;
    expect(await calling.failure("transaction", { ops })).toMatchObject({ name: "BadArguments" });
    expect(await calling.ask("getChildren", { path: "/" })).toMatchObject({
      children: [{ name: "zookeeper" }],
    });
  });

  it("may be those of a socket, which keeps its connection", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const client = await namespace.connect();
    const { sessionId: id, passwd } = client.credentials;
    const text = btoa(String.fromCharCode(...(passwd ?? [])));
    const session = {
      id,
      passwd: text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""),
    };
    await calling.ask("create", { path: "/a", mode: "ephemeral", session });
    expect((await client.exists("/a"))?.ephemeralOwner).toBe(id);
    expect(await namespace.rows("SELECT heard_ms FROM sessions")).toEqual([{ heard_ms: null }]);
    await calling.ask("closeSession", { session });
    await client.connection.closed;
    expect(await calling.ask("exists", { path: "/a" })).toEqual({ stat: null });
  });
});
