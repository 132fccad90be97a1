/** Locks, and what else is held. */
import {
  NoNodeError,
  OperationTimeoutError,
  SessionExpiredError,
  TransactionError,
  type ZooKeeper,
} from "../../../src/client/index.ts";
import {
  type Held,
  LeaderElection,
  Lock,
  MultiLock,
  ReadWriteLock,
  Semaphore,
} from "../../../src/recipes/index.ts";
import { assert, assertEqual, assertRejects, text, until } from "./assertions.ts";
import type { ContractCases } from "./contract-case.ts";

export const lockCases: ContractCases = {
  "a lock is held by one, in the order in which it was asked for": async ({ connectAll }) => {
    const clients = await connectAll(3);
    const order: number[] = [];
    const waiting: Promise<void>[] = [];
    const tokens: number[] = [];
    for (const [index, zk] of clients.entries()) {
      const joined = Promise.withResolvers<void>();
      const work = async (held: Held): Promise<void> => {
        order.push(index);
        tokens.push(held.token);
        if (index === 0) await until("all wait", () => waiting.length === clients.length);
      };
      waiting.push(new Lock(zk, "/lock").run(work, { onPosition: () => joined.resolve() }));
      await joined.promise;
    }
    await Promise.all(waiting);
    assertEqual(order, [0, 1, 2]);
    assertEqual(
      tokens,
      tokens.toSorted((a, b) => a - b),
    );
  },

  "a lock guards a transaction": async ({ connectAll }) => {
    const [zk, other] = (await connectAll(2)) as [ZooKeeper, ZooKeeper];
    await zk.create("/guarded", "0");
    const held = await new Lock(zk, "/lock").acquire();
    assertEqual(await new Lock(other, "/lock").tryAcquire(), undefined);
    await zk.transaction().add(held.check()).setData("/guarded", "1").commit();
    await held.release();
    assert(held.signal.aborted, "it is not held any more");
    const late = zk.transaction().add(held.check()).setData("/guarded", "2").commit();
    assert((await assertRejects(late, TransactionError)).cause instanceof NoNodeError, "too late");
    assertEqual(text((await zk.getData("/guarded")).data), "1");
  },

  "who gives up waiting for a lock leaves nothing behind": async ({ connectAll }) => {
    const [zk, other] = (await connectAll(2)) as [ZooKeeper, ZooKeeper];
    await using held = await new Lock(zk, "/lock").acquire();
    const giving = new Lock(other, "/lock").acquire({ timeoutMs: 50 });
    await assertRejects(giving, OperationTimeoutError);
    await until("its place is free", async () => (await other.getEphemerals()).length === 0);
    assertEqual((await zk.getChildren("/lock")).children, [held.path.slice("/lock/".length)]);
  },

  "a lock outlives a cut": async ({ connect, fail }) => {
    const zk = await connect();
    await using held = await new Lock(zk, "/lock").acquire();
    await fail("cut");
    await zk.sync("/"); // Connected again: the write is not lost.
    await zk.transaction().add(held.check()).create("/written").commit();
    assert(!held.signal.aborted, "it is still held");
  },

  "a lock is lost with its session, and goes to whoever waits": async ({ connect, fail }) => {
    const zk = await connect({ sessionTimeoutMs: 1 });
    const held = await new Lock(zk, "/lock").acquire();
    const lost = new Promise<unknown>((resolve) => {
      held.signal.addEventListener("abort", () => resolve(held.signal.reason));
    });
    await fail("silence");
    assert((await lost) instanceof SessionExpiredError, "it is lost on time");
    await fail("cut");
    const next = await new Lock(await connect(), "/lock").acquire();
    assert(next.token > held.token, "the fencing token has grown");
    await next.release();
    await held.release();
  },

  "readers share a lock, a writer has it alone": async ({ connectAll }) => {
    const [first, second, third] = (await connectAll(3)) as [ZooKeeper, ZooKeeper, ZooKeeper];
    const { read } = new ReadWriteLock(first, "/rw");
    const { read: alsoRead } = new ReadWriteLock(second, "/rw");
    const forWriting = new ReadWriteLock(third, "/rw");
    const readers = [await read.acquire(), await alsoRead.acquire()];
    assertEqual(await forWriting.write.tryAcquire(), undefined);
    const writing = forWriting.write.acquire();
    await Promise.all(readers.map((held) => held.release()));
    const writer = await writing;
    assertEqual(await read.tryAcquire(), undefined);
    const reader = await forWriting.downgrade(writer);
    const shared = await read.tryAcquire();
    assert(shared !== undefined, "the writer has become a reader");
    await Promise.all([reader.release(), shared.release()]);
  },

  "a semaphore has so many leases": async ({ connectAll }) => {
    const clients = await connectAll(3);
    const semaphores = clients.map((zk) => new Semaphore(zk, "/semaphore", { leases: 2 }));
    const [first, second, third] = semaphores as [Semaphore, Semaphore, Semaphore];
    const held = [await first.acquire(), await second.acquire()];
    assertEqual(await third.tryAcquire(), undefined);
    const waiting = third.acquire();
    await held[0]?.release();
    held.push(await waiting);
    await Promise.all(held.map((each) => each.release()));
  },

  "several locks as one": async ({ connectAll }) => {
    const [zk, other] = (await connectAll(2)) as [ZooKeeper, ZooKeeper];
    const locks = [new Lock(zk, "/b"), new Lock(zk, "/a")];
    await using held = await new MultiLock(zk, locks).acquire();
    assertEqual(
      held.held.map(({ path }) => path.slice(0, 3)),
      ["/b/", "/a/"],
    );
    assertEqual(await new Lock(other, "/a").tryAcquire(), undefined);
    assertEqual(await new Lock(other, "/b").tryAcquire(), undefined);
  },

  "one leads, and the next one follows": async ({ connectAll }) => {
    const [zk, other] = (await connectAll(2)) as [ZooKeeper, ZooKeeper];
    const election = new LeaderElection(zk, "/election", { id: "one" });
    const rival = new LeaderElection(other, "/election", { id: "two" });
    const leadership = await election.campaign();
    const following = rival.campaign();
    const seen: (string | undefined)[] = [];
    for await (const leader of rival.leaders()) {
      seen.push(leader?.id);
      if (leader?.id === "two") break;
      assertEqual(leader?.token, leadership.token);
      await leadership.release();
    }
    // Between the two there may be nobody, if the second one comes late.
    assertEqual([seen[0], seen.at(-1)], ["one", "two"]);
    await (await following).release();
    assertEqual(await election.leader(), undefined);
  },
};
