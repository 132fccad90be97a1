/** Leases: never more than allowed, in the order of asking, none left behind. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OperationTimeoutError, type ZooKeeper } from "../../../src/client/index.ts";
import { Lock, Semaphore } from "../../../src/recipes/index.ts";
import { ManualClock, TestServer } from "../../../src/testing/index.ts";
import { ContentionRun, seeds } from "./support/contention.ts";
import { pending, settle } from "./support/pending.ts";

const PATH = "/semaphores/a";

let server: TestServer<ManualClock>;
let a: ZooKeeper;
let b: ZooKeeper;

beforeEach(async () => {
  server = new TestServer({ clock: new ManualClock() });
  a = await server.connect();
  b = await server.connect();
});
afterEach(async () => server.close());

/** The leases and places in the line that there are. */
function znodes(): string[] {
  return server.paths(PATH).filter((path) => /\d{10}$/.test(path));
}

function count(leases: number): Uint8Array {
  return Uint8Array.of(0, 0, 0, leases);
}

describe("a semaphore", () => {
  it("gives so many leases and no more, in order", async () => {
    const semaphore = new Semaphore(a, PATH, { leases: 2 });
    const first = await semaphore.acquire();
    const second = await new Semaphore(b, PATH, { leases: 2 }).acquire();
    expect(first.path).toMatch(/\/leases\/_c_[-0-9a-f]{36}-lease-\d{10}$/);
    const third = await pending(server, semaphore.acquire());
    const fourth = await pending(server, semaphore.acquire());
    await second.release();
    await settle(server);
    expect(third.value).toBeDefined();
    expect(fourth).toEqual({});
    await third.value?.release();
    await settle(server);
    expect(fourth.value).toBeDefined();
  });

  it("takes two round trips, and leaves the line behind itself", async () => {
    const semaphore = new Semaphore(a, PATH, { leases: 1 });
    await (await semaphore.acquire()).release();
    const { requests } = server.counters;
    const held = await semaphore.acquire();
    await settle(server);
    expect(znodes()).toEqual([held.path]);
    // Creating and listing, twice; leaving the line.
    expect(server.counters.requests - requests).toBe(5);
  });

  it("wakes one of many who wait", async () => {
    const semaphore = new Semaphore(a, PATH, { leases: 1 });
    const held = await semaphore.acquire();
    for (let index = 0; index < 8; index++) {
      const zk = await server.connect();
      await pending(server, new Semaphore(zk, PATH, { leases: 1 }).acquire());
    }
    const { events } = server.counters;
    await held.release();
    await settle(server);
    // The head of the line learns of the lease, the next one that the head has left, and the old head, who was looking
    // until the end, of the next one's lease: however many there are.
    expect(server.counters.events - events).toBe(3);
  });

  it("is tried without waiting, and leaves nothing when that fails", async () => {
    const semaphore = new Semaphore(a, PATH, { leases: 1 });
    const held = await semaphore.tryAcquire();
    expect(await semaphore.tryAcquire()).toBeUndefined();
    await settle(server);
    expect(znodes()).toEqual([held?.path]);
  });

  it("leaves nothing when a wait for a lease is given up (CURATOR-462)", async () => {
    const semaphore = new Semaphore(a, PATH, { leases: 1 });
    const held = await semaphore.acquire();
    const head = await pending(server, semaphore.acquire({ timeoutMs: 100 }));
    const second = await pending(server, semaphore.acquire({ timeoutMs: 200 }));
    expect(znodes()).toHaveLength(4);
    await server.clock.advance(200);
    expect([head.error, second.error]).toEqual([
      expect.any(OperationTimeoutError),
      expect.any(OperationTimeoutError),
    ]);
    expect(znodes()).toEqual([held.path]);
  });

  it("leaves no lease when the reply to its creation was lost, and the wait given up", async () => {
    const semaphore = new Semaphore(a, PATH, { leases: 1 });
    await (await semaphore.acquire()).release();
    const line = new Lock(b, `${PATH}/locks`);
    const blocking = await line.acquire();
    const waiting = await pending(server, semaphore.acquire({ timeoutMs: 1_000 }));
    void server.loseConnection(a, { operation: "create", requests: "applied" });
    await blocking.release();
    server.stop();
    await server.clock.advance(2_000);
    expect(waiting.error).toBeInstanceOf(OperationTimeoutError);
    server.start();
    await server.clock.advance(3_000);
    expect(a.state).toBe("connected");
    expect(znodes()).toEqual([]);
  });

  it("adds its lease again when somebody has deleted it", async () => {
    const semaphore = new Semaphore(a, PATH, { leases: 1 });
    const held = await semaphore.acquire();
    const second = await pending(server, semaphore.acquire());
    for (const path of server.paths(`${PATH}/leases`).slice(1)) {
      if (path !== held.path) await b.delete(path);
    }
    await settle(server);
    expect(second).toEqual({});
    await held.release();
    await settle(server);
    expect(znodes()).toContain(second.value?.path);
  });

  it("lets go of leases when the session is lost", async () => {
    await new Semaphore(a, PATH, { leases: 1 }).acquire();
    const waiting = await pending(server, new Semaphore(b, PATH, { leases: 1 }).acquire());
    server.expireSession(a);
    await settle(server);
    expect(waiting.value).toBeDefined();
  });

  it("has as many leases as a znode says, from when it says so", async () => {
    const semaphore = new Semaphore(a, PATH, { leases: { path: "/count" } });
    const first = await pending(server, semaphore.acquire());
    await b.create("/count", count(1));
    await settle(server);
    expect(first.value).toBeDefined();
    const second = await pending(server, semaphore.acquire());
    await b.setData("/count", count(2));
    await settle(server);
    expect(second.value).toBeDefined();
    await b.setData("/count", count(1));
    await first.value?.release();
    expect(await semaphore.tryAcquire()).toBeUndefined();
    expect(second.value?.signal.aborted).toBe(false);
  });
});

describe("a semaphore that eight clients contend for", () => {
  it.each(seeds)("never gives more leases than there are (seed %i)", async (seed) => {
    const run = new ContentionRun(seed);
    let most = 0;
    await run.play(async (worker) => {
      const { zk, random, sleep } = worker;
      const timeoutMs = random.below(4) === 0 ? random.below(500) : undefined;
      const held = await new Semaphore(zk, "/semaphore", { leases: 3 }).acquire({ timeoutMs });
      run.enter(held, worker, "lease", () => true);
      most = Math.max(most, run.holders);
      await sleep(random.below(100));
      await held.release();
    });
    expect(most).toBe(3);
    expect(run.finished.every((rounds) => rounds > 0)).toBe(true);
    const left = run.server.paths("/semaphore").filter((path) => /\d{10}$/.test(path));
    expect(left).toEqual([]);
    await run.server.close();
  });
});
