/** Our barriers, counters and queues beside Curator's and kazoo's, on the same znodes at the same time. */
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connect, type ZooKeeper } from "../../src/client/index.ts";
import { Barrier, Counter, DoubleBarrier, Queue } from "../../src/recipes/index.ts";
import { Peer } from "./coordination/peer.ts";

const ROUNDS = 20;

let zk: ZooKeeper;
let curator: Peer;
let kazoo: Peer;
let paths = 0;

beforeAll(async () => {
  const address = inject("interopAddress");
  zk = await connect(`zk://${address}`);
  curator = Peer.curator(address);
  kazoo = Peer.kazoo(address);
});

afterAll(async () => {
  await Promise.all([zk.close(), curator.close(), kazoo.close()]);
});

const newPath = (): string => `/coordination-${process.pid}-${++paths}`;

async function childrenOf(path: string): Promise<string[]> {
  return (await zk.exists(path)) === undefined ? [] : (await zk.getChildren(path)).children;
}

describe("a barrier", () => {
  it("is one for all three", async () => {
    const path = newPath();
    const barrier = new Barrier(zk, path);
    await barrier.create();
    const others = [curator.ask("barrier-wait", path), kazoo.ask("barrier-wait", path)];
    await barrier.remove();
    expect((await Promise.all(others)).map((result) => result.toLowerCase())).toEqual([
      "true",
      "true",
    ]);
    for (const keeper of [curator, kazoo]) {
      await keeper.ask("barrier-create", path);
      let isOver = false;
      const waiting = barrier.wait().then(() => (isOver = true));
      // The server answers in order: when this is answered, the wait has seen the barrier.
      await zk.exists(path);
      expect(isOver).toBe(false);
      await keeper.ask("barrier-remove", path);
      await waiting;
    }
  });
});

describe("a double barrier", () => {
  it("gathers all three, and lets them go together", async () => {
    const path = newPath();
    const others = [curator, kazoo];
    const entering = others.map((peer) => peer.ask("double-enter", path, 3));
    await expect.poll(() => childrenOf(path)).toHaveLength(2);
    const member = await new DoubleBarrier(zk, path, 3).enter();
    await Promise.all(entering);
    const leaving = others.map((peer) => peer.ask("double-leave", path, 3));
    // The one of them that is the last in the order of names stays until ours has gone.
    await expect.poll(async () => (await childrenOf(path)).length).toBeLessThan(4);
    expect(await zk.exists(member.path)).toBeDefined();
    await member.leave();
    await Promise.all(leaving);
    expect((await childrenOf(path)).filter((name) => name !== "ready")).toEqual([]);
  });

  it("is opened by any of them for the others", async () => {
    for (const last of [curator, kazoo]) {
      const path = newPath();
      const entering = new DoubleBarrier(zk, path, 2).enter();
      await expect.poll(() => childrenOf(path)).toHaveLength(1);
      await last.ask("double-enter", path, 2);
      const member = await entering;
      const leaving = last.ask("double-leave", path, 2);
      await member.leave();
      await leaving;
    }
  });
});

describe("a counter", () => {
  it.each([
    ["text", () => [kazoo]],
    ["int32", () => [kazoo, curator]],
    ["int64", () => [curator]],
  ] as const)("of %s loses nothing that others count", async (format, peers) => {
    const path = newPath();
    const counter = new Counter(zk, path, { format });
    const adds: Promise<unknown>[] = [];
    for (const peer of peers())
      expect(await peer.ask("counter-add", path, format, -5)).toMatch(/^-/);
    for (let round = 0; round < ROUNDS; round++) {
      adds.push(counter.add(3));
      for (const peer of peers()) adds.push(peer.ask("counter-add", path, format, 1));
    }
    await Promise.all(adds);
    const sum = ROUNDS * (3 + peers().length) - 5 * peers().length;
    expect(await counter.get()).toBe(sum);
    for (const peer of peers()) expect(await peer.ask("counter-get", path, format)).toBe(`${sum}`);
  });
});

describe("a queue", () => {
  it("is one with kazoo's LockingQueue, in the same order", async () => {
    const path = newPath();
    const queue = new Queue(zk, path);
    // First kazoo, which does not make the folders again when they are gone.
    await kazoo.ask("queue-put", path, "third", 100);
    await queue.put("fourth");
    await queue.put("second", { priority: 7 });
    await kazoo.ask("queue-put", path, "first", 3);
    const first = await queue.take();
    expect(first.text()).toBe("first");
    expect(await kazoo.ask("queue-take", path)).toBe("second");
    const third = await queue.take();
    expect(third.text()).toBe("third");
    expect(await kazoo.ask("queue-consume", path)).toBe("True");
    await first.complete();
    expect(await kazoo.ask("queue-take", path)).toBe("fourth");
    await third.release();
    expect(await kazoo.ask("queue-consume", path)).toBe("True");
    expect(await kazoo.ask("queue-take", path)).toBe("third");
    expect(await kazoo.ask("queue-consume", path)).toBe("True");
    expect(await queue.length()).toBe(0);
  });
});
