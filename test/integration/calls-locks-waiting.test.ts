/**
 * Calls that stand in line for a lock: how they give up, and what becomes of them when somebody goes away.
 */
import { describe, expect, it } from "vitest";
import { CreateFlags } from "../../src/protocol/op-code.ts";
import { Calling } from "./support/calls.ts";
import { advanceTo, TICK_MS, useClock } from "./support/clock.ts";
import { eventually } from "./support/connection.ts";
import { TestNamespace } from "./support/namespace.ts";

const PATH = "/locks/a";
const TTL_MS = 10_000;

const WAITING = { path: PATH, ttlMs: TTL_MS, waitMs: 15_000 };

useClock();

async function hold(calling: Calling): Promise<string> {
  const acquisition = await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS });
  if (!acquisition.acquired) throw new Error("the lock was not acquired");
  return acquisition.lock.id;
}

async function waitersAre(calling: Calling, count: number): Promise<void> {
  await eventually(async () => {
    const { waiters } = await calling.ask("inspectLock", { path: PATH });
    expect(waiters).toHaveLength(count);
  });
}

describe("calls that wait for a lock", () => {
  it("give up when their time is over, and leave nothing behind", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    await hold(calling);
    const given = await calling.ask("acquireLock", { path: PATH, ttlMs: TTL_MS, waitMs: 50 });
    expect(given).toMatchObject({ acquired: false, ahead: 1, holders: [{ holder: null }] });
    if (given.acquired) throw new Error("it was acquired");
    expect(given.retryAfterMs).toBeGreaterThan(0);
    expect(given.retryAfterMs).toBeLessThanOrEqual(TTL_MS + TICK_MS);
    expect(await namespace.rows("SELECT id FROM sessions")).toHaveLength(1);
    expect(await namespace.rows("SELECT path FROM ephemerals")).toHaveLength(1);
  });

  it("give up when the caller goes away, and leave nothing behind", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    await hold(calling);
    const begun = await calling.begin("acquireLock", WAITING);
    const outcome = begun.outcome();
    await waitersAre(calling, 1);
    begun.guard[Symbol.dispose]();
    expect(await outcome).toMatchObject({ ok: true, value: { acquired: false, ahead: 1 } });
    expect(await namespace.rows("SELECT id FROM sessions")).toHaveLength(1);
  });

  it("give up when nobody is there any more to hear of the outcome", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    await hold(calling);
    const begun = await calling.begin("acquireLock", WAITING);
    await waitersAre(calling, 1);
    begun.guard[Symbol.dispose]();
    await waitersAre(calling, 0);
    await eventually(async () => {
      expect(await namespace.rows("SELECT id FROM sessions")).toHaveLength(1);
    });
  });

  it("are answered as any other while their caller waits", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const id = await hold(calling);
    const begun = await calling.begin("acquireLock", WAITING);
    const outcome = begun.outcome();
    await waitersAre(calling, 1);
    await calling.ask("releaseLock", { lock: id });
    expect(await outcome).toMatchObject({ ok: true, value: { acquired: true } });
  });

  it("leave no session behind when their credentials are refused", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const caller = { auth: [{ scheme: "no such scheme", auth: "x" }] };
    for (const waitMs of [0, 1_000]) {
      const takes = { path: PATH, ttlMs: TTL_MS, waitMs };
      expect(await calling.failure("acquireLock", takes, { caller })).toMatchObject({
        name: "AuthFailed",
      });
    }
    expect(await namespace.rows("SELECT id FROM sessions")).toEqual([]);
  });

  it("keep their place although their ttl is shorter than the wait", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const id = await hold(calling);
    const waiting = calling.ask("acquireLock", { path: PATH, ttlMs: 1_000, waitMs: 10_000 });
    await waitersAre(calling, 1);
    await namespace.passTo(Date.now() + 3 * TICK_MS);
    await waitersAre(calling, 1);
    // Nobody has heard of the waiting session for nearly a tick.
    advanceTo(((await namespace.alarm()) ?? 0) - 100);
    await calling.ask("releaseLock", { lock: id });
    const acquisition = await waiting;
    if (!acquisition.acquired) throw new Error("the lock was not acquired");
    // The caller counts from when it asked: it waited since, and the lease began when it got the lock.
    expect(acquisition.lock.validityMs).toBeGreaterThan(3 * TICK_MS);
    const heldUntilMs = Date.now() + 900;
    await namespace.hibernate();
    await namespace.passTo(heldUntilMs);
    const { holders } = await calling.ask("inspectLock", { path: PATH });
    expect(holders).toEqual([expect.objectContaining({ token: acquisition.lock.token })]);
    await namespace.passTo(heldUntilMs + 100 + TICK_MS);
    expect(await calling.ask("inspectLock", { path: PATH })).toEqual({ holders: [], waiters: [] });
  });

  it("fail when the object is reset, and hold no place in the line for longer than their ttl", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    await hold(calling);
    const waiting = calling.ask("acquireLock", { path: PATH, ttlMs: 1_000, waitMs: 10_000 });
    const failed = expect(waiting).rejects.toThrow();
    await waitersAre(calling, 1);
    await expect(namespace.inside((state) => state.abort("a test says so"))).rejects.toThrow();
    await failed;
    await waitersAre(calling, 1);
    await namespace.passTo(Date.now() + 1_000 + TICK_MS);
    await waitersAre(calling, 0);
  });
});

describe("locks that are taken away", () => {
  it("go to the next one, and leave no session behind", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const id = await hold(calling);
    expect(await namespace.rows("SELECT lease FROM sessions")).toEqual([{ lease: 1 }]);
    expect(await calling.ask("breakLock", { path: PATH })).toEqual({ broken: 1 });
    expect(await namespace.rows("SELECT id FROM sessions")).toEqual([]);
    expect(await calling.failure("renewLock", { lock: id })).toMatchObject({ name: "notHeld" });
    expect(await calling.ask("releaseLock", { lock: id })).toEqual({ released: false });
    expect(await calling.ask("breakLock", { path: PATH })).toEqual({ broken: 0 });
  });

  it("are not taken away by those who may not administer", async () => {
    const calling = new Calling(new TestNamespace());
    const id = await hold(calling);
    const permissions = ["read", "write", "create", "delete"] as const;
    const grant = { subject: "ann", prefixes: ["/"], permissions };
    const failure = await calling.failure("breakLock", { path: PATH }, { caller: { grant } });
    expect(failure).toMatchObject({ name: "NoAuth", path: PATH });
    await calling.ask("renewLock", { lock: id });
  });

  it("leave the sessions of sockets, and those that something else is held in", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const client = await namespace.connect();
    await calling.ask("put", { path: "/locks", parents: true });
    await calling.ask("put", { path: PATH });
    await client.create(`${PATH}/lock-`, "", CreateFlags.ephemeralSequential);
    expect(await calling.ask("breakLock", { path: PATH })).toEqual({ broken: 1 });
    expect(await namespace.rows("SELECT id FROM sessions")).toEqual([{ id: client.sessionId }]);
    const { session } = await calling.ask("openSession", { ttlMs: TTL_MS });
    await calling.ask("create", { path: "/other", mode: "ephemeral", session });
    await calling.ask("create", { path: `${PATH}/lock-`, mode: "ephemeralSequential", session });
    expect(await calling.ask("breakLock", { path: PATH })).toEqual({ broken: 1 });
    expect((await calling.ask("exists", { path: "/other" })).stat).not.toBeNull();
  });
});
