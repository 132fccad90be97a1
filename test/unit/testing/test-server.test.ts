/** What a test may do to the server of the testing kit, and what its clients then see. */
import { afterEach, describe, expect, it } from "vitest";
import {
  ConnectionLossError,
  NodeExistsError,
  type State,
  type ZooKeeper,
} from "../../../src/client/index.ts";
import { ManualClock, TestServer } from "../../../src/testing/index.ts";

let server: TestServer<ManualClock>;

async function open(sessionTimeoutMs = 10_000): Promise<ZooKeeper> {
  return await server.connect({ sessionTimeoutMs });
}

function statesOf(zk: ZooKeeper): State[] {
  const states: State[] = [];
  zk.on("state", ({ state }) => states.push(state));
  return states;
}

function start(options = {}): void {
  server = new TestServer({ clock: new ManualClock(), ...options });
}

afterEach(async () => server.close());

describe("a server that nothing is done to", () => {
  it("serves several clients from one tree", async () => {
    start();
    const [a, b] = [await open(), await open()];
    await a.create("/a", "1", { mode: "ephemeral" });
    expect((await b.getData("/a")).stat.ephemeralOwner).toBe(a.session?.id);
    await expect(b.create("/a")).rejects.toThrow(NodeExistsError);
    expect(server.paths()).toEqual(["/a"]);
    await a.close();
    expect(await b.exists("/a")).toBeUndefined();
  });

  it("counts requests and events", async () => {
    start();
    const zk = await open();
    const events: string[] = [];
    await zk.exists("/a", { watch: ({ type }) => events.push(type) });
    await zk.create("/a");
    await server.clock.advance(0);
    expect(events).toEqual(["NodeCreated"]);
    expect(server.counters).toEqual({ requests: 2, events: 1 });
  });

  it("knows a user by the digest of name and password", async () => {
    start();
    const zk = await open();
    await zk.addAuth("digest", "super:test");
    await zk.create("/a", null, { acl: [{ perms: 31, id: { scheme: "auth", id: "" } }] });
    const { acl } = await zk.getACL("/a");
    expect(acl[0]?.id).toEqual({ scheme: "digest", id: "super:D/InIHSb7yEEbrWz8b9l71RjZJU=" });
  });

  it("keeps a session alive by heartbeats", async () => {
    start();
    const zk = await open();
    const { session } = zk;
    await zk.create("/a", null, { mode: "ephemeral" });
    await server.clock.advance(600_000);
    expect(zk.session).toBe(session);
    expect(server.paths()).toEqual(["/a"]);
  });

  it("deletes containers that have lost their last child", async () => {
    start();
    const zk = await open();
    await zk.create("/c", null, { mode: "container" });
    await server.clock.advance(120_000);
    expect(server.paths()).toEqual(["/c"]);
    await zk.create("/c/a");
    await zk.delete("/c/a");
    await server.clock.advance(60_000);
    expect(server.paths()).toEqual([]);
  });

  it("deletes znodes whose time to live is over", async () => {
    start();
    const zk = await open();
    await zk.create("/t", null, { ttlMs: 90_000 });
    await server.clock.advance(60_000);
    expect(server.paths()).toEqual(["/t"]);
    await server.clock.advance(60_000);
    expect(server.paths()).toEqual([]);
  });
});

describe("a lost connection", () => {
  it("leaves the session, which the client resumes", async () => {
    start();
    const zk = await open();
    const states = statesOf(zk);
    const { session } = zk;
    await server.loseConnection(zk);
    await server.clock.advance(1_000);
    expect(states).toEqual(["suspended", "connected"]);
    expect(zk.session).toBe(session);
  });

  it.each(["dropped", "applied"] as const)("loses a create that was %s", async (requests) => {
    start();
    const [zk, other] = [await open(), await open()];
    const lost = server.loseConnection(zk, { operation: "create", requests });
    await zk.exists("/a");
    const error = await zk.create("/a").catch((reason: unknown) => reason);
    await lost;
    expect(error).toBeInstanceOf(ConnectionLossError);
    expect(error).toMatchObject({ outcome: "unknown" });
    expect((await other.exists("/a")) !== undefined).toBe(requests === "applied");
    await server.clock.advance(1_000);
    expect(zk.state).toBe("connected");
  });

  it.each(["dropped", "applied"] as const)("loses what is held, %s", async (requests) => {
    start();
    const zk = await open();
    server.pause(zk);
    const created = zk.create("/a").catch((reason: unknown) => reason);
    await server.clock.advance(0);
    expect(server.paths()).toEqual([]);
    await server.loseConnection(zk, { requests });
    expect(await created).toBeInstanceOf(ConnectionLossError);
    expect(server.paths()).toEqual(requests === "applied" ? ["/a"] : []);
  });

  it("is one of all clients when none is named", async () => {
    start();
    const states = [statesOf(await open()), statesOf(await open())];
    await server.loseConnection();
    await server.clock.advance(1_000);
    expect(states).toEqual([
      ["suspended", "connected"],
      ["suspended", "connected"],
    ]);
  });
});

