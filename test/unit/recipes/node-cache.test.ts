import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  ConnectionClosedError,
  NoAuthError,
  OperationTimeoutError,
  Perms,
  type ZooKeeper,
} from "../../../src/client/index.ts";
import { type CachedNode, NodeCache } from "../../../src/recipes/index.ts";
import { ManualClock, SeededRandom, TestServer } from "../../../src/testing/index.ts";
import { settled, until } from "./support/progress.ts";

let clock: ManualClock;
let server: TestServer<ManualClock>;
let zk: ZooKeeper;
let other: ZooKeeper;

beforeEach(async () => {
  clock = new ManualClock();
  server = new TestServer({ clock });
  zk = await server.connect();
  other = await server.connect();
});

afterEach(() => server.close());

function textOf(node: CachedNode | undefined): string | undefined {
  return node && new TextDecoder().decode(node.data ?? undefined);
}

/** What a cache shows, from its start on. */
async function startRecorded(cache: NodeCache): Promise<(string | undefined)[]> {
  const seen: (string | undefined)[] = [];
  cache.on("change", (node) => seen.push(textOf(node)));
  await settled(clock, cache.start());
  return seen;
}

describe("a cached znode", () => {
  it("is followed from before its creation to after its deletion, and when it comes back", async () => {
    const cache = new NodeCache(zk, "/a");
    const seen = await startRecorded(cache);
    expect(cache.current).toBeUndefined();
    await other.create("/a", "1");
    await clock.advance(0);
    await other.setData("/a", "2");
    await clock.advance(0);
    expect(textOf(cache.current)).toBe("2");
    await other.delete("/a");
    await clock.advance(0);
    expect(cache.current).toBeUndefined();
    await other.create("/a", "3");
    await clock.advance(0);
    expect(seen).toEqual([undefined, "1", "2", undefined, "3"]);
  });

  it("costs one read for a change", async () => {
    await other.create("/a", "1");
    await new NodeCache(zk, "/a").start();
    const before = server.counters.requests;
    await other.setData("/a", "2");
    await clock.advance(0);
    expect(server.counters.requests - before).toBe(2);
  });

  it("is not read after a reconnect that missed nothing", async () => {
    await other.create("/a", "1");
    await new NodeCache(zk, "/a").start();
    const before = server.counters.requests;
    void server.loseConnection(zk);
    await until(clock, () => zk.state === "suspended");
    await until(clock, () => zk.state === "connected");
    await clock.advance(1_000);
    // The one that sets the watches again.
    expect(server.counters.requests - before).toBe(1);
  });

  it.each<[string, () => Promise<unknown>, string | undefined]>([
    ["a change", () => other.setData("/a", "2"), "2"],
    ["a deletion", () => other.delete("/a"), undefined],
    ["another one at its path", () => other.delete("/a").then(() => other.create("/a", "3")), "3"],
  ])("shows %s that was missed, after a reconnect", async (_name, change, text) => {
    await other.create("/a", "1");
    const cache = new NodeCache(zk, "/a");
    const seen = await startRecorded(cache);
    server.pause(zk);
    await change();
    void server.loseConnection(zk);
    await clock.advance(0);
    expect(textOf(cache.current)).toBe("1");
    server.resume(zk);
    await until(clock, () => seen.length === 2);
    expect(textOf(cache.current)).toBe(text);
  });

  it("is shown on while the session is lost, and followed in the next one", async () => {
    await other.create("/a", "1");
    const cache = new NodeCache(zk, "/a");
    const seen = await startRecorded(cache);
    server.expireSession(zk);
    // A server that is behind must not take it back: it has to catch up before it is read.
    await settled(clock, server.loseConnection(zk, { operation: "sync" }));
    await until(clock, () => zk.state === "connected");
    await clock.advance(0);
    expect(seen).toEqual(["1"]);
    await other.setData("/a", "2");
    await clock.advance(0);
    await other.setData("/a", "3");
    await clock.advance(0);
    expect(seen).toEqual(["1", "2", "3"]);
  });
});

describe("start", () => {
  it("fails when the znode may not be read", async () => {
    const acl = [{ perms: Perms.write, id: { scheme: "world", id: "anyone" } }];
    await other.create("/a", "1", { acl });
    await expect(settled(clock, new NodeCache(zk, "/a").start())).rejects.toThrow(NoAuthError);
  });

  it("fails when it takes too long", async () => {
    server.pause(zk);
    const starting = new NodeCache(zk, "/a").start({ timeoutMs: 100 });
    await expect(settled(clock, starting)).rejects.toThrow(OperationTimeoutError);
  });
});

