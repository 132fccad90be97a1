/**
 * What our client and a server are to each other: on any ZooKeeper, over any transport, and with the connection failing.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FaultyProxy } from "../../support/faulty-proxy.ts";
import {
  AuthFailedError,
  BadVersionError,
  connect,
  type ConnectOptions,
  InvalidACLError,
  isSessionFatal,
  MarshallingError,
  NoAuthError,
  NoChildrenForEphemeralsError,
  type NodeEvent,
  NodeExistsError,
  NoNodeError,
  NotEmptyError,
  Perms,
  type ResyncEvent,
  SessionExpiredError,
  type SessionLostEvent,
  type StateChange,
  TransactionError,
  type ZooKeeper,
  ZooKeeperError,
} from "../../../src/client/index.ts";
import { Condition, eventually, soon } from "./conditions.ts";

export interface ClientTarget extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** An empty znode for the tests to live below, or "" for the whole tree. */
  readonly chroot: string;
  /** The shortest session that is granted. */
  readonly sessionTimeoutMs: number;
  /** The URL of the server, or of a proxy before it. */
  readonly url: (port: number) => string;
}

export interface Bench {
  readonly target: ClientTarget;
  /** A client through a proxy of its own. */
  open(options?: ConnectOptions): Promise<{ zk: ZooKeeper; proxy: FaultyProxy }>;
  /** A client without a proxy. */
  openDirectly(options?: ConnectOptions): Promise<ZooKeeper>;
}

/** Starts the server before the first test, and ends what a test has opened after it. */
export function useBench(start: () => Promise<ClientTarget>): () => Bench {
  let target: ClientTarget | undefined;
  const clients: ZooKeeper[] = [];
  const proxies: FaultyProxy[] = [];

  beforeAll(async () => {
    target = await start();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map(async (zk) => await zk.close()));
    await Promise.all(proxies.splice(0).map(async (proxy) => await proxy[Symbol.asyncDispose]()));
  });
  afterAll(async () => {
    await target?.[Symbol.asyncDispose]();
  });

  return () => {
    if (target === undefined) throw new Error("the server has not started");
    const server = target;
    const openAt = async (port: number, options: ConnectOptions = {}): Promise<ZooKeeper> => {
      const { url, chroot } = server;
      const zk = await connect(url(port), {
        ...options,
        chroot: chroot + (options.chroot ?? ""),
      });
      clients.push(zk);
      return zk;
    };
    return {
      target: server,
      openDirectly: async (options) => await openAt(server.port, options),
      open: async (options) => {
        const proxy = await FaultyProxy.start(server.host, server.port);
        proxies.push(proxy);
        const reconnect = { initialMs: 10, maxMs: 50 };
        return { zk: await openAt(proxy.port, { reconnect, ...options }), proxy };
      },
    };
  };
}

export function describeClient(start: () => Promise<ClientTarget>): void {
  const bench = useBench(start);
  describe("operations", () => describeOperations(bench));
  describe("watches", () => describeWatches(bench));
  describe("a failing connection", () => describeFailures(bench));
}

