/**
 * Calls with an idempotency key: done once, whatever is lost, and answered again.
 */
import { describe, expect, it } from "vitest";
import type { Call, CallName, Calls } from "../../src/services/call.ts";
import { bytesOf, Calling } from "./support/calls.ts";
import { advanceBy, TICK_MS, useClock } from "./support/clock.ts";
import { eventually } from "./support/connection.ts";
import { TestNamespace } from "./support/namespace.ts";

const MINUTE_MS = 60_000;
const TTL_MS = 10_000;

useClock();

function keyed(idempotencyKey: string, subject?: string) {
  if (subject === undefined) return { caller: { idempotencyKey } };
  const permissions = ["read", "write", "create", "delete", "admin"] as const;
  return { caller: { idempotencyKey, grant: { subject, prefixes: ["/"], permissions } } };
}

/** Makes a call inside the object, which is reset as soon as the write is there; nobody hears of the answer. */
async function callAndReset<N extends CallName>(
  namespace: TestNamespace,
  idempotencyKey: string,
  name: N,
  takes: Calls[N]["takes"],
): Promise<void> {
  const call = { name, ...takes } as unknown as Call;
  const reset = namespace.inside(async (state, object) => {
    void object.perform({ address: "192.0.2.1", idempotencyKey }, call).catch(() => {});
    await eventually(() => {
      expect(state.storage.sql.exec("SELECT key FROM answers").toArray()).not.toEqual([]);
    });
    await state.storage.sync();
    state.abort("a test says so");
  });
  await expect(reset).rejects.toThrow("a test says so");
}

describe("a call with an idempotency key", () => {
  it("is done once, and answered again with what the first one was", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const takes = { path: "/a-", mode: "persistentSequential" } as const;
    const first = await calling.result("create", takes, keyed("k"));
    expect(await calling.result("create", takes, keyed("k"))).toEqual(first);
    await namespace.hibernate();
    expect(await calling.result("create", takes, keyed("k"))).toEqual(first);
    expect(await calling.ask("countChildren", { path: "/" })).toMatchObject({ count: 4 });
    const other = await calling.result("create", takes, keyed("k2"));
    expect(other).not.toEqual(first);
  });

  it("takes one row more than without, and none to be answered again", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    await calling.ask("create", { path: "/a" });
    await calling.ask("setACL", { path: "/a", acl: OPEN }, keyed("warm-up: sets the alarm"));
    const rowsOf = (action: () => Promise<unknown>): Promise<number> =>
      namespace.rowsWrittenBy(action);
    const data = bytesOf("x");
    const put = { path: "/a", only: "set", data } as const;
    expect(await rowsOf(() => calling.ask("put", put))).toBe(1);
    expect(await rowsOf(() => calling.ask("put", put, keyed("k")))).toBe(2);
    expect(await rowsOf(() => calling.ask("put", put, keyed("k")))).toBe(0);
  });

  it("is answered again with the failure that it came to", async () => {
    const calling = new Calling(new TestNamespace());
    const failed = await calling.failure("put", { path: "/a", only: "set" }, keyed("k"));
    expect(failed).toMatchObject({ name: "NoNode" });
    await calling.ask("create", { path: "/a" });
    expect(await calling.failure("put", { path: "/a", only: "set" }, keyed("k"))).toEqual(failed);
  });

  it("is refused when the key was used for another call, at the same time or before", async () => {
    const calling = new Calling(new TestNamespace());
    const results = await Promise.all([
      calling.result("create", { path: "/a" }, keyed("k")),
      calling.result("create", { path: "/b" }, keyed("k")),
    ]);
    expect(results[0].ok).toBe(true);
    expect(results[1]).toMatchObject({ error: { code: -2002, name: "idempotencyKeyReused" } });
    expect(await calling.failure("delete", { path: "/a" }, keyed("k"))).toMatchObject({
      name: "idempotencyKeyReused",
    });
    const same = { data: bytesOf("x"), path: "/c" };
    await calling.ask("create", same, keyed("k2"));
    await calling.ask("create", { path: "/c", data: bytesOf("x") }, keyed("k2"));
  });

  it("meets nobody else's keys", async () => {
    const calling = new Calling(new TestNamespace());
    await calling.ask("create", { path: "/a" }, keyed("k", "ann"));
    await calling.ask("create", { path: "/b" }, keyed("k", "bob"));
    await calling.ask("create", { path: "/a" }, keyed("k", "ann"));
  });

  it("waits for one of the same key that is under way", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const takes = { path: "/a-", mode: "persistentSequential" } as const;
    const all = await Promise.all(
      Array.from({ length: 20 }, () => calling.result("create", takes, keyed("k"))),
    );
    for (const result of all) expect(result).toEqual(all[0]);
    expect(await calling.ask("countChildren", { path: "/" })).toMatchObject({ count: 4 });
  });

  it("is remembered for ten minutes, and not for ever", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const takes = { path: "/a-", mode: "persistentSequential" } as const;
    const first = await calling.ask("create", takes, keyed("k"));
    advanceBy(10 * MINUTE_MS);
    expect(await calling.ask("create", takes, keyed("k"))).toEqual(first);
    await namespace.passTo(Date.now() + 30 * MINUTE_MS);
    expect(await namespace.rows("SELECT key FROM answers")).toEqual([]);
    expect(await namespace.alarm()).toBeNull();
    expect(await calling.ask("create", takes, keyed("k"))).not.toEqual(first);
  });

  it("is not done again when the object was reset behind the commit", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const takes = { path: "/a-", mode: "persistentSequential" } as const;
    await callAndReset(namespace, "k", "create", takes);
    expect(await calling.ask("create", takes, keyed("k"))).toMatchObject({ path: "/a-0000000000" });
    expect(await calling.ask("countChildren", { path: "/" })).toMatchObject({ count: 4 });
  });

  it("may be several writes, of which those that were done are not done again", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const takes = { path: "/a/b/c", data: bytesOf("x"), parents: true };
    await callAndReset(namespace, "k", "put", takes);
    expect(await calling.ask("put", takes, keyed("k"))).toMatchObject({ created: true });
    expect(await calling.ask("put", takes, keyed("k"))).toMatchObject({ created: true });
    const { stat } = await calling.ask("getData", { path: "/a/b/c" });
    expect(stat.version).toBe(0);
  });

  it("has an answer for each of a transaction's operations again", async () => {
    const calling = new Calling(new TestNamespace());
    const ops = [
      { type: "create", path: "/t" },
      { type: "create", path: "/t/n-", mode: "persistentSequential" },
    ] as const;
    const first = await calling.ask("transaction", { ops }, keyed("k"));
    expect(await calling.ask("transaction", { ops }, keyed("k"))).toEqual(first);
    const failing = { ops: [{ type: "check", path: "/no" }] } as const;
    const failure = await calling.failure("transaction", failing, keyed("k2"));
    expect(await calling.failure("transaction", failing, keyed("k2"))).toEqual(failure);
  });

  it("must be printable, and not too long", async () => {
    const calling = new Calling(new TestNamespace());
    for (const key of ["", "x".repeat(129), "tab\t", "ä"]) {
      const failure = await calling.failure("create", { path: "/a" }, keyed(key));
      expect(failure).toMatchObject({ name: "invalidCall" });
    }
  });
});