describe("an expired session", () => {
  it("takes its ephemerals along at once, and the client finds out", async () => {
    start();
    const [zk, other] = [await open(), await open()];
    const states = statesOf(zk);
    const { session } = zk;
    await zk.create("/a", null, { mode: "ephemeral" });
    server.expireSession(zk);
    expect(await other.exists("/a")).toBeUndefined();
    expect(server.hasSession(zk)).toBe(false);
    await server.clock.advance(1_000);
    expect(session?.signal.aborted).toBe(true);
    expect(states).toEqual(["suspended", "lost", "connected"]);
    expect(server.hasSession(zk)).toBe(true);
  });
});

describe("a pause", () => {
  it("ends the session on both sides, on the client's first", async () => {
    start();
    const [zk, other] = [await open(), await open()];
    await zk.create("/a", null, { mode: "ephemeral" });
    const states = statesOf(zk);
    server.pause(zk);
    await server.clock.advance(9_999);
    expect(states).toEqual(["suspended"]);
    await server.clock.advance(1);
    expect(states).toEqual(["suspended", "lost"]);
    expect(await other.exists("/a")).toBeDefined();
    await server.clock.advance(2_000);
    expect(await other.exists("/a")).toBeUndefined();
    server.resume(zk);
    await server.clock.advance(10_000);
    expect(states).toEqual(["suspended", "lost", "connected"]);
  });

  it("delivers late what a connection sent before it was given up", async () => {
    start();
    const zk = await open();
    server.pause(zk);
    const created = zk.create("/late").catch((reason: unknown) => reason);
    await server.clock.advance(7_000);
    expect(await created).toMatchObject({ outcome: "unknown" });
    server.resume(zk);
    await server.clock.advance(0);
    expect(server.paths()).toEqual(["/late"]);
  });
});

describe("a server that is stopped and started", () => {
  it("keeps sessions and znodes, and gives those that were connected a fresh timeout", async () => {
    start();
    const zk = await open();
    const { session } = zk;
    await zk.create("/a", null, { mode: "ephemeral" });
    server.stop();
    await server.clock.advance(9_000);
    expect(zk.state).toBe("suspended");
    server.start();
    await server.clock.advance(500);
    expect(zk.state).toBe("connected");
    expect(zk.session).toBe(session);
    expect(server.paths()).toEqual(["/a"]);
  });

  it("may be down for longer than a client can know that it has a session", async () => {
    start();
    const zk = await open();
    await zk.create("/a", null, { mode: "ephemeral" });
    const states = statesOf(zk);
    server.stop();
    await server.clock.advance(60_000);
    server.start();
    expect(server.paths()).toEqual(["/a"]);
    await server.clock.advance(1_000);
    expect(states).toEqual(["suspended", "lost", "connected"]);
    expect(server.paths()).toEqual([]);
  });
});

describe("delays", () => {
  it("keep the order of a connection's messages", async () => {
    const delays = [5, 50, 0, 20, 1];
    start({ delayMs: () => delays[(delays.push(7) - 6) % 5] as number });
    const opening = open();
    await server.clock.advance(1_000);
    const zk = await opening;
    const order: number[] = [];
    for (let i = 0; i < 10; i++) {
      zk.setData("/", String(i)).then(
        () => order.push(i),
        () => order.push(-1),
      );
      await server.clock.advance(1);
    }
    await server.clock.advance(1_000);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe("real time", () => {
  it("is what a server has that nobody gave a clock", async () => {
    await using real = new TestServer();
    await using zk = await real.connect();
    const { stat } = await zk.create("/a");
    expect(Math.abs(stat.ctime.valueOf() - Date.now())).toBeLessThan(60_000);
    const expired = new Promise<void>((resolve) => {
      zk.on("state", ({ state }) => {
        if (state === "lost") resolve();
      });
    });
    real.expireSession(zk);
    await expired;
    start();
  });
});