function describeOperations(bench: () => Bench): void {
  test("create, read, change, list and delete znodes", async () => {
    const zk = await bench().openDirectly();
    const created = await zk.create("/ops", "one");
    expect(created).toMatchObject({ path: "/ops", stat: { version: 0, ephemeralOwner: 0n } });
    const { data, stat } = await zk.getData("/ops");
    expect(new TextDecoder().decode(data ?? undefined)).toBe("one");
    expect(stat).toEqual(created.stat);
    await zk.create("/ops/null");
    await zk.create("/ops/empty", "");
    await zk.create("/ops/bytes", new Uint8Array([0, 255, 128]));
    expect((await zk.getData("/ops/null")).data).toBeNull();
    expect((await zk.getData("/ops/empty")).data).toEqual(new Uint8Array(0));
    expect((await zk.getData("/ops/bytes")).data).toEqual(new Uint8Array([0, 255, 128]));
    expect((await zk.setData("/ops", "two", { version: 0 })).version).toBe(1);
    const { children, stat: listed } = await zk.getChildren("/ops");
    expect(children.sort()).toEqual(["bytes", "empty", "null"]);
    expect(listed.numChildren).toBe(3);
    expect(await zk.getAllChildrenNumber("/ops")).toBe(3);
    await zk.delete("/ops/null", { version: 0 });
    expect(await zk.exists("/ops/null")).toBeUndefined();
    await zk.deleteRecursive("/ops");
    await zk.deleteRecursive("/ops");
    expect(await zk.exists("/ops")).toBeUndefined();
  });

  test("modes", async () => {
    const zk = await bench().openDirectly();
    await zk.ensurePath("/modes/deep/er");
    expect(await zk.exists("/modes/deep/er")).toMatchObject({ numChildren: 0 });
    const first = await zk.create("/modes/s-", null, { mode: "persistentSequential" });
    const second = await zk.create("/modes/s-", null, { mode: "persistentSequential" });
    expect(first.path).toMatch(/^\/modes\/s-\d{10}$/);
    expect(second.path > first.path).toBe(true);
    const ephemeral = await zk.create("/modes/e-", null, { mode: "ephemeralSequential" });
    expect(ephemeral.stat.ephemeralOwner).toBe(zk.session?.id);
    await zk.create("/modes/e", null, { mode: "ephemeral" });
    expect((await zk.getEphemerals("/modes")).sort()).toEqual([ephemeral.path, "/modes/e"].sort());
    expect(await zk.getEphemerals("/modes/e-")).toEqual([ephemeral.path]);
    await zk.create("/modes/c", null, { mode: "container" });
    await zk.create("/modes/t", null, { ttlMs: 600_000 });
    await zk.create("/modes/t-", null, { mode: "persistentSequential", ttlMs: 600_000 });
    const own = await zk.create("/modes/p-", "mine", {
      mode: "ephemeralSequential",
      protection: true,
    });
    expect(own.path).toMatch(/^\/modes\/_c_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-p-\d{10}$/);
    await zk.deleteRecursive("/modes");
  });

  test("errors have classes and paths", async () => {
    const zk = await bench().openDirectly();
    await zk.create("/errors", null, { mode: "ephemeral" });
    await zk.ensurePath("/full/child");
    const cases = [
      [zk.getData("/gone"), NoNodeError, "/gone"],
      [zk.create("/gone/child"), NoNodeError, "/gone/child"],
      [zk.create("/errors"), NodeExistsError, "/errors"],
      [zk.create("/errors/child"), NoChildrenForEphemeralsError, "/errors/child"],
      [zk.setData("/errors", "x", { version: 7 }), BadVersionError, "/errors"],
      [zk.delete("/full"), NotEmptyError, "/full"],
      [zk.create("/acl", null, { acl: [] }), InvalidACLError, "/acl"],
      [zk.setData("/errors", new Uint8Array(2 ** 20)), MarshallingError, "/errors"],
    ] as const;
    for (const [asked] of cases) asked.catch(() => {});
    for (const [asked, type, path] of cases) {
      await expect(asked).rejects.toBeInstanceOf(type);
      await expect(asked).rejects.toMatchObject({ path, outcome: "notApplied" });
    }
    expect(zk.state).toBe("connected");
    await zk.deleteRecursive("/full");
  });

  test("large data, in both directions", async () => {
    const zk = await bench().openDirectly();
    const data = Uint8Array.from({ length: 1_000_000 }, (_, index) => index % 251);
    await zk.create("/large", data);
    const read = await Promise.all(Array.from({ length: 8 }, () => zk.getData("/large")));
    for (const each of read) expect(Buffer.compare(each.data ?? new Uint8Array(0), data)).toBe(0);
    await zk.delete("/large");
  });

  test("ACLs and identities", async () => {
    const credential = { scheme: "digest", auth: "anna:secret" };
    const owner = await bench().openDirectly({ auth: [credential] });
    const stranger = await bench().openDirectly();
    const acl = [{ perms: Perms.all, id: { scheme: "auth", id: "" } }];
    await owner.create("/private", "x", { acl });
    await expect(stranger.getData("/private")).rejects.toBeInstanceOf(NoAuthError);
    const known = await owner.getACL("/private");
    expect(known.acl).toMatchObject([{ perms: 31, id: { scheme: "digest" } }]);
    expect(known.acl[0]?.id.id).toMatch(/^anna:/);
    await stranger.addAuth("digest", "anna:secret");
    expect((await stranger.getData("/private")).stat.version).toBe(0);
    const open = [{ perms: Perms.read, id: { scheme: "world", id: "anyone" } }];
    expect((await owner.setACL("/private", open, { version: 0 })).aversion).toBe(1);
    expect(await owner.whoAmI()).toContainEqual({ authScheme: "digest", user: "anna" });
    await owner.delete("/private");
  });

  test("a refused identity is the end of the client", async () => {
    const zk = await bench().openDirectly();
    await expect(zk.addAuth("nobody-knows-this", "x")).rejects.toBeInstanceOf(AuthFailedError);
    expect(zk.state).toBe("authFailed");
    await expect(zk.exists("/")).rejects.toBeInstanceOf(AuthFailedError);
  });

  test("transactions, all or nothing", async () => {
    const zk = await bench().openDirectly();
    const [created, , , stat] = await zk
      .transaction()
      .create("/tx", "1")
      .create("/tx/ttl", null, { ttlMs: 600_000 })
      .create("/tx/container", null, { mode: "container" })
      .setData("/tx", "2")
      .check("/tx", 1)
      .commit();
    expect(created.path).toBe("/tx");
    expect(stat).toMatchObject({ version: 1, czxid: created.czxid });
    expect((await zk.exists("/tx"))?.czxid).toBe(created.czxid);
    const failing = zk.transaction().delete("/tx/ttl").check("/tx", 7).create("/tx/more").commit();
    await expect(failing).rejects.toBeInstanceOf(TransactionError);
    await expect(failing).rejects.toMatchObject({
      index: 1,
      code: -103,
      cause: expect.objectContaining({ path: "/tx" }) as unknown,
    });
    expect((await zk.getChildren("/tx")).children.sort()).toEqual(["container", "ttl"]);
    await zk.transaction().add({ type: "check", path: "/tx", version: -1 }).commit();
    expect(await zk.transaction().commit()).toEqual([]);
    await zk.deleteRecursive("/tx");
  });

  test("several reads in one request", async () => {
    const zk = await bench().openDirectly();
    await zk.ensurePath("/multi/child");
    await zk.setData("/multi", "x");
    const [data, children, missing] = await zk.multiRead([
      { type: "getData", path: "/multi" },
      { type: "getChildren", path: "/multi" },
      { type: "getData", path: "/gone" },
    ]);
    expect(data).toMatchObject({ data: new Uint8Array([120]), stat: { version: 1 } });
    expect(children).toEqual(["child"]);
    expect(missing).toBeInstanceOf(NoNodeError);
    await zk.deleteRecursive("/multi");
  });

  test("a chroot is the whole tree", async () => {
    const outside = await bench().openDirectly();
    await outside.ensurePath("/inside");
    const inside = await bench().openDirectly({ chroot: "/inside" });
    await inside.create("/a", null, { mode: "ephemeral" });
    expect(await outside.exists("/inside/a")).toBeDefined();
    expect(await inside.getEphemerals()).toEqual(["/a"]);
    expect((await inside.getChildren("/")).children).toEqual(["a"]);
    await inside.getConfig();
    await inside.delete("/a");
    await outside.delete("/inside");
  });

  test("closing ends the session and its ephemerals", async () => {
    const zk = await bench().openDirectly();
    const other = await bench().openDirectly();
    await zk.create("/closing", null, { mode: "ephemeral" });
    const last = zk.setData("/closing", "done");
    await zk.close();
    expect((await last).version).toBe(1);
    expect(await other.exists("/closing")).toBeUndefined();
    await expect(zk.exists("/")).rejects.toSatisfy(isSessionFatal);
  });
}