describe("sessions and locks with an idempotency key", () => {
  it("are opened once, and closed once", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const opened = await calling.ask("openSession", { ttlMs: 5_000 }, keyed("k"));
    await namespace.hibernate();
    expect(await calling.ask("openSession", { ttlMs: 5_000 }, keyed("k"))).toEqual(opened);
    expect(await namespace.rows("SELECT id FROM sessions")).toHaveLength(1);
    const { session } = opened;
    await calling.ask("closeSession", { session }, keyed("k2"));
    await calling.ask("closeSession", { session }, keyed("k2"));
    await expect(calling.ask("closeSession", { session })).rejects.toThrow("notHeld");
  });

  const takes = { path: "/locks/a", ttlMs: TTL_MS };

  it("are the same lock when the answer was lost", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    await calling.ask("acquireLock", takes).then((acquisition) => {
      if (!acquisition.acquired) throw new Error("not acquired");
      return calling.ask("releaseLock", { lock: acquisition.lock.id });
    });
    await callAndReset(namespace, "k", "acquireLock", takes);
    const first = await calling.ask("acquireLock", takes, keyed("k"));
    const second = await calling.ask("acquireLock", takes, keyed("k"));
    expect(first).toMatchObject({ acquired: true });
    if (!first.acquired || !second.acquired) throw new Error("not acquired");
    expect(second.lock).toMatchObject({ id: first.lock.id, token: first.lock.token });
    expect(await calling.ask("inspectLock", { path: takes.path })).toMatchObject({
      holders: [{ token: first.lock.token }],
      waiters: [],
    });
    const released = await calling.ask("releaseLock", { lock: first.lock.id }, keyed("k2"));
    expect(released).toEqual({ released: true });
    expect(await calling.ask("releaseLock", { lock: first.lock.id }, keyed("k2"))).toEqual(
      released,
    );
    // It comes late: nobody would know of a lock that it got now.
    expect(await calling.failure("acquireLock", takes, keyed("k"))).toMatchObject({
      name: "notHeld",
    });
    expect(await calling.ask("inspectLock", { path: takes.path })).toMatchObject({ holders: [] });
  });

  it("are no lock when the first answer was that there is none", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    await calling.ask("acquireLock", takes);
    const refused = await calling.ask("acquireLock", takes, keyed("k"));
    expect(refused).toMatchObject({ acquired: false });
    await namespace.passTo(Date.now() + TTL_MS + TICK_MS);
    expect(await calling.ask("acquireLock", takes, keyed("k"))).toEqual(refused);
  });

  it("do not stand in line twice", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const held = await calling.ask("acquireLock", takes);
    if (!held.acquired) throw new Error("not acquired");
    const waits = { ...takes, waitMs: 10_000 };
    const asked = [1, 2, 3].map(() => calling.ask("acquireLock", waits, keyed("k")));
    const lineOf = (length: number): Promise<void> =>
      eventually(async () => {
        const { waiters } = await calling.ask("inspectLock", { path: takes.path });
        expect(waiters).toHaveLength(length);
      });
    await lineOf(1);
    await calling.ask("releaseLock", { lock: held.lock.id });
    const answers = await Promise.all(asked);
    expect(answers[0]).toMatchObject({ acquired: true });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it("break the lock of one holder only", async () => {
    const calling = new Calling(new TestNamespace());
    await calling.ask("acquireLock", takes);
    const next = calling.ask("acquireLock", { ...takes, waitMs: 10_000 });
    await eventually(async () => {
      const { waiters } = await calling.ask("inspectLock", { path: takes.path });
      expect(waiters).toHaveLength(1);
    });
    expect(await calling.ask("breakLock", { path: takes.path }, keyed("k"))).toEqual({ broken: 1 });
    const acquired = await next;
    expect(await calling.ask("breakLock", { path: takes.path }, keyed("k"))).toEqual({ broken: 1 });
    if (!acquired.acquired) throw new Error("not acquired");
    await calling.ask("renewLock", { lock: acquired.lock.id });
  });
});

const OPEN = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
