/**
 * Counter: as much as was added, exactly, but for additions that nobody knows the outcome of. Ids are never given twice.
 */
import { ZooKeeperError } from "../../../src/client/index.ts";
import { Counter, IdGenerator } from "../../../src/recipes/index.ts";
import type { StartWorkload } from "../workload.ts";
import type { FaultClient } from "../world.ts";

const PATH = "/counters/one";
const ADDED_MAX = 9;

export const counterWorkload: StartWorkload = (world, zk) => {
  const ids = new Set<number>();
  const generators = new Map<FaultClient, IdGenerator>();
  let known = 0;
  let unknown = 0;
  return {
    async act(client) {
      const delta = 1 + client.random.below(ADDED_MAX);
      try {
        await new Counter(client.zk, PATH).add(delta);
        known += delta;
      } catch (error) {
        if (error instanceof ZooKeeperError && error.outcome === "unknown") unknown += delta;
        throw error;
      }
      let generator = generators.get(client);
      if (generator === undefined) {
        generator = new IdGenerator(client.zk, "/counters/ids", { blockSize: 3 });
        generators.set(client, generator);
      }
      const id = await generator.next();
      if (ids.has(id)) world.report(`${client.name} got id ${id}, which another has`);
      ids.add(id);
    },
    async check() {
      const value = await new Counter(zk, PATH).get();
      if (value < known || value > known + unknown) {
        world.report(`the count is ${value}, but ${known} were added, and maybe ${unknown} more`);
      }
    },
  };
};