function describeWatches(bench: () => Bench): void {
  test("one-shot watches tell of one change", async () => {
    const [zk, other] = [await bench().openDirectly(), await bench().openDirectly()];
    const { promise, resolve } = Promise.withResolvers<NodeEvent | SessionLostEvent>();
    expect(await zk.exists("/w", { watch: resolve })).toBeUndefined();
    await other.create("/w");
    expect(await soon("created", promise)).toMatchObject({ type: "NodeCreated", path: "/w" });
    const events: string[] = [];
    const told = new Condition();
    const watch = (event: NodeEvent | SessionLostEvent): void => {
      events.push(event.type);
      told.changed();
    };
    await zk.getData("/w", { watch });
    await zk.getChildren("/w", { watch });
    await other.setData("/w", "1");
    await other.setData("/w", "2");
    await other.create("/w/child");
    await told.wait("both", () => (events.length === 2 ? true : undefined));
    await other.deleteRecursive("/w");
    await zk.sync("/");
    expect(events).toEqual(["NodeDataChanged", "NodeChildrenChanged"]);
  });

  test("streams tell of everything, in order, before any reply that shows it", async () => {
    const [zk, other] = [await bench().openDirectly(), await bench().openDirectly()];
    const narrow = zk.watch("/s");
    const wide = zk.watch("/s", { recursive: true });
    expect([await narrow.next(), await wide.next()]).toMatchObject([
      { value: { type: "Resync" } },
      { value: { type: "Resync" } },
    ]);
    await other.create("/s");
    await other.create("/s/a");
    await other.setData("/s/a", "1");
    await other.delete("/s/a");
    await other.delete("/s");
    await zk.sync("/");
    expect(await take(wide, 5)).toEqual([
      "NodeCreated /s",
      "NodeCreated /s/a",
      "NodeDataChanged /s/a",
      "NodeDeleted /s/a",
      "NodeDeleted /s",
    ]);
    expect(await take(narrow, 4)).toEqual([
      "NodeCreated /s",
      "NodeChildrenChanged /s",
      "NodeChildrenChanged /s",
      "NodeDeleted /s",
    ]);
    await wide.return();
    await narrow.return();
    await zk.sync("/");
  });

  test("a one-shot watch does not end a stream at the same path, nor the other way around", async () => {
    const [zk, other] = [await bench().openDirectly(), await bench().openDirectly()];
    await other.create("/both");
    const stream = zk.watch("/both");
    await stream.next();
    const first = Promise.withResolvers<NodeEvent | SessionLostEvent>();
    await zk.getData("/both", { watch: first.resolve });
    await other.setData("/both", "1");
    await other.setData("/both", "2");
    expect(await take(stream, 2)).toEqual(["NodeDataChanged /both", "NodeDataChanged /both"]);
    expect((await first.promise).type).toBe("NodeDataChanged");
    const second = Promise.withResolvers<NodeEvent | SessionLostEvent>();
    await zk.getData("/both", { watch: second.resolve });
    await stream.return();
    await zk.sync("/");
    await other.delete("/both");
    expect((await soon("the one-shot watch", second.promise)).type).toBe("NodeDeleted");
  });
}

