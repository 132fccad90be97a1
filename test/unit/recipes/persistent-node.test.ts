import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  ConnectionClosedError,
  NoAuthError,
  OperationTimeoutError,
  Perms,
  RequestAbortedError,
  type ZooKeeper,
} from "../../../src/client/index.ts";
import { PersistentNode } from "../../../src/recipes/index.ts";
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

async function ownerOf(path: string): Promise<bigint | undefined> {
  return (await other.exists(path))?.ephemeralOwner;
}

async function textOf(path: string): Promise<string> {
  return new TextDecoder().decode((await other.getData(path)).data ?? undefined);
}

/** Ends the client's session for the client, while the server keeps it; gives the time when it can be reached again. */
async function loseSessionHereOnly(client: ZooKeeper): Promise<number> {
  const lost = server.loseConnection(client, { operation: "close" });
  server.stop();
  await until(clock, () => client.state === "lost");
  server.start();
  const startedMs = clock.now();
  await settled(clock, lost);
  await until(clock, () => other.state === "connected");
  return startedMs;
}

describe("creation", () => {
  it("makes an ephemeral with its data, and deletes it when closed", async () => {
    const node = new PersistentNode(zk, "/a", "data");
    await node.start();
    expect(node.isPresent).toBe(true);
    expect(await ownerOf("/a")).toBe(zk.session?.id);
    expect(await textOf("/a")).toBe("data");
    await node.close();
    expect(node.isPresent).toBe(false);
    expect(server.paths()).toEqual([]);
  });

  it("costs two requests, which leave together", async () => {
    const before = server.counters.requests;
    await new PersistentNode(zk, "/a").start();
    expect(server.counters.requests - before).toBe(2);
  });

  it("makes parents that go when they are empty", async () => {
    const node = new PersistentNode(zk, "/a/b/c");
    await node.start();
    expect(server.paths()).toEqual(["/a", "/a/b", "/a/b/c"]);
    await node.close();
    await until(clock, () => server.paths().length === 0);
  });

  it.each(["dropped", "applied"] as const)(
    "is done once when the connection is lost and requests are %s",
    async (requests) => {
      const lost = server.loseConnection(zk, { operation: "create", requests });
      const node = new PersistentNode(zk, "/a", "data");
      await settled(clock, node.start());
      await lost;
      expect(await ownerOf("/a")).toBe(zk.session?.id);
      expect(await textOf("/a")).toBe("data");
      const root = await other.getChildren("/");
      expect(root.stat.cversion).toBe(0);
    },
  );

  it("fails with the first error, and is closed then", async () => {
    const acl = [{ perms: Perms.read, id: { scheme: "world", id: "anyone" } }];
    await other.create("/p", null, { acl });
    const node = new PersistentNode(zk, "/p/a");
    await expect(settled(clock, node.start())).rejects.toThrow(NoAuthError);
    const before = server.counters.requests;
    await clock.advance(3_000);
    expect(server.counters.requests).toBe(before);
  });

  it("leaves nothing when it is aborted with its outcome unknown", async () => {
    server.pause(zk);
    const controller = new AbortController();
    const node = new PersistentNode(zk, "/a");
    const starting = node.start({ signal: controller.signal });
    await clock.advance(0);
    controller.abort();
    await expect(starting).rejects.toThrow(RequestAbortedError);
    server.resume(zk);
    await settled(clock, node.close());
    expect(server.paths()).toEqual([]);
    expect(server.lastZxid).toBeGreaterThan(0);
  });

  it("fails when the client is closed", async () => {
    await other.create("/a");
    const starting = new PersistentNode(zk, "/a").start();
    await clock.advance(0);
    await zk.close();
    await expect(settled(clock, starting)).rejects.toThrow(ConnectionClosedError);
  });
});

