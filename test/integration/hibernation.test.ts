import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import {
  AddWatchMode,
  CreateFlags,
  EventType,
  OpCode,
  Perms,
  WatcherType,
} from "../../src/protocol/op-code.ts";
import { eventually } from "./support/connection.ts";
import { TestNamespace } from "./support/namespace.ts";
import { createRequest, deleteRequest } from "./support/zookeeper-client.ts";

const { nodeCreated, nodeDeleted, nodeDataChanged, nodeChildrenChanged } = EventType;

describe("hibernation", () => {
  it("keeps the session on its socket, its ephemerals and the counters, and goes on behind the zxid", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    await client.create("/e", "x", CreateFlags.ephemeral);
    await client.create("/queue");
    const sequential = CreateFlags.persistentSequential;
    expect(await client.create("/queue/n-", "", sequential)).toBe("/queue/n-0000000000");
    expect(await client.create("/queue/n-", "", sequential)).toBe("/queue/n-0000000001");
    await client.delete("/queue/n-0000000001");
    const [zxid, stat] = [await client.zxid(), await client.exists("/queue")];

    await namespace.hibernate();
    const zxidOnWaking = await client.zxid();
    expect(zxidOnWaking).toBeGreaterThanOrEqual(zxid);
    expect(await client.exists("/queue")).toEqual(stat);
    expect((await client.exists("/e"))?.ephemeralOwner).toBe(client.sessionId);
    expect(await client.create("/queue/n-", "", sequential)).toBe("/queue/n-0000000002");
    expect(await client.zxid()).toBe(zxidOnWaking + 1);

    await namespace.hibernate();
    await client.closeSession();
    const other = await namespace.connect();
    expect(await other.children("/")).toEqual(["queue", "zookeeper"]);
    expect(await other.children("/queue")).toEqual(["n-0000000000", "n-0000000002"]);
  });

  it("keeps who a client is", async () => {
    const namespace = new TestNamespace();
    const [owner, stranger] = await Promise.all([namespace.connect(), namespace.connect()]);
    await owner.addAuth("me:secret");
    const acl = [{ perms: Perms.all, id: { scheme: "auth", id: "" } }];
    await owner.request(createRequest("/private", "secret", CreateFlags.persistent, acl));
    await namespace.hibernate();
    expect(await owner.getData("/private")).toBe("secret");
    const read = { type: OpCode.getData, path: "/private", watch: false } as const;
    expect((await stranger.request(read)).err).toBe(ErrorCode.noAuth);
    await stranger.addAuth("me:secret");
    await namespace.hibernate();
    expect(await stranger.getData("/private")).toBe("secret");
  });

  it("keeps watches of every kind, and they fire once after the wake", async () => {
    const namespace = new TestNamespace();
    const [watcher, writer] = await Promise.all([namespace.connect(), namespace.connect()]);
    for (const path of ["/data", "/children", "/gone"]) await writer.create(path);
    await watcher.getData("/data", true);
    await watcher.children("/children", true);
    await watcher.exists("/unborn", true);
    await watcher.exists("/gone", true);
    await watcher.children("/gone", true);
    await namespace.hibernate();

    await writer.setData("/data", "x");
    await writer.create("/children/c");
    await writer.create("/unborn");
    await writer.delete("/gone");
    await writer.setData("/data", "y");
    await watcher.zxid();
    expect(watcher.events).toEqual([
      `${nodeDataChanged} /data`,
      `${nodeChildrenChanged} /children`,
      `${nodeCreated} /unborn`,
      `${nodeDeleted} /gone`,
    ]);

    await namespace.hibernate();
    await writer.setData("/data", "z");
    await writer.setData("/unborn", "z");
    await watcher.zxid();
    expect(watcher.events).toHaveLength(4);
  });

  it("keeps persistent and recursive watches, as often as it comes", async () => {
    const namespace = new TestNamespace();
    const [watcher, writer] = await Promise.all([namespace.connect(), namespace.connect()]);
    const addWatch = async (path: string, mode: number): Promise<void> => {
      expect((await watcher.request({ type: OpCode.addWatch, path, mode })).err).toBe(0);
    };
    await addWatch("/p", AddWatchMode.persistent);
    await addWatch("/r", AddWatchMode.persistentRecursive);
    const expected: string[] = [];
    for (const name of ["a", "b"]) {
      await namespace.hibernate();
      if (name === "a") for (const path of ["/p", "/r"]) await writer.create(path);
      await writer.create(`/p/${name}`);
      await writer.create(`/r/${name}`);
      await namespace.hibernate();
      await writer.setData(`/r/${name}`, "x");
      await writer.setData("/p", "x");
      if (name === "a") expected.push(`${nodeCreated} /p`, `${nodeCreated} /r`);
      expected.push(
        `${nodeChildrenChanged} /p`,
        `${nodeCreated} /r/${name}`,
        `${nodeDataChanged} /r/${name}`,
        `${nodeDataChanged} /p`,
      );
    }
    const remove = (path: string) =>
      watcher.request({ type: OpCode.removeWatches, path, watcherType: WatcherType.any });
    expect((await remove("/p")).err).toBe(0);
    await namespace.hibernate();
    expect((await remove("/p")).err).toBe(ErrorCode.noWatcher);
    await writer.setData("/p", "y");
    await watcher.zxid();
    expect(watcher.events).toEqual(expected);
  });

  it("may come again and again, between any two requests", async () => {
    const namespace = new TestNamespace();
    const [a, b] = await Promise.all([namespace.connect(), namespace.connect()]);
    await a.create("/n", "0");
    for (let round = 1; round <= 10; round++) {
      await b.getData("/n", true);
      await namespace.hibernate();
      expect((await a.setData("/n", String(round))).version).toBe(round);
      await namespace.hibernate();
      expect(await b.getData("/n")).toBe(String(round));
      expect(b.events).toHaveLength(round);
    }
  });

  it("does not lose what is under way", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    await client.create("/q");
    for (let round = 0; round < 4; round++) {
      const creates = client.pipeline(
        Array.from({ length: 50 }, () =>
          createRequest("/q/n-", "", CreateFlags.persistentSequential),
        ),
        { oneMessageEach: true },
      );
      const [answers] = await Promise.all([creates, namespace.hibernate()]);
      expect(answers.every((answer) => answer.err === 0)).toBe(true);
    }
    expect(await client.children("/q")).toHaveLength(200);
    expect((await client.exists("/q"))?.cversion).toBe(200);
  });

  it("may follow on itself without anything in between", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    await client.exists("/w", true);
    for (let round = 0; round < 5; round++) await namespace.hibernate();
    await client.create("/w");
    expect(client.events).toEqual([`${nodeCreated} /w`]);
  });

  it("goes on while text pings are answered", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    await namespace.hibernate();
    for (let times = 0; times < 3; times++) expect(await client.connection.ping()).toBe("pong");
    await expect(evictDurableObject(namespace.stub)).rejects.toThrow("not currently running");
    expect(await client.zxid()).toBeGreaterThanOrEqual(1);
  });

  it("writes no row, and neither does the wake", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    await client.create("/e", "", CreateFlags.ephemeral);
    await client.exists("/e", true);
    await namespace.hibernate();
    await client.zxid();
    expect((await namespace.counters()).rowsWritten).toBe(0);
  });
});

