/**
 * A revocable Lock: who holds it keeps it until it is asked to let go, which it is once; so whoever waits gets it only if that is
 * heard. And one holder at a time.
 */
import { NotHeldError } from "../../../src/recipes/index.ts";
import type { Held } from "../../../src/recipes/index.ts";
import { isExplained, unfailing } from "../explained.ts";
import { FencedResource } from "../fenced-resource.ts";
import type { StartWorkload } from "../workload.ts";
import type { FaultClient } from "../world.ts";
import { Ledger } from "./held-resource.ts";

const PATH = "/locks/revocable";
const IMPATIENT_AFTER_MS = 60;
const LETTING_GO_MS = 40;
const LOOK_MS = 10;

export const revocableLockWorkload: StartWorkload = async (world, zk, { Lock }) => {
  await zk.create("/ledger");
  const resource = new FencedResource(world);
  const ledger = new Ledger(world, "/ledger");
  /** Paths of holders that were asked: nobody asks twice, or a request that was not heard would not show. */
  const asked = new Set<string>();

  async function askHolder({ name, zk: own }: FaultClient): Promise<void> {
    const lock = new Lock(own, PATH);
    const [first] = await lock.contenders();
    if (first === undefined || asked.has(first)) return;
    asked.add(first);
    try {
      const isAsked = await lock.revoke();
      // What was first then may be another one, which nobody knows to be asked.
      if (!isAsked) asked.delete(first);
      world.log(`${name} asks ${first} to let go: ${isAsked}`);
    } catch (error) {
      asked.delete(first);
      throw error;
    }
  }

  async function acquire(client: FaultClient, onRevoke: (held: Held) => void): Promise<Held> {
    const acquiring = new Lock(client.zk, PATH, { onRevoke }).acquire();
    const waiting = { isOver: false };
    const stop = (): void => void (waiting.isOver = true);
    acquiring.then(stop, stop);
    await world.sleep(client.random.below(IMPATIENT_AFTER_MS));
    while (!waiting.isOver) {
      await askHolder(client).catch((error: unknown) => {
        if (!isExplained(error)) throw error;
      });
      await world.sleep(LOOK_MS);
    }
    return await unfailing({ world, name: client.name }, acquiring);
  }

  async function hold(client: FaultClient, held: Held, isAsked: () => boolean): Promise<void> {
    const leave = resource.enter(client, held);
    try {
      while (!isAsked() && !held.signal.aborted && world.phase !== "over") {
        await world.sleep(LOOK_MS);
      }
      await world.sleep(client.random.below(LETTING_GO_MS));
      if (held.signal.aborted) return;
      resource.use(client, held);
      await ledger.write(client.zk, held);
    } finally {
      leave();
      await held.release();
    }
  }

  return {
    async act(client) {
      const { name } = client;
      const asking = new Set<string>();
      const held = await acquire(client, ({ path, signal }) => {
        asking.add(path);
        world.log(`${name} is asked to let go of ${path}`);
        if (signal.aborted) world.report(`${name} is asked for ${path}, which it does not hold`);
      });
      await hold(client, held, () => asking.has(held.path));
      const { reason } = held.signal;
      if (reason instanceof NotHeldError && !reason.message.startsWith("released")) {
        world.report(`${name}: ${reason.message}`);
      }
    },
    async check() {
      ledger.check();
      const left = await new Lock(zk, PATH).contenders();
      if (left.length > 0) world.report(`left behind: ${left.join(" ")}`);
    },
  };
};