describe("coming back", () => {
  it("is created again in the next session", async () => {
    const node = new PersistentNode(zk, "/a", "data");
    const told: string[] = [];
    node.on("present", () => told.push("present"));
    node.on("absent", () => told.push("absent"));
    await node.start();
    server.expireSession(zk);
    await until(clock, () => told.length === 3);
    expect(told).toEqual(["present", "absent", "present"]);
    expect(await ownerOf("/a")).toBe(zk.session?.id);
    expect(await textOf("/a")).toBe("data");
  });

  it("is created again when somebody deletes it, but not when its data are changed", async () => {
    const node = new PersistentNode(zk, "/a", "data");
    await node.start();
    await other.setData("/a", "theirs");
    await clock.advance(100);
    expect(await textOf("/a")).toBe("theirs");
    await other.delete("/a");
    await until(clock, () => server.paths().length === 1);
    expect(await textOf("/a")).toBe("data");
    expect(node.isPresent).toBe(true);
  });

  it("is created again when it was deleted while the client was away", async () => {
    await new PersistentNode(zk, "/a").start();
    server.pause(zk);
    await other.delete("/a");
    void server.loseConnection(zk);
    server.resume(zk);
    await until(clock, () => server.paths().length === 1);
    expect(await ownerOf("/a")).toBe(zk.session?.id);
  });

  it("counts as present while suspended, and writes nothing when it was not missed", async () => {
    const node = new PersistentNode(zk, "/a");
    await node.start();
    const zxid = server.lastZxid;
    void server.loseConnection(zk);
    await until(clock, () => zk.state === "suspended");
    expect(node.isPresent).toBe(true);
    await until(clock, () => zk.state === "connected");
    await clock.advance(100);
    expect(server.lastZxid).toBe(zxid);
  });

  it("replaces what an own session has left that is lost here, but alive on the server", async () => {
    const node = new PersistentNode(zk, "/a", "data");
    await node.start();
    const old = zk.session;
    const startedMs = await loseSessionHereOnly(zk);
    await until(clock, () => node.isPresent);
    // Long before the server ends the old session.
    expect(clock.now() - startedMs).toBeLessThan(1_000);
    expect(zk.session).not.toBe(old);
    expect(await ownerOf("/a")).toBe(zk.session?.id);
    // The old session's end, at its timeout, must not concern it.
    const zxid = (await other.exists("/a"))?.czxid;
    await clock.advance(60_000);
    expect((await other.exists("/a"))?.czxid).toBe(zxid);
  });
});

describe("another client's znode at its path", () => {
  it("is waited for, and never taken for its own", async () => {
    await other.create("/a", "theirs", { mode: "ephemeral" });
    const node = new PersistentNode(zk, "/a", "ours");
    const starting = node.start();
    await clock.advance(1_000);
    expect(node.isPresent).toBe(false);
    expect(await textOf("/a")).toBe("theirs");
    server.expireSession(other);
    await settled(clock, starting);
    await until(clock, () => other.state === "connected");
    expect(await textOf("/a")).toBe("ours");
  });

  it("is left alone after a timeout", async () => {
    await other.create("/a", "theirs");
    const node = new PersistentNode(zk, "/a");
    const starting = node.start({ timeoutMs: 500 });
    await expect(settled(clock, starting)).rejects.toThrow(OperationTimeoutError);
    await other.delete("/a");
    await clock.advance(1_000);
    expect(server.paths()).toEqual([]);
  });

  it("is replaced at once by one that takes over", async () => {
    await other.create("/a", "theirs", { mode: "ephemeral" });
    const node = new PersistentNode(zk, "/a", "ours", { takeOver: true });
    await node.start();
    expect(await ownerOf("/a")).toBe(zk.session?.id);
    expect(await textOf("/a")).toBe("ours");
  });

  it("stays with the last one that takes over", async () => {
    const first = new PersistentNode(other, "/a", "first", { takeOver: true });
    await first.start();
    const second = new PersistentNode(zk, "/a", "second", { takeOver: true });
    await second.start();
    await until(clock, () => !first.isPresent);
    const zxid = server.lastZxid;
    await clock.advance(10_000);
    expect(server.lastZxid).toBe(zxid);
    expect(await textOf("/a")).toBe("second");
    await second.close();
    await until(clock, () => first.isPresent);
  });

  it("is replaced once when the reply is lost", async () => {
    await other.create("/a", "theirs", { mode: "ephemeral" });
    const lost = server.loseConnection(zk, { operation: "transaction", requests: "applied" });
    const node = new PersistentNode(zk, "/a", "ours", { takeOver: true });
    await settled(clock, node.start());
    await lost;
    expect(await ownerOf("/a")).toBe(zk.session?.id);
    expect(await textOf("/a")).toBe("ours");
  });
});