describe("a session with more watches than its socket can keep", () => {
  const COUNT = 2_000;
  const paths = Array.from({ length: COUNT }, (_, i) => `/watched/node-${i}`);
  const spilled = "SELECT session, kind, count(*) AS n FROM spilled_watches GROUP BY session, kind";

  it("has all of them after a hibernation, and each fires once", async () => {
    const namespace = new TestNamespace();
    const [watcher, writer] = await Promise.all([namespace.connect(), namespace.connect()]);
    await writer.create("/watched");
    await watcher.children("/watched", true);
    await watcher.pipeline(paths.map((path) => ({ type: OpCode.exists, path, watch: true })));
    const { sessionId: session } = watcher;
    expect(await namespace.rows(spilled)).toEqual([
      { session, kind: "child", n: 1 },
      { session, kind: "data", n: COUNT },
    ]);

    await namespace.hibernate();
    await writer.pipeline(paths.slice(0, 1_000).map((path) => createRequest(path)));
    await watcher.eventCount(1_001);
    expect(await namespace.rows(spilled)).toEqual([{ session, kind: "data", n: 1_000 }]);
    await namespace.hibernate();
    await writer.pipeline(paths.slice(1_000).map((path) => createRequest(path)));
    await watcher.eventCount(COUNT + 1);
    await namespace.hibernate();
    await writer.pipeline(paths.map((path) => deleteRequest(path)));
    await watcher.zxid();
    expect(watcher.events.toSorted()).toEqual(
      [
        ...paths.map((path) => `${nodeCreated} ${path}`),
        `${nodeChildrenChanged} /watched`,
      ].toSorted(),
    );
    expect(await namespace.rows(spilled)).toEqual([]);
  });

  it("may have 10,000 of every mode", async () => {
    const namespace = new TestNamespace();
    const [watcher, writer] = await Promise.all([namespace.connect(), namespace.connect()]);
    await writer.create("/watched");
    const many = Array.from({ length: 10_000 }, (_, i) => `/watched/node-${i}`);
    const persistent = many.slice(0, 3_000);
    const recursive = many.slice(3_000, 4_000);
    const exist = many.slice(4_000);
    const request = {
      type: OpCode.setWatches2,
      relativeZxid: 0,
      dataWatches: [],
      existWatches: exist,
      childWatches: [],
      persistentWatches: persistent,
      persistentRecursiveWatches: recursive,
    } as const;
    expect((await watcher.request(request)).err).toBe(0);
    const n = 10_000 + 4_000;
    expect(await namespace.rows("SELECT count(*) AS n FROM spilled_watches")).toEqual([{ n }]);
    await namespace.hibernate();
    await writer.pipeline(many.map((path) => createRequest(path)));
    await watcher.eventCount(10_000);
    await namespace.hibernate();
    await writer.pipeline(many.map((path) => deleteRequest(path)));
    await watcher.eventCount(14_000);
    await watcher.zxid();
    expect(watcher.events.toSorted()).toEqual(
      [
        ...many.map((path) => `${nodeCreated} ${path}`),
        ...[...persistent, ...recursive].map((path) => `${nodeDeleted} ${path}`),
      ].toSorted(),
    );
  });

  it.each(["the session is closed", "the socket is closed", "the session is resumed"])(
    "leaves no row of them when %s",
    async (how) => {
      const namespace = new TestNamespace();
      const [watcher, other] = await Promise.all([namespace.connect(), namespace.connect()]);
      const watch = paths.map((path) => ({ type: OpCode.exists, path, watch: true }) as const);
      await Promise.all([watcher.pipeline(watch), other.pipeline(watch)]);
      await namespace.hibernate();
      if (how === "the session is closed") await watcher.closeSession();
      else if (how === "the socket is closed") watcher.connection.close();
      else await namespace.connect(watcher.credentials);
      await eventually(async () => {
        expect(await namespace.rows(spilled)).toEqual([
          { session: other.sessionId, kind: "data", n: COUNT },
        ]);
      });
      await namespace.hibernate();
      const writer = await namespace.connect();
      await writer.create("/watched");
      await writer.pipeline(paths.map((path) => createRequest(path)));
      await other.eventCount(COUNT);
      expect(watcher.events).toEqual([]);
    },
  );

  it("has only its new ones after it was resumed and watches many again", async () => {
    const namespace = new TestNamespace();
    const old = await namespace.connect();
    await old.pipeline(paths.map((path) => ({ type: OpCode.exists, path, watch: true })));
    const resumed = await namespace.connect(old.credentials);
    const again = paths.slice(0, 900);
    await resumed.pipeline(again.map((path) => ({ type: OpCode.exists, path, watch: true })));
    await namespace.hibernate();
    const writer = await namespace.connect();
    await writer.create("/watched");
    await writer.pipeline(paths.map((path) => createRequest(path)));
    await resumed.eventCount(again.length);
    await resumed.zxid();
    expect(resumed.events).toEqual(again.map((path) => `${nodeCreated} ${path}`));
  });
});

