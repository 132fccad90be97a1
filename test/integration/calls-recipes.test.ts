/**
 * Counters, barriers, queues and long polls as calls, beside the recipes on the same paths.
 */
import { describe, expect, it } from "vitest";
import { Barrier, Counter, Queue } from "../../src/recipes/index.ts";
import { bytesOf, Calling, textOf } from "./support/calls.ts";
import { connectTo } from "./support/client.ts";
import { TICK_MS, useClock } from "./support/clock.ts";
import { eventually } from "./support/connection.ts";
import { TestNamespace } from "./support/namespace.ts";

const TTL_MS = 5_000;

useClock();

function keyed(idempotencyKey: string) {
  return { caller: { idempotencyKey } };
}

describe("counters", () => {
  it("count together with the recipe, each addition once", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    await using zk = await connectTo(namespace);
    const path = "/counters/a";
    const counter = new Counter(zk, path);
    expect(await calling.ask("getCounter", { path })).toEqual({ value: 0 });
    const additions = Array.from({ length: 10 }, () =>
      calling.ask("addToCounter", { path, delta: 2 }),
    );
    const answers = await Promise.all([...additions, counter.add(5)]);
    expect(await counter.get()).toBe(25);
    expect(await calling.ask("getCounter", { path })).toEqual({ value: 25 });
    const values = answers.slice(0, 10) as { value: number; previous: number }[];
    for (const { value, previous } of values) expect(value - previous).toBe(2);
    expect(new Set(values.map(({ value }) => value)).size).toBe(10);
  });

  it("are set, whatever they are, or only when they are what is expected", async () => {
    const calling = new Calling(new TestNamespace());
    const path = "/counters/a";
    expect(await calling.ask("setCounter", { path, value: 7 })).toEqual({ set: true, value: 7 });
    expect(await calling.ask("setCounter", { path, value: 8, expected: 6 })).toEqual({
      set: false,
      value: 7,
    });
    expect(await calling.ask("setCounter", { path, value: 8, expected: 7 })).toEqual({
      set: true,
      value: 8,
    });
  });

  it("count once for an idempotency key, and say again what it came to", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const path = "/counters/a";
    const first = await calling.ask("addToCounter", { path, delta: 1 }, keyed("k"));
    expect(first).toEqual({ value: 1, previous: 0 });
    await calling.ask("addToCounter", { path, delta: 10 });
    await namespace.hibernate();
    expect(await calling.ask("addToCounter", { path, delta: 1 }, keyed("k"))).toEqual(first);
    const set = { path, value: 5, expected: 11 };
    expect(await calling.ask("setCounter", set, keyed("k2"))).toEqual({ set: true, value: 5 });
    expect(await calling.ask("setCounter", set, keyed("k2"))).toEqual({ set: true, value: 5 });
    expect(await calling.ask("getCounter", { path })).toEqual({ value: 5 });
  });

  it("refuse what is no number, and what would be none", async () => {
    const calling = new Calling(new TestNamespace());
    const path = "/a";
    await calling.ask("create", { path, data: bytesOf("text") });
    const failure = await calling.failure("addToCounter", { path, delta: 1 });
    expect(failure).toMatchObject({ name: "BadArguments", path });
    await calling.ask("setCounter", { path: "/b", value: Number.MAX_SAFE_INTEGER });
    expect(await calling.failure("addToCounter", { path: "/b", delta: 1 })).toMatchObject({
      name: "invalidCall",
    });
  });
});

