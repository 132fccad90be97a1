/**
 * Locks without a connection: who holds them, for how long, and who comes next.
 */
import { describe, expect, it } from "vitest";
import { Lock, ReadWriteLock, Semaphore } from "../../src/recipes/index.ts";
import type { AcquiredLock, Calls } from "../../src/services/call.ts";
import { Calling } from "./support/calls.ts";
import { connectTo } from "./support/client.ts";
import { advanceBy, TICK_MS, useClock } from "./support/clock.ts";
import { eventually } from "./support/connection.ts";
import { TestNamespace } from "./support/namespace.ts";

const PATH = "/locks/a";
const TTL_MS = 10_000;

useClock();

type Acquisition = Calls["acquireLock"]["gives"];

function lockOf(acquisition: Acquisition): AcquiredLock {
  if (!acquisition.acquired) throw new Error("the lock was not acquired");
  return acquisition.lock;
}

describe("locks by call", () => {
  it("are held by one at a time, with growing tokens", async () => {
    const calling = new Calling(new TestNamespace());
    const first = lockOf(
      await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS, holder: "first" }),
    );
    expect(first).toMatchObject({ path: PATH, ttlMs: TTL_MS });
    expect(first.validityMs).toBeGreaterThan(TTL_MS - 1_000);
    const second = await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS });
    expect(second).toMatchObject({
      acquired: false,
      ahead: 1,
      holders: [{ holder: "first", token: first.token }],
    });
    expect(await calling.ask("releaseLock", { lock: first.id })).toEqual({ released: true });
    const third = lockOf(await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS }));
    expect(third.token).toBeGreaterThan(first.token);
  });

  it("leave nothing of themselves behind when they are released, or were not acquired", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const { id } = lockOf(await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS }));
    await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS });
    expect(await namespace.rows("SELECT id FROM sessions")).toHaveLength(1);
    await calling.ask("releaseLock", { lock: id });
    expect(await namespace.rows("SELECT id FROM sessions")).toEqual([]);
    expect(await namespace.rows("SELECT path FROM ephemerals")).toEqual([]);
    expect(await calling.ask("releaseLock", { lock: id })).toEqual({ released: false });
    expect(await calling.failure("renewLock", { lock: id })).toMatchObject({ name: "notHeld" });
  });

  it("take one batch to acquire where nobody is, and four rows", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const { id } = lockOf(await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS }));
    await calling.ask("releaseLock", { lock: id });
    const before = await namespace.counters();
    await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS });
    const after = await namespace.counters();
    expect(after.batches - before.batches).toBe(1);
    // The session, the znode, its parent, and that it is the session's.
    expect(after.rowsWritten - before.rowsWritten).toBe(4);
  });

  it("cost no rows to be asked for again and again without waiting while they are held", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const { id } = lockOf(await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS }));
    const refused = await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS });
    const rows = await namespace.rowsWrittenBy(async () => {
      for (let i = 0; i < 5; i++) {
        const again = await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS });
        expect(again).toEqual({ ...refused, retryAfterMs: expect.any(Number) });
      }
    });
    expect(rows).toBe(0);
    await calling.ask("releaseLock", { lock: id });
    lockOf(await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS }));
  });

  it.each([
    ["exclusive", "exclusive", false],
    ["exclusive", "shared", false],
    ["shared", "exclusive", false],
    ["shared", "shared", true],
    [{ permits: 1 }, { permits: 1 }, false],
    [{ permits: 2 }, { permits: 2 }, true],
  ] as const)("held as %j are asked for as %j, twice: %j", async (held, mode, isAcquired) => {
    const calling = new Calling(new TestNamespace());
    const lock = { path: PATH, ttlMs: TTL_MS };
    // Somebody was refused, so that the second one looks first.
    lockOf(await calling.ask("acquireLock", { ...lock, mode: held }));
    const asked = await calling.ask("acquireLock", { ...lock, mode });
    expect(asked.acquired).toBe(isAcquired);
    const again = await calling.ask("acquireLock", { ...lock, mode });
    expect(again.acquired).toBe(isAcquired && typeof mode === "string");
  });

  it("are free when the ttl is over and one tick has passed, and not before", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const { id, validityMs } = lockOf(
      await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS }),
    );
    const heldUntilMs = Date.now() + validityMs;
    await namespace.passTo(heldUntilMs - 100);
    expect(await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS })).toMatchObject({
      acquired: false,
    });
    await namespace.passTo(heldUntilMs + TICK_MS);
    lockOf(await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS }));
    expect(await calling.failure("renewLock", { lock: id })).toMatchObject({ name: "notHeld" });
  });

  it("are held from the renewal on, also when the object has been reset since", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const { id, token } = lockOf(await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS }));
    advanceBy(TTL_MS - TICK_MS);
    const { lock } = await calling.ask("renewLock", { lock: id });
    expect(lock).toMatchObject({ path: PATH, token, ttlMs: TTL_MS });
    expect(lock.validityMs).toBeGreaterThanOrEqual(TTL_MS);
    const heldUntilMs = Date.now() + TTL_MS;
    await namespace.hibernate();
    await namespace.passTo(heldUntilMs - 100);
    expect(await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS })).toMatchObject({
      acquired: false,
    });
    await namespace.passTo(heldUntilMs + TICK_MS);
    lockOf(await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS }));
  });

  it("take another ttl when they are renewed", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const { id } = lockOf(await calling.ask("acquireLock", { path: PATH, ttlMs: 86_400_000 }));
    const { lock } = await calling.ask("renewLock", { lock: id, ttlMs: 1_000 });
    expect(lock).toMatchObject({ id, ttlMs: 1_000 });
    await namespace.passTo(Date.now() + 1_000 + TICK_MS);
    lockOf(await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS }));
  });

  it("go to those who wait, first come first served, whether by call or by socket", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    await using zk = await connectTo(namespace);
    const first = lockOf(await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS }));
    const order: string[] = [];
    const lineOf = (length: number): Promise<void> =>
      eventually(async () => {
        const { waiters } = await calling.ask("inspectLock", { path: PATH });
        expect(waiters).toHaveLength(length);
      });
    const waits = { path: PATH, ttlMs: TTL_MS, waitMs: 10_000 };
    const second = calling
      .ask("acquireLock", { ...waits, holder: "second" })
      .then((acquisition) => {
        order.push("second");
        return lockOf(acquisition);
      });
    await lineOf(1);
    const third = new Lock(zk, PATH, { id: "third" }).acquire().then((held) => {
      order.push("third");
      return held;
    });
    await lineOf(2);
    const fourth = calling
      .ask("acquireLock", { ...waits, holder: "fourth" })
      .then((acquisition) => {
        order.push("fourth");
        return lockOf(acquisition);
      });
    await lineOf(3);
    const { holders, waiters } = await calling.ask("inspectLock", { path: PATH });
    expect(holders.map(({ token }) => token)).toEqual([first.token]);
    expect(waiters.map(({ holder }) => holder)).toEqual(["second", "third", "fourth"]);
    await calling.ask("releaseLock", { lock: first.id });
    await calling.ask("releaseLock", { lock: (await second).id });
    const held = await third;
    expect(order).toEqual(["second", "third"]);
    await held.release();
    const { token } = await fourth;
    expect(token).toBeGreaterThan(held.token);
    expect(order).toEqual(["second", "third", "fourth"]);
  });

  it("exclude the holders of the recipe on the same path, and are excluded by them", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    await using zk = await connectTo(namespace);
    const lock = new Lock(zk, PATH, { id: "socket" });
    const held = await lock.acquire();
    expect(await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS })).toMatchObject({
      acquired: false,
      holders: [{ holder: "socket", token: held.token }],
      retryAfterMs: null,
    });
    await held.release();
    const { id, token } = lockOf(await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS }));
    expect(await lock.tryAcquire()).toBeUndefined();
    await calling.ask("releaseLock", { lock: id });
    await using again = await lock.acquire();
    expect(again.token).toBeGreaterThan(token);
  });

  it("are shared by those who read, with a ReadWriteLock on the same path", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    await using zk = await connectTo(namespace);
    const { read, write } = new ReadWriteLock(zk, PATH);
    const reading = await read.acquire();
    const shared = { path: PATH, ttlMs: TTL_MS, mode: "shared" } as const;
    const one = lockOf(await calling.ask("acquireLock", shared));
    const two = lockOf(await calling.ask("acquireLock", shared));
    expect(await calling.ask("inspectLock", { path: PATH, mode: "shared" })).toMatchObject({
      holders: [{ token: reading.token }, { token: one.token }, { token: two.token }],
      waiters: [],
    });
    expect(await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS })).toMatchObject({
      acquired: false,
    });
    expect(await write.tryAcquire()).toBeUndefined();
    await reading.release();
    for (const { id } of [one, two]) await calling.ask("releaseLock", { lock: id });
    await using writing = await write.acquire();
    expect(writing.token).toBeGreaterThan(two.token);
    expect(await calling.ask("acquireLock", shared)).toMatchObject({ acquired: false });
  });

  it("are permits, as many as there are, with a Semaphore on the same path", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    await using zk = await connectTo(namespace);
    const permit = { path: PATH, ttlMs: TTL_MS, mode: { permits: 2 } } as const;
    const one = lockOf(await calling.ask("acquireLock", permit));
    const semaphore = new Semaphore(zk, PATH, { leases: 2 });
    const lease = await semaphore.acquire();
    // Who holds a permit does not stand in the line any more.
    expect(
      await namespace.rows("SELECT path FROM ephemerals WHERE path LIKE '%/locks/%-lock-%'"),
    ).toEqual([]);
    expect(await calling.ask("acquireLock", permit)).toMatchObject({ acquired: false, ahead: 2 });
    expect(await semaphore.tryAcquire()).toBeUndefined();
    const waiting = calling.ask("acquireLock", { ...permit, waitMs: 10_000 });
    await eventually(async () => {
      const { waiters } = await calling.ask("inspectLock", permit);
      expect(waiters).toHaveLength(1);
    });
    await lease.release();
    const two = lockOf(await waiting);
    expect(await calling.ask("inspectLock", permit)).toMatchObject({
      holders: [{ token: one.token }, { token: two.token }],
      waiters: [],
    });
  });
});
