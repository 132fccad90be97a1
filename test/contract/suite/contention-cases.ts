/** Clients that contend for something while their connections are cut. */
import type { ZooKeeper } from "../../../src/client/index.ts";
import { type Held, Lock, ReadWriteLock, Semaphore } from "../../../src/recipes/index.ts";
import { assert, assertEqual } from "./assertions.ts";
import type { ContractCases, World } from "./contract-case.ts";

const CLIENTS = 8;
const ROUNDS = 5;
/** Rounds between two cuts. */
const CUT_EVERY = 4;

type Take = (zk: ZooKeeper, round: number) => Promise<Held>;

/** Everybody takes it `ROUNDS` times; `onTaken` is told who holds it whenever somebody has taken it. */
async function contend(
  { connectAll, fail }: World,
  take: Take,
  onTaken: (holders: ReadonlySet<Held>, held: Held) => void,
): Promise<void> {
  const clients = await connectAll(CLIENTS);
  const holders = new Set<Held>();
  let taken = 0;
  const work = async (zk: ZooKeeper): Promise<void> => {
    for (let round = 0; round < ROUNDS; round++) {
      const held = await take(zk, round);
      holders.add(held);
      onTaken(holders, held);
      if (++taken % CUT_EVERY === 0) await fail("cut");
      // Asked again after the cut, so it is held for a while.
      assert((await zk.exists(held.path)) !== undefined, "its znode is there");
      assert(!held.signal.aborted, "it is held");
      holders.delete(held);
      await held.release();
    }
  };
  await Promise.all(clients.map(work));
  assertEqual(taken, CLIENTS * ROUNDS);
}

export const contentionCases: ContractCases = {
  "a contended lock has one holder at a time": async (world) => {
    let last = 0;
    await contend(
      world,
      async (zk) => await new Lock(zk, "/lock").acquire(),
      (holders, { token }) => {
        assertEqual(holders.size, 1);
        assert(token > last, "fencing tokens grow");
        last = token;
      },
    );
    const zk = await world.connect();
    assertEqual((await zk.getChildren("/lock")).children, []);
  },

  "a contended read-write lock has one writer or readers": async (world) => {
    const writers = new Set<Held>();
    await contend(
      world,
      async (zk, round) => {
        const { read, write } = new ReadWriteLock(zk, "/lock");
        if (round % 2 === 0) return await read.acquire();
        const held = await write.acquire();
        writers.add(held);
        return held;
      },
      (holders) => {
        const writing = [...holders].filter((held) => writers.has(held));
        assert(writing.length === 0 || holders.size === 1, "a writer is alone");
      },
    );
  },

  "a contended semaphore has no more leases than allowed": async (world) => {
    await contend(
      world,
      async (zk) => await new Semaphore(zk, "/semaphore", { leases: 3 }).acquire(),
      (holders) => assert(holders.size <= 3, `no more than 3 leases, not ${holders.size}`),
    );
  },
};