describe("barriers", () => {
  it("hold those who wait, by call or by the recipe, until they are lowered", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    await using zk = await connectTo(namespace);
    const path = "/barriers/a";
    expect(await calling.ask("awaitBarrier", { path, waitMs: 0 })).toEqual({ open: true });
    expect(await calling.ask("raiseBarrier", { path })).toEqual({ raised: true });
    expect(await calling.ask("raiseBarrier", { path })).toEqual({ raised: false });
    expect(await calling.ask("awaitBarrier", { path, waitMs: 0 })).toEqual({ open: false });
    expect(await calling.ask("awaitBarrier", { path, waitMs: 20 })).toEqual({ open: false });
    const waiting = calling.ask("awaitBarrier", { path, waitMs: 10_000 });
    const recipe = new Barrier(zk, path).wait();
    await namespace.stub.health();
    expect(await calling.ask("lowerBarrier", { path })).toEqual({ lowered: true });
    expect(await waiting).toEqual({ open: true });
    await recipe;
    expect(await calling.ask("lowerBarrier", { path })).toEqual({ lowered: false });
  });
});

describe("queues", () => {
  const path = "/queues/a";

  async function take(calling: Calling, waitMs = 0) {
    const { taken } = await calling.ask("takeItem", { path, ttlMs: TTL_MS, waitMs });
    if (taken === null) throw new Error("nothing to take");
    return taken;
  }

  it("give each item to one, by priority, and forget what is completed", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    expect(await calling.ask("takeItem", { path, ttlMs: TTL_MS })).toEqual({ taken: null });
    expect(await namespace.rows("SELECT id FROM sessions")).toEqual([]);
    await calling.ask("putItem", { path, data: bytesOf("later") });
    const { item } = await calling.ask("putItem", { path, data: bytesOf("sooner"), priority: 1 });
    const first = await take(calling);
    expect([textOf(first.data), first.item]).toEqual(["sooner", item]);
    const second = await take(calling);
    expect(textOf(second.data)).toBe("later");
    expect(await calling.ask("takeItem", { path, ttlMs: TTL_MS })).toEqual({ taken: null });
    await calling.ask("completeItem", { claim: first.claim });
    expect(await calling.failure("completeItem", { claim: first.claim })).toMatchObject({
      name: "notHeld",
    });
    await calling.ask("returnItem", { claim: second.claim });
    const again = await take(calling);
    expect(again.item).toBe(second.item);
    await calling.ask("completeItem", { claim: again.claim });
    expect(await namespace.rows("SELECT id FROM sessions")).toEqual([]);
    expect(await namespace.rows("SELECT path FROM ephemerals")).toEqual([]);
  });

  it("give an item back when the ttl of its claim is over", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    await calling.ask("putItem", { path, data: bytesOf("x") });
    const first = await take(calling);
    await namespace.passTo(Date.now() + TTL_MS + TICK_MS);
    const second = await take(calling);
    expect(second.item).toBe(first.item);
    expect(await calling.failure("completeItem", { claim: first.claim })).toMatchObject({
      name: "notHeld",
    });
    await calling.ask("completeItem", { claim: second.claim });
  });

  it("are shared with the recipe, whose consumers and those by call wait for items", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    await using zk = await connectTo(namespace);
    const queue = new Queue(zk, path);
    const waiting = take(calling, 10_000);
    await eventually(async () => {
      expect((await calling.ask("exists", { path: `${path}/entries` })).stat).not.toBeNull();
    });
    await queue.put("from the recipe");
    expect(textOf((await waiting).data)).toBe("from the recipe");
    await calling.ask("putItem", { path, data: bytesOf("from a call") });
    const claim = await queue.take();
    expect(claim.text()).toBe("from a call");
    expect(await calling.ask("takeItem", { path, ttlMs: TTL_MS, waitMs: 20 })).toEqual({
      taken: null,
    });
    await claim.release();
    expect(textOf((await take(calling)).data)).toBe("from a call");
  });

  it("give a delayed item when its time has come, to whoever waits then", async () => {
    const calling = new Calling(new TestNamespace());
    await calling.ask("putItem", { path, data: bytesOf("x"), delayMs: 300 });
    expect(await calling.ask("takeItem", { path, ttlMs: TTL_MS })).toEqual({ taken: null });
    expect(textOf((await take(calling, 10_000)).data)).toBe("x");
  });

  it("put, give and forget once for an idempotency key", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const put = { path, data: bytesOf("x"), delayMs: 0 };
    const item = await calling.ask("putItem", put, keyed("put"));
    expect(await calling.ask("putItem", put, keyed("put"))).toEqual(item);
    const takes = { path, ttlMs: TTL_MS };
    const { taken } = await calling.ask("takeItem", takes, keyed("take"));
    await namespace.hibernate();
    expect(await calling.ask("takeItem", takes, keyed("take"))).toEqual({ taken });
    expect(await calling.ask("takeItem", takes, keyed("take2"))).toEqual({ taken: null });
    const claim = taken?.claim ?? "";
    await calling.ask("completeItem", { claim }, keyed("complete"));
    expect(await calling.ask("completeItem", { claim }, keyed("complete"))).toEqual({});
    expect(await calling.ask("takeItem", takes, keyed("take2"))).toEqual({ taken: null });
    expect(await calling.failure("takeItem", takes, keyed("take"))).toMatchObject({
      name: "notHeld",
    });
  });

  it("do not take what is no claim", async () => {
    const calling = new Calling(new TestNamespace());
    for (const claim of ["", "AAAA", "?"]) {
      expect(await calling.failure("completeItem", { claim })).toMatchObject({ name: "notHeld" });
      expect(await calling.failure("returnItem", { claim })).toMatchObject({ name: "notHeld" });
    }
  });
});

