/** Barriers, queues, counters, votes. */
import { OperationTimeoutError } from "../../../src/client/index.ts";
import {
  Barrier,
  Counter,
  CounterRangeError,
  DoubleBarrier,
  IdGenerator,
  Queue,
  type QueueClaim,
  TwoPhaseCommit,
} from "../../../src/recipes/index.ts";
import { assert, assertEqual, assertRejects } from "./assertions.ts";
import type { ContractCases } from "./contract-case.ts";

/** Undefined when there is none to be had, since others may have what is left. */
async function takeSoon(queue: Queue): Promise<QueueClaim | undefined> {
  try {
    return await queue.take({ timeoutMs: 200 });
  } catch (error) {
    if (error instanceof OperationTimeoutError) return undefined;
    throw error;
  }
}

export const coordinationCases: ContractCases = {
  "all who wait at a barrier go on when it is removed": async ({ connectAll, fail }) => {
    const [zk, ...others] = await connectAll(3);
    if (zk === undefined) throw new Error("no client");
    const barrier = new Barrier(zk, "/barrier");
    await barrier.create();
    let passed = 0;
    const waiting = others.map(async (other) => {
      await new Barrier(other, "/barrier").wait();
      passed++;
    });
    await fail("cut");
    // Whoever would have passed by now has seen it.
    await Promise.all([zk, ...others].map((each) => each.sync("/")));
    assertEqual(passed, 0);
    await barrier.remove();
    await Promise.all(waiting);
    await barrier.wait();
  },

  "members of a double barrier begin and end together, again and again": async ({ connectAll }) => {
    const clients = await connectAll(4);
    const counts = { inside: 0, left: 0 };
    const takePart = async (zk: (typeof clients)[number]): Promise<void> => {
      const barrier = new DoubleBarrier(zk, "/double", clients.length);
      for (let round = 0; round < 3; round++) {
        await zk.create("/here-", null, { mode: "persistentSequential" });
        const member = await barrier.enter();
        const here = (await zk.getChildren("/")).children.filter((name) =>
          name.startsWith("here-"),
        );
        assert(here.length >= clients.length * (round + 1), "all have come");
        counts.inside++;
        await member.leave();
        assert(counts.inside >= clients.length * (round + 1), "all were inside");
        counts.left++;
      }
    };
    await Promise.all(clients.map(takePart));
    assertEqual(counts, { inside: 12, left: 12 });
  },

  "a queue gives items by priority, and returns those that were not finished": async ({
    connectAll,
  }) => {
    const [zk, other] = await connectAll(2);
    if (zk === undefined || other === undefined) throw new Error("no client");
    const queue = new Queue(zk, "/queue");
    await queue.put("later");
    await queue.put("now", { priority: 1 });
    await queue.put("delayed", { delayMs: 20 });
    {
      await using claim = await new Queue(other, "/queue").take();
      assertEqual(claim.text(), "now");
      // Not completed.
    }
    const abandoned = await new Queue(other, "/queue").take();
    assertEqual(abandoned.text(), "now");
    await other.close();
    const order: string[] = [];
    while (order.length < 3) {
      await using claim = await queue.take();
      order.push(claim.text());
      await claim.complete();
    }
    assertEqual([order[0], order.sort()], ["now", ["delayed", "later", "now"]]);
    assertEqual(await queue.length(), 0);
  },

  "a queue loses nothing under cuts": async ({ connectAll, fail }) => {
    const clients = await connectAll(4);
    const items = Array.from({ length: 20 }, (_, index) => `item-${index}`);
    const [producer] = clients;
    if (producer === undefined) throw new Error("no client");
    for (const item of items) await new Queue(producer, "/queue").put(item);
    const done = new Set<string>();
    const consume = async (queue: Queue): Promise<void> => {
      while (done.size < items.length) {
        await using claim = await takeSoon(queue);
        if (claim === undefined) continue;
        await claim.complete();
        done.add(claim.text());
        if (done.size % 5 === 0) await fail("cut");
      }
    };
    await Promise.all(clients.map((zk) => consume(new Queue(zk, "/queue"))));
    assertEqual([...done].sort(), items.toSorted());
  },

  "a counter is exact, and does not wrap": async ({ connectAll }) => {
    const clients = await connectAll(4);
    const counters = clients.map((zk) => new Counter(zk, "/counter", { format: "int32" }));
    await Promise.all(
      counters.map(async (counter) => {
        for (let round = 0; round < 10; round++) await counter.add(1);
      }),
    );
    const [counter, other] = counters as [Counter, Counter];
    assertEqual(await counter.get(), 40);
    assertEqual(await other.compareAndSet(40, 2 ** 31 - 1), true);
    assertEqual(await counter.compareAndSet(40, 0), false);
    await assertRejects(counter.add(1), CounterRangeError);
  },

  "ids are given once": async ({ connectAll }) => {
    const clients = await connectAll(3);
    const ids = await Promise.all(
      clients.flatMap((zk) => {
        const generator = new IdGenerator(zk, "/ids", { blockSize: 4 });
        return Array.from({ length: 10 }, () => generator.next());
      }),
    );
    assertEqual(new Set(ids).size, 30);
  },

  "all sites commit, or all abort": async ({ connectAll }) => {
    const [zk, other] = await connectAll(2);
    if (zk === undefined || other === undefined) throw new Error("no client");
    await zk.create("/orders");
    for (const [path, vote] of [
      ["/orders/1", "commit"],
      ["/orders/2", "abort"],
    ] as const) {
      const order = new TwoPhaseCommit(zk, path);
      await order.begin(["billing", "stock"], "a bicycle");
      const decided = new TwoPhaseCommit(other, path).decision();
      await order.vote("billing", "commit");
      await order.vote("stock", vote);
      assertEqual([await decided, await order.decision()], [vote, vote]);
    }
  },
};
