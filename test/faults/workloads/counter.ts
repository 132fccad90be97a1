/**
 * Counter: as much as was added, exactly, but for additions that nobody knows the outcome of. Of those who exchange the same value
 * for the next one, one does. Whoever follows the values sees the last one.
 */
import { ZooKeeperError } from "../../../src/client/index.ts";
import { until } from "../explained.ts";
import type { StartWorkload } from "../workload.ts";
import type { FaultClient } from "../world.ts";

const SUM = "/counters/sum";
const TURN = "/counters/turn";
const ADDED_MAX = 9;

export const counterWorkload: StartWorkload = (world, zk, { Counter }) => {
  const turns = new Map<number, string>();
  const seen = new Map<FaultClient, number>();
  const end = new AbortController();
  let known = 0;
  let unknown = 0;

  async function follow(client: FaultClient): Promise<void> {
    seen.set(client, 0);
    const values = new Counter(client.zk, SUM).values({ signal: end.signal });
    for await (const value of values) seen.set(client, value);
  }

  async function add({ zk: own, random }: FaultClient): Promise<void> {
    const delta = 1 + random.below(ADDED_MAX);
    try {
      await new Counter(own, SUM).add(delta);
      known += delta;
    } catch (error) {
      if (error instanceof ZooKeeperError && error.outcome === "unknown") unknown += delta;
      throw error;
    }
  }

  async function exchange({ name, zk: own }: FaultClient): Promise<void> {
    const turn = new Counter(own, TURN, { format: "int32" });
    const value = await turn.get();
    if (!(await turn.compareAndSet(value, value + 1))) return;
    const other = turns.get(value);
    if (other !== undefined) world.report(`${name} exchanged ${value}, which ${other} had`);
    turns.set(value, name);
  }

  return {
    async act(client) {
      if (!seen.has(client)) {
        follow(client).catch((error: unknown) => {
          world.report(`${client.name} cannot follow: ${String(error)}`);
        });
      }
      await add(client);
      await exchange(client);
    },
    async check() {
      const value = await new Counter(zk, SUM).get();
      if (value < known || value > known + unknown) {
        world.report(`the count is ${value}, but ${known} were added, and maybe ${unknown} more`);
      }
      await until(world, () => [...seen.values()].every((last) => last === value));
      end.abort();
    },
  };
};