describe("awaiting a change", () => {
  it("answers at once when the caller is behind, and otherwise when something has changed", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const created = await calling.ask("create", { path: "/a" });
    const { czxid } = created.stat;
    const data = { path: "/a", of: "data", waitMs: 10_000 } as const;
    expect(await calling.ask("awaitChange", { ...data, since: 0 })).toEqual({
      changed: true,
      exists: true,
      zxid: czxid,
    });
    const waiting = calling.ask("awaitChange", { ...data, since: czxid });
    await namespace.stub.health();
    const { stat } = await calling.ask("put", { path: "/a", data: bytesOf("x") });
    expect(await waiting).toEqual({ changed: true, exists: true, zxid: stat.mzxid });
    const children = { path: "/a", of: "children", waitMs: 10_000, since: stat.pzxid } as const;
    const watching = calling.ask("awaitChange", children);
    await calling.ask("put", { path: "/a", data: bytesOf("y") });
    const child = await calling.ask("create", { path: "/a/b" });
    expect(await watching).toEqual({ changed: true, exists: true, zxid: child.stat.czxid });
  });

  it("tells of a znode that comes and goes", async () => {
    const calling = new Calling(new TestNamespace());
    const data = { path: "/a", of: "data", waitMs: 10_000 } as const;
    const coming = calling.ask("awaitChange", { ...data, since: 0 });
    const { stat } = await calling.ask("create", { path: "/a" });
    expect(await coming).toEqual({ changed: true, exists: true, zxid: stat.czxid });
    const going = calling.ask("awaitChange", { ...data, since: stat.mzxid });
    await calling.ask("delete", { path: "/a" });
    expect(await going).toEqual({ changed: true, exists: false, zxid: 0 });
  });

  it("says that nothing has changed when the time is over, and leaves no watch behind", async () => {
    const namespace = new TestNamespace();
    const calling = new Calling(namespace);
    const takes = { path: "/a", of: "data", since: 0 } as const;
    const unchanged = { changed: false, exists: false, zxid: 0 };
    expect(await calling.ask("awaitChange", { ...takes, waitMs: 0 })).toEqual(unchanged);
    const rows = await namespace.rowsWrittenBy(async () => {
      expect(await calling.ask("awaitChange", { ...takes, waitMs: 20 })).toEqual(unchanged);
    });
    expect(rows).toBe(0);
    const { body } = await namespace.stub.adminCommand("watch_summary", new Map(), "/commands");
    expect(JSON.parse(body)).toMatchObject({
      num_total_watches: 0,
    });
  });
});
