/**
 * Locks over RPC: handles that release, renew and say how they stand.
 */
import { describe, expect, it, vi } from "vitest";
import { CallErrorCode } from "../../src/services/call.ts";
import type { LockDetails } from "../../src/worker/rpc/lock-handle.ts";
import { RPCErrorCode } from "../../src/worker/rpc/errors.ts";
import { advanceBy, TICK_MS, useClock } from "./support/clock.ts";
import { edgekeeper, failureOf } from "./support/edgekeeper-binding.ts";
import { TestNamespace } from "./support/namespace.ts";

const PATH = "/locks/a";
const TTL_MS = 10_000;
const PATIENCE = { timeout: 5_000, interval: 10 };

useClock();

function open() {
  const server = new TestNamespace();
  return { server, namespace: edgekeeper().namespace(server.name) };
}

type Opened = ReturnType<typeof open>["namespace"];

async function lineOf(namespace: Opened, path = PATH): Promise<readonly [number, number]> {
  const { holders, waiters } = await namespace.inspectLock(path);
  return [holders.length, waiters.length];
}

async function lineIs(namespace: Opened, holders: number, waiters: number): Promise<void> {
  await vi.waitFor(async () => {
    expect(await lineOf(namespace)).toEqual([holders, waiters]);
  }, PATIENCE);
}

async function reset(server: TestNamespace): Promise<void> {
  const aborted = server.inside((state) => state.abort("a test says so"));
  await expect(aborted).rejects.toThrow("a test says so");
}