async function take(
  stream: AsyncIterator<NodeEvent | ResyncEvent, undefined>,
  count: number,
): Promise<string[]> {
  const events: string[] = [];
  while (events.length < count) {
    const { value } = await soon(`event ${events.length}`, stream.next());
    events.push(`${value?.type} ${value?.path}`);
  }
  return events;
}

function statesOf(zk: ZooKeeper): { changes: StateChange[]; until: Condition } {
  const changes: StateChange[] = [];
  const until = new Condition();
  zk.on("state", (change) => {
    changes.push(change);
    until.changed();
  });
  return { changes, until };
}

function describeFailures(bench: () => Bench): void {
  test("a cut connection costs neither the session nor its ephemerals nor its watches", async () => {
    const { zk, proxy } = await bench().open();
    const other = await bench().openDirectly();
    const { session } = zk;
    await zk.create("/cut", null, { mode: "ephemeral" });
    const { promise, resolve } = Promise.withResolvers<NodeEvent | SessionLostEvent>();
    await zk.getData("/cut", { watch: resolve });
    const stream = zk.watch("/cut");
    expect(await take(stream, 1)).toEqual(["Resync /cut"]);
    const { changes } = statesOf(zk);
    proxy.mode = "refuse";
    proxy.cut();
    await eventually("suspended", () => (zk.state === "suspended" ? true : undefined));
    // Changed while nobody can be told: the one-shot watch hears of it, the stream hears that it may have missed something.
    await other.setData("/cut", "meanwhile");
    proxy.mode = "pass";
    expect((await soon("the missed event", promise)).type).toBe("NodeDataChanged");
    expect(await take(stream, 2)).toEqual(["NodeDataChanged /cut", "Resync /cut"]);
    expect(zk.session).toBe(session);
    expect((await zk.exists("/cut"))?.ephemeralOwner).toBe(session?.id);
    expect(changes.map(({ state }) => state)).toEqual(["suspended", "connected"]);
    await other.setData("/cut", "again");
    expect(await take(stream, 1)).toEqual(["NodeDataChanged /cut"]);
    await zk.delete("/cut");
  });

  test("identities are proven again after a reconnect", async () => {
    const { zk, proxy } = await bench().open({ auth: [{ scheme: "digest", auth: "anna:secret" }] });
    await zk.addAuth("digest", "bert:secret");
    for (let i = 0; i < 5; i++) {
      proxy.cut();
      const users = (await zk.whoAmI()).map(({ user }) => user);
      expect(users).toEqual(expect.arrayContaining(["anna", "bert"]));
    }
  });

  test("replies are neither lost, doubled nor mixed up under cuts", async () => {
    const { zk, proxy } = await bench().open();
    const names = Array.from({ length: 50 }, (_, index) => `n${index}`);
    await zk.create("/mix");
    await Promise.all(names.map((name) => zk.create(`/mix/${name}`, name)));
    const counts = { read: 0, known: 0, unknown: 0 };
    const readers = names.map(async (name) => {
      for (let i = 0; i < 20; i++) {
        const { data } = await zk.getData(`/mix/${name}`);
        expect(new TextDecoder().decode(data ?? undefined)).toBe(name);
        counts.read++;
      }
    });
    const over = new AbortController();
    const writer = (async () => {
      await zk.create("/mix/counter");
      while (!over.signal.aborted) {
        try {
          await zk.setData("/mix/counter", "x");
          counts.known++;
        } catch (error) {
          expect(error).toMatchObject({ name: "ConnectionLossError", outcome: "unknown" });
          counts.unknown++;
        }
      }
    })();
    const cutter = (async () => {
      for (let i = 0; i < 10; i++) {
        const { known } = counts;
        await eventually("progress", () => (counts.known > known + 3 ? true : undefined));
        proxy.cut();
      }
    })();
    await soon("the readers", Promise.all(readers), 60_000);
    await cutter;
    over.abort();
    await writer;
    expect(counts.read).toBe(1_000);
    const version = (await zk.exists("/mix/counter"))?.version ?? 0;
    expect(version).toBeGreaterThanOrEqual(counts.known);
    expect(version).toBeLessThanOrEqual(counts.known + counts.unknown);
    expect(proxy.accepted).toBeGreaterThanOrEqual(10);
    await zk.deleteRecursive("/mix");
  });

  test("a protected create happens once, however often the connection is cut", async () => {
    const { zk, proxy } = await bench().open();
    await zk.create("/once");
    const mode = "ephemeralSequential";
    const created: string[] = [];
    for (let i = 0; i < 30; i++) {
      const cut = zk.exists("/once").then(() => proxy.cut());
      const [{ path }] = await Promise.all([
        zk.create("/once/x-", null, { mode, protection: true }),
        cut,
      ]);
      created.push(path);
    }
    const { children } = await zk.getChildren("/once");
    expect(children.map((name) => `/once/${name}`).sort()).toEqual(created.sort());
    await zk.deleteRecursive("/once");
  });

  test("a large set of watches is set again", async () => {
    const { zk, proxy } = await bench().open();
    const other = await bench().openDirectly();
    const name = "w".repeat(200);
    const paths = Array.from({ length: 3_000 }, (_, index) => `/many/${name}${index}`);
    await zk.create("/many");
    const told = new Map<string, number>();
    const changed = new Condition();
    const watch = ({ path }: { path: string }): void => {
      told.set(path, (told.get(path) ?? 0) + 1);
      changed.changed();
    };
    await Promise.all(paths.map((path) => zk.exists(path, { watch })));
    for (let i = 0; i < 3; i++) {
      proxy.cut();
      await zk.sync("/");
    }
    await Promise.all(paths.map((path) => other.create(path)));
    await changed.wait("all events", () => (told.size === paths.length ? true : undefined));
    await zk.sync("/");
    expect(Math.max(...told.values())).toBe(1);
    await other.deleteRecursive("/many");
  });

  test("silence ends in time: lost is said when the deadline passes, and a new session begins", async () => {
    const { sessionTimeoutMs } = bench().target;
    const { zk, proxy } = await bench().open({ sessionTimeoutMs });
    const other = await bench().openDirectly();
    const { session } = zk;
    await zk.create("/silent", null, { mode: "ephemeral" });
    const stream = zk.watch("/silent");
    await stream.next();
    const { changes, until } = statesOf(zk);
    proxy.mode = "silence";
    const deadlineMs = session?.deadlineMs ?? 0;
    await until.wait("lost", () => (zk.state === "lost" ? true : undefined));
    // Heartbeats that were under way may have moved it a little.
    const lateMs = performance.now() - (session?.deadlineMs ?? 0);
    expect(session?.deadlineMs).toBeGreaterThanOrEqual(deadlineMs);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    // How exactly is for tests that have the clock in their hands; here it must not take another timeout.
    expect(lateMs).toBeLessThan(sessionTimeoutMs);
    expect(session?.signal.reason).toBeInstanceOf(SessionExpiredError);
    await expect(stream.next()).rejects.toBeInstanceOf(SessionExpiredError);
    proxy.cut();
    proxy.mode = "pass";
    const next = await zk.whenConnected();
    expect(next).not.toBe(session);
    expect(next.id).not.toBe(session?.id);
    expect(changes.map(({ state }) => state)).toEqual(["suspended", "lost", "connected"]);
    const gone = await eventually("the ephemeral is gone", async () =>
      (await other.exists("/silent")) === undefined ? true : undefined,
    );
    expect(gone).toBe(true);
    await zk.create("/silent", null, { mode: "ephemeral", session: next });
    await expect(
      zk.create("/other", null, { session: session as NonNullable<typeof session> }),
    ).rejects.toBeInstanceOf(SessionExpiredError);
  });

  test("an idle session is kept alive by heartbeats", async () => {
    const { sessionTimeoutMs } = bench().target;
    const zk = await bench().openDirectly({ sessionTimeoutMs });
    await zk.create("/idle", null, { mode: "ephemeral" });
    const { changes } = statesOf(zk);
    const endMs = performance.now() + 1.5 * sessionTimeoutMs;
    const other = await bench().openDirectly();
    await eventually("time", async () => {
      expect(await other.exists("/idle")).toBeDefined();
      expect(zk.session?.remainingMs).toBeGreaterThan(0);
      return performance.now() > endMs ? true : undefined;
    });
    expect(changes).toEqual([]);
  });

  test("every failure says what is known", async () => {
    const { zk, proxy } = await bench().open();
    await zk.create("/known");
    const writes = Array.from({ length: 200 }, () => zk.setData("/known", "x"));
    const settled = Promise.allSettled(writes);
    await writes[0];
    proxy.cut();
    let known = 0;
    let unknown = 0;
    for (const result of await settled) {
      if (result.status === "fulfilled") known++;
      else {
        expect(result.reason).toBeInstanceOf(ZooKeeperError);
        expect(result.reason).toMatchObject({ outcome: "unknown", path: "/known" });
        unknown++;
      }
    }
    const version = (await zk.exists("/known"))?.version ?? 0;
    expect(version).toBeGreaterThanOrEqual(known);
    expect(version).toBeLessThanOrEqual(known + unknown);
    await zk.delete("/known");
  });
}