describe("a socket that ends while the object hibernates", () => {
  it("loses its watches, and its session is known to be without a connection", async () => {
    const namespace = new TestNamespace();
    const [dead, alive] = await Promise.all([namespace.connect(), namespace.connect()]);
    await dead.exists("/w", true);
    await namespace.hibernate();
    dead.connection.close();
    const heardMs = "SELECT heard_ms IS NULL AS connected FROM sessions ORDER BY connected";
    await eventually(async () => {
      expect(await namespace.rows(heardMs)).toEqual([{ connected: 0 }, { connected: 1 }]);
    });
    await alive.create("/w");
    const resumed = await namespace.connect(dead.credentials);
    await resumed.zxid();
    expect(resumed.events).toEqual([]);
    expect(dead.events).toEqual([]);
  });

  it("does not come back as long as its client does not answer the close", async () => {
    const namespace = new TestNamespace();
    const hanging = await namespace.connect({}, { answersClose: false });
    await hanging.exists("/w", true);
    const second = await namespace.connect(hanging.credentials);
    await hanging.connection.closed;
    await namespace.hibernate();
    await second.create("/w");
    const zxid = await second.zxid();
    expect(second.events).toEqual([]);
    const third = await namespace.connect(hanging.credentials);
    await second.connection.closed;
    hanging.connection.close();
    expect(await third.zxid()).toBe(zxid);
    expect(await namespace.rows("SELECT heard_ms FROM sessions")).toEqual([{ heard_ms: null }]);
  });

  it("takes nothing from a connection that has the session by now", async () => {
    const namespace = new TestNamespace();
    const alive = await namespace.connect();
    await namespace.inside((state, object) => {
      // A socket of an earlier life, of which the object has nothing but the attachment.
      const [alivesSocket] = state.getWebSockets();
      const { 1: dead } = new WebSocketPair();
      state.acceptWebSocket(dead);
      dead.serializeAttachment(alivesSocket?.deserializeAttachment());
      object.webSocketClose(dead, 1006, "");
    });
    expect(await alive.zxid()).toBe(1);
    expect(await namespace.rows("SELECT heard_ms FROM sessions")).toEqual([{ heard_ms: null }]);
    await namespace.connect(alive.credentials);
    await alive.connection.closed;
  });
});