describe("a lock over RPC", () => {
  it("is a handle that tells of itself", async () => {
    const { namespace } = open();
    const beforeMs = Date.now();
    using lock = await namespace.lock(PATH, { ttlMs: TTL_MS, holder: "me" });
    const details: LockDetails = await lock.details();
    expect(details).toEqual({
      id: await lock.id,
      path: PATH,
      token: await lock.token,
      ttlMs: TTL_MS,
      validUntil: await lock.validUntil,
    });
    expect(details.validUntil).toBeGreaterThanOrEqual(beforeMs + TTL_MS);
    expect(details.validUntil).toBeLessThanOrEqual(Date.now() + TTL_MS);
    expect(await lock.valid()).toBe(true);
    const { holders } = await namespace.inspectLock(PATH);
    expect(holders).toEqual([{ holder: "me", token: details.token, sinceMs: expect.any(Number) }]);
  });

  it("is released when it is disposed of", async () => {
    const { namespace } = open();
    {
      using lock = await namespace.lock(PATH, { ttlMs: TTL_MS });
      expect(await lock.valid()).toBe(true);
      expect(await lineOf(namespace)).toEqual([1, 0]);
    }
    await lineIs(namespace, 0, 0);
  });

  it("is released when it is asked to be, once", async () => {
    const { server, namespace } = open();
    using lock = await namespace.lock(PATH, { ttlMs: TTL_MS });
    expect(await lock.release()).toBe(true);
    expect(await lineOf(namespace)).toEqual([0, 0]);
    expect(await lock.valid()).toBe(false);
    expect(await lock.release()).toBe(false);
    expect(await failureOf(lock.renew())).toMatchObject({ code: CallErrorCode.notHeld });
    expect(await server.rows("SELECT id FROM sessions")).toEqual([]);
  });

  it("goes to the next in line, whose token is larger", async () => {
    const { namespace } = open();
    using first = await namespace.lock(PATH, { ttlMs: TTL_MS });
    const waiting = namespace.lock(PATH, { ttlMs: TTL_MS });
    await lineIs(namespace, 1, 1);
    await first.release();
    using second = await waiting;
    expect(await second.token).toBeGreaterThan(await first.token);
  });

  it("throws with its holders when it is not to be had in time", async () => {
    const { namespace } = open();
    using held = await namespace.lock(PATH, { ttlMs: TTL_MS, holder: "first" });
    const failure = await failureOf(namespace.lock(PATH, { ttlMs: TTL_MS, waitMs: 20 }));
    expect(failure).toMatchObject({
      name: "lockNotAcquired",
      code: RPCErrorCode.lockNotAcquired,
      path: PATH,
      holders: [{ holder: "first", token: await held.token }],
      ahead: 1,
      retryAfterMs: expect.any(Number),
    });
    expect(await namespace.tryLock(PATH)).toBeNull();
    expect(await lineOf(namespace)).toEqual([1, 0]);
    await held.release();
    using lock = await namespace.tryLock(PATH);
    expect(await lock?.valid()).toBe(true);
  });

  it("may be shared, or one of several permits", async () => {
    const { namespace } = open();
    using _one = await namespace.lock("/rw", { mode: "shared" });
    using _two = await namespace.lock("/rw", { mode: "shared" });
    expect(await namespace.tryLock("/rw")).toBeNull();
    using _first = await namespace.semaphore("/s", 2);
    using _second = await namespace.semaphore("/s", 2);
    expect(await failureOf(namespace.semaphore("/s", 2, { waitMs: 0 }))).toMatchObject({
      code: RPCErrorCode.lockNotAcquired,
    });
  });

  it("is renewed from now on, for as long as is asked", async () => {
    const { namespace } = open();
    using lock = await namespace.lock(PATH, { ttlMs: TTL_MS });
    advanceBy(TTL_MS - 1_000);
    const renewed = await lock.renew({ ttlMs: 2 * TTL_MS });
    expect(renewed).toMatchObject({ token: await lock.token, ttlMs: 2 * TTL_MS });
    expect(renewed.validUntil).toBe(await lock.validUntil);
    expect(renewed.validUntil).toBeGreaterThanOrEqual(Date.now() + 2 * TTL_MS - 1_000);
    advanceBy(TTL_MS + 1_000);
    expect(await lock.valid()).toBe(true);
  });

  it("is not valid any more when its ttl is over, and ends then", async () => {
    const { server, namespace } = open();
    using lock = await namespace.lock(PATH, { ttlMs: TTL_MS });
    advanceBy(TTL_MS);
    expect(await lock.valid()).toBe(false);
    await server.passTo(Date.now() + TICK_MS);
    expect(await lineOf(namespace)).toEqual([0, 0]);
    expect(await failureOf(lock.renew())).toMatchObject({ code: CallErrorCode.notHeld });
    expect(await lock.release()).toBe(false);
  });

  it("is still released by a handle whose object has started over", async () => {
    const { server, namespace } = open();
    using lock = await namespace.lock(PATH, { ttlMs: TTL_MS });
    await reset(server);
    expect(await lineOf(namespace)).toEqual([1, 0]);
    expect(await lock.renew()).toMatchObject({ token: await lock.token });
    expect(await lock.release()).toBe(true);
    expect(await lineOf(namespace)).toEqual([0, 0]);
  });

  it("is still released by who disposes of it, when its object has started over", async () => {
    const { server, namespace } = open();
    {
      using lock = await namespace.lock(PATH, { ttlMs: TTL_MS });
      await reset(server);
      expect(await lock.valid()).toBe(true);
      expect(await lineOf(namespace)).toEqual([1, 0]);
    }
    await lineIs(namespace, 0, 0);
  });

  it("stays when it is held by its id alone", async () => {
    const { namespace } = open();
    const acquired = await namespace.acquireLock(PATH, { ttlMs: TTL_MS, waitMs: 1_000 });
    if (!acquired.acquired) throw new Error("it was not acquired");
    expect(await lineOf(namespace)).toEqual([1, 0]);
    const { lock } = await namespace.renewLock(acquired.lock.id, { ttlMs: 2 * TTL_MS });
    expect(lock.ttlMs).toBe(2 * TTL_MS);
    expect(await namespace.releaseLock(lock.id)).toEqual({ released: true });
    expect(await namespace.releaseLock(lock.id)).toEqual({ released: false });
  });

  it("renews itself when it is asked to", async () => {
    const { namespace } = open();
    using lock = await namespace.lock(PATH, { ttlMs: 1_000, autoRenew: true });
    const { token, validUntil } = await lock.details();
    await vi.waitFor(async () => {
      expect(await lock.validUntil).toBeGreaterThan(validUntil + 500);
    }, PATIENCE);
    expect(await lock.token).toBe(token);
  });

  it("renews itself no more when it is gone", async () => {
    const { namespace } = open();
    using lock = await namespace.lock(PATH, { ttlMs: 1_000, autoRenew: true });
    await namespace.breakLock(PATH);
    await vi.waitFor(async () => {
      expect(await lock.valid()).toBe(false);
    }, PATIENCE);
    expect(await failureOf(lock.renew())).toMatchObject({ code: CallErrorCode.notHeld });
  });

  it("ends with its ttl when nobody is left who knows of it", async () => {
    const { server, namespace } = open();
    const lock = await namespace.lock(PATH, { ttlMs: TTL_MS });
    await reset(server);
    expect(await lineOf(namespace)).toEqual([1, 0]);
    await server.passTo(Date.now() + TTL_MS + TICK_MS);
    expect(await lineOf(namespace)).toEqual([0, 0]);
    lock[Symbol.dispose]();
  });

  it("is acquired in one call", async () => {
    const { server, namespace } = open();
    await namespace.exists("/");
    const before = (await server.counters()).calls;
    const lock = await edgekeeper().namespace(server.name).lock(PATH, { ttlMs: TTL_MS });
    // To read them is a call as well.
    expect((await server.counters()).calls - before).toBe(1 + 1);
    lock[Symbol.dispose]();
    await lineIs(namespace, 0, 0);
  });
});