describe("its data", () => {
  it("are written, and are those of the next session", async () => {
    const node = new PersistentNode(zk, "/a", "1");
    await node.start();
    node.setData("2");
    await clock.advance(0);
    expect(await textOf("/a")).toBe("2");
    const absent = new Promise<void>((resolve) => {
      node.on("absent", () => {
        node.setData("3");
        resolve();
      });
    });
    server.expireSession(zk);
    await settled(clock, absent);
    await until(clock, () => node.isPresent);
    expect(await textOf("/a")).toBe("3");
  });

  it.each(["dropped", "applied"] as const)(
    "are written when the connection is lost and requests are %s",
    async (requests) => {
      const node = new PersistentNode(zk, "/a", "1");
      await node.start();
      const lost = server.loseConnection(zk, { operation: "setData", requests });
      node.setData("2");
      await clock.advance(0);
      await lost;
      node.setData("3");
      await until(clock, () => zk.state === "connected");
      await clock.advance(0);
      expect(await textOf("/a")).toBe("3");
    },
  );
});

describe("closing", () => {
  it.each(["dropped", "applied"] as const)(
    "deletes it when the connection is lost and requests are %s",
    async (requests) => {
      const node = new PersistentNode(zk, "/a");
      await node.start();
      const lost = server.loseConnection(zk, { operation: "delete", requests });
      await settled(clock, node.close());
      await lost;
      expect(server.paths()).toEqual([]);
    },
  );

  it("leaves another client's znode alone", async () => {
    const node = new PersistentNode(zk, "/a");
    await node.start();
    server.pause(zk);
    await other.delete("/a");
    await other.create("/a", "theirs");
    const closing = node.close();
    server.resume(zk);
    await settled(clock, closing);
    expect(await textOf("/a")).toBe("theirs");
  });
});

describe("eight clients with one name", () => {
  it.each([1, 2, 3])("never are two, whatever is lost (seed %i)", async (seed) => {
    const random = new SeededRandom(seed);
    const clients = await Promise.all(
      Array.from({ length: 8 }, () => server.connect({ sessionTimeoutMs: 4_000 })),
    );
    const nodes = clients.map((client) => new PersistentNode(client, "/a"));
    for (const node of nodes) node.start().catch(() => {});
    const holders = new Set<number>();
    for (let round = 0; round < 150; round++) {
      const client = clients[random.below(clients.length)];
      if (client === undefined) throw new Error("no client");
      const requests = random.next() < 0.5 ? "dropped" : "applied";
      const dice = random.next();
      if (dice < 0.3) void server.loseConnection(client, { requests });
      else if (dice < 0.5) void server.loseConnection(client, { operation: "create", requests });
      else if (dice < 0.7 && server.hasSession(client)) server.expireSession(client);
      else if (dice < 0.8) server.pause(client);
      else server.resume(client);
      await clock.advance(random.below(800));
      const owner = await ownerOf("/a");
      for (const [index, node] of nodes.entries()) {
        const session = clients[index]?.session;
        if (!node.isPresent || session === undefined) continue;
        if (!server.hasSession(clients[index] as ZooKeeper)) continue;
        holders.add(index);
        expect(owner).toBe(session.id);
      }
    }
    server.resume();
    await until(clock, () => nodes.filter((node) => node.isPresent).length === 1);
    expect(holders.size).toBeGreaterThan(3);
    await settled(clock, Promise.all(nodes.map((node) => node.close())));
    expect(server.paths()).toEqual([]);
  });
});
