/** Counters: nothing counted twice or not at all, nothing that wraps, in formats that others read. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConnectionLossError, type ZooKeeper } from "../../../src/client/index.ts";
import { CounterDataError, CounterRangeError } from "../../../src/recipes/counter-format.ts";
import { Counter } from "../../../src/recipes/counter.ts";
import { ManualClock, TestServer } from "../../../src/testing/index.ts";
import { seeds } from "./support/contention.ts";
import { openFaultyWorld } from "./support/faults.ts";
import { track } from "./support/tracked.ts";

const PATH = "/counters/a";

let server: TestServer<ManualClock>;
let zk: ZooKeeper;
let other: ZooKeeper;

beforeEach(async () => {
  server = new TestServer({ clock: new ManualClock() });
  [zk, other] = await Promise.all([server.connect(), server.connect()]);
});

afterEach(async () => server.close());

async function bytes(): Promise<number[]> {
  return [...((await zk.getData(PATH)).data ?? [])];
}

describe("a counter", () => {
  it("begins with its initial value", async () => {
    const counter = new Counter(zk, PATH, { initial: 5 });
    expect(await counter.get()).toBe(5);
    expect(server.paths()).toEqual([]);
    expect(await counter.add(-2)).toBe(3);
    expect(await new Counter(other, PATH, { initial: 9 }).get()).toBe(3);
  });

  it("counts alone with one request each time", async () => {
    const counter = new Counter(zk, PATH);
    await counter.add(1);
    const { requests } = server.counters;
    await counter.add(1);
    await counter.add(1);
    expect(server.counters.requests - requests).toBe(2);
  });

  it("counts what several add at the same time", async () => {
    const counters = [zk, zk, other].map((client) => new Counter(client, PATH));
    const adding = counters.flatMap((counter) =>
      [1, 2, 3, 4, 5].map((delta) => counter.add(delta)),
    );
    await Promise.all(adding);
    expect(await new Counter(zk, PATH).get()).toBe(45);
  });

  it("is set only if it has the expected value", async () => {
    const counter = new Counter(zk, PATH);
    const others = new Counter(other, PATH);
    expect(await counter.compareAndSet(0, 1)).toBe(true);
    expect(await others.compareAndSet(0, 2)).toBe(false);
    await others.set(7);
    // What the first one remembers is out of date.
    expect(await counter.compareAndSet(1, 2)).toBe(false);
    expect(await counter.compareAndSet(7, 8)).toBe(true);
    expect(await others.get()).toBe(8);
  });

  it("tells its values, in the next session as well", async () => {
    const counter = new Counter(zk, PATH);
    const controller = new AbortController();
    const values: number[] = [];
    const reading = (async () => {
      for await (const value of counter.values({ signal: controller.signal })) values.push(value);
    })();
    await server.clock.advance(1_000);
    const others = new Counter(other, PATH);
    await others.set(1);
    await server.clock.advance(1_000);
    await others.set(2);
    await server.clock.advance(1_000);
    server.expireSession(zk);
    await server.clock.advance(1_000);
    await others.set(3);
    await server.clock.advance(1_000);
    controller.abort();
    await reading;
    expect(values).toEqual([0, 1, 2, 3]);
  });
});

describe("the range", () => {
  it.each([
    ["int32", 2 ** 31 - 1, -(2 ** 31)],
    ["int64", Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
    ["text", Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  ] as const)("of %s ends, and does not begin again", async (format, max, min) => {
    const counter = new Counter(zk, PATH, { format, initial: max - 1 });
    expect(await counter.add(1)).toBe(max);
    await expect(counter.add(1)).rejects.toThrow(CounterRangeError);
    expect(await counter.get()).toBe(max);
    await counter.set(min);
    await expect(counter.add(-1)).rejects.toThrow(CounterRangeError);
    expect(await counter.get()).toBe(min);
  });

  it("is not left because of what somebody remembers", async () => {
    const counter = new Counter(zk, PATH, { format: "int32", initial: 2 ** 31 - 2 });
    await counter.add(1);
    await new Counter(other, PATH, { format: "int32" }).set(0);
    expect(await counter.add(1)).toBe(1);
  });

  it("has no fractions", async () => {
    await expect(new Counter(zk, PATH).add(0.5)).rejects.toThrow(CounterRangeError);
    expect(() => new Counter(zk, PATH, { format: "int32", initial: 2 ** 31 })).toThrow(RangeError);
  });
});

describe("the data", () => {
  it("is what kazoo and Curator write", async () => {
    await new Counter(zk, PATH, { initial: -12 }).add(2);
    expect((await zk.getData(PATH)).data).toEqual(new TextEncoder().encode("-10"));
    await zk.delete(PATH);
    await new Counter(zk, PATH, { format: "int32" }).set(-2);
    expect(await bytes()).toEqual([255, 255, 255, 254]);
    await zk.delete(PATH);
    await new Counter(zk, PATH, { format: "int64" }).set(2 ** 40 + 3);
    expect(await bytes()).toEqual([0, 0, 1, 0, 0, 0, 0, 3]);
  });

  it("may be empty, which is the initial value", async () => {
    await zk.ensurePath(PATH);
    expect(await new Counter(zk, PATH, { initial: 4 }).add(1)).toBe(5);
  });

  it.each([
    ["text", "twelve"],
    ["text", "1.5"],
    ["text", "9007199254740993"],
    ["int32", new Uint8Array(8)],
    ["int64", new Uint8Array(4)],
    ["int64", new Uint8Array([0, 32, 0, 0, 0, 0, 0, 1])],
  ] as const)("of %s is refused when it is %s", async (format, data) => {
    await zk.ensurePath(PATH);
    await zk.setData(PATH, data);
    const counter = new Counter(zk, PATH, { format });
    await expect(counter.get()).rejects.toThrow(CounterDataError);
    await expect(counter.add(1)).rejects.toThrow(CounterDataError);
  });
});

describe("a lost reply", () => {
  it.each(["dropped", "applied"] as const)(
    "to what was %s is not counted twice",
    async (requests) => {
      const counter = new Counter(zk, PATH);
      await counter.add(1);
      void server.loseConnection(zk, { operation: "setData", requests });
      const adding = track(counter.add(1));
      const failed = adding.promise.catch((error: unknown) => error);
      await server.clock.advance(1_000);
      const result = await failed;
      expect(result).toBe(2);
      expect(await counter.get()).toBe(2);
    },
  );

  it("is unknown to what was applied by a server that knows no idempotency keys", async () => {
    await using plain = new TestServer({ clock: server.clock, idempotencyKeys: false });
    const client = await plain.connect();
    const counter = new Counter(client, PATH);
    await counter.add(1);
    void plain.loseConnection(client, { operation: "setData", requests: "applied" });
    const adding = track(counter.add(1));
    const failed = adding.promise.catch((error: unknown) => error);
    await plain.clock.advance(1_000);
    expect(await failed).toBeInstanceOf(ConnectionLossError);
    expect(await counter.get()).toBe(2);
  });
});

it.each(seeds)("counts exactly, whatever happens to whom (seed %i)", async (seed) => {
  const world = await openFaultyWorld(seed, 8, { expiryProbability: 0.3 });
  let done = 0;
  let unknown = 0;
  const count = async (client: ZooKeeper): Promise<void> => {
    const counter = new Counter(client, PATH);
    for (let left = 20; left > 0; left--) {
      try {
        await counter.add(1);
        done++;
      } catch (error) {
        const outcome = (error as { outcome?: string }).outcome;
        if (outcome === "unknown") unknown++;
        else if (outcome !== "notApplied") throw error;
      }
    }
  };
  await world.run(Promise.all(world.clients.map(count)));
  const { server: survivor, clients } = world;
  await survivor.clock.advance(60_000);
  const reading = new Counter(clients[0] as ZooKeeper, PATH).get();
  await survivor.clock.advance(1_000);
  const value = await reading;
  // Replies and sessions were lost, and yet nobody is left in doubt.
  expect(unknown).toBe(0);
  expect(value).toBe(done);
  expect(done).toBeGreaterThan(100);
  await survivor.close();
});