describe("errors later on", () => {
  it("are told, and the znode is read again when it may be", async () => {
    await other.create("/a", "1");
    const cache = new NodeCache(zk, "/a");
    const errors: unknown[] = [];
    cache.on("error", (error) => errors.push(error));
    await cache.start();
    const id = { scheme: "world", id: "anyone" };
    await other.setACL("/a", [{ perms: Perms.write | Perms.admin, id }]);
    await other.setData("/a", "2");
    server.expireSession(zk);
    await until(clock, () => errors.length === 2);
    expect(errors[0]).toBeInstanceOf(NoAuthError);
    expect(textOf(cache.current)).toBe("1");
    await other.setACL("/a", [{ perms: Perms.all, id }]);
    await until(clock, () => textOf(cache.current) === "2");
  });

  it("are no other listener's affair", async () => {
    await other.create("/a", "1");
    const cache = new NodeCache(zk, "/a");
    const uncaught: unknown[] = [];
    const listeners = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", (error) => uncaught.push(error));
    try {
      cache.on("change", () => {
        throw new Error("a listener's own");
      });
      const seen = await startRecorded(cache);
      await clock.advance(0);
      expect(seen).toEqual(["1"]);
      expect(uncaught).toHaveLength(1);
    } finally {
      for (const listener of listeners) process.on("uncaughtException", listener);
    }
  });
});

describe("values", () => {
  it("are the latest ones, until it is closed", async () => {
    const cache = new NodeCache(zk, "/a");
    await cache.start();
    const values = cache.values();
    expect((await values.next()).value).toBeUndefined();
    await other.create("/a", "1");
    await clock.advance(0);
    await other.setData("/a", "2");
    await clock.advance(0);
    const { value } = await values.next();
    expect(textOf(value ?? undefined)).toBe("2");
    const next = values.next();
    await cache.close();
    expect((await next).done).toBe(true);
  });

  it("end with the signal", async () => {
    const cache = new NodeCache(zk, "/a");
    await cache.start();
    const controller = new AbortController();
    const values = cache.values({ signal: controller.signal });
    await values.next();
    const next = values.next();
    controller.abort();
    expect((await next).done).toBe(true);
  });

  it("end with an error when the client is closed", async () => {
    const cache = new NodeCache(zk, "/a");
    await cache.start();
    const values = cache.values();
    await values.next();
    const next = values.next();
    await zk.close();
    await expect(next).rejects.toThrow(ConnectionClosedError);
  });
});

describe("whatever is lost", () => {
  it.each([1, 2, 3])("it never goes back, and shows the end (seed %i)", async (seed) => {
    const random = new SeededRandom(seed);
    const clients = await Promise.all(
      Array.from({ length: 8 }, () => server.connect({ sessionTimeoutMs: 4_000 })),
    );
    const caches = clients.map((client) => new NodeCache(client, "/a"));
    let changes = 0;
    const steps: { readonly from: number; readonly to: number }[] = [];
    for (const cache of caches) {
      let last = 0;
      cache.on("change", (node) => {
        changes++;
        if (node === undefined) return;
        steps.push({ from: last, to: node.stat.mzxid });
        last = node.stat.mzxid;
      });
      void cache.start();
    }
    for (let round = 0; round < 200; round++) {
      const client = clients[random.below(clients.length)];
      if (client === undefined) throw new Error("no client");
      const dice = random.next();
      if (dice < 0.2) void server.loseConnection(client);
      else if (dice < 0.3 && server.hasSession(client)) server.expireSession(client);
      else if (dice < 0.4) server.pause(client);
      else if (dice < 0.6) server.resume(client);
      else if ((await other.exists("/a")) === undefined) await other.create("/a");
      else if (dice < 0.9) await other.setData("/a", null);
      else await other.delete("/a");
      await clock.advance(random.below(300));
    }
    server.resume();
    const stat = await other.exists("/a");
    await until(clock, () => caches.every(({ current }) => current?.stat.mzxid === stat?.mzxid));
    expect(changes).toBeGreaterThan(100);
    expect(steps.filter(({ from, to }) => to <= from)).toEqual([]);
    await settled(clock, Promise.all(caches.map((cache) => cache.close())));
  });
});
