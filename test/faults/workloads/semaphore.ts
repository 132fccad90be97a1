/**
 * Semaphore: never more holders than leases, however many there are to be, and all leases back in the end.
 */
import { FencedResource } from "../fenced-resource.ts";
import type { Recipes, StartWorkload, Workload } from "../workload.ts";
import type { World } from "../world.ts";
import { useOnce } from "./held-resource.ts";
import { acquireSomehow } from "./holders.ts";

const PATH = "/semaphores/one";
const COUNT_PATH = "/semaphores/count";
const LEASES = 3;
const CHANGED_ONE_IN = 20;

export const semaphoreWorkload: StartWorkload = (world, _zk, recipes) => ({
  act: actsOn(world, recipes, LEASES),
  check: () => checkLeft(world),
});

/** The number of leases is in the tree, and changes. */
export const sharedSemaphoreWorkload: StartWorkload = async (world, zk, recipes) => {
  await zk.ensurePath(COUNT_PATH);
  await zk.setData(COUNT_PATH, int32(LEASES));
  const act = actsOn(world, recipes, { path: COUNT_PATH });
  return {
    async act(client) {
      if (client.random.below(CHANGED_ONE_IN) === 0) {
        await client.zk.setData(COUNT_PATH, int32(1 + client.random.below(LEASES)));
      }
      await act(client);
    },
    check: () => checkLeft(world),
  };
};

function actsOn(world: World, { Semaphore }: Recipes, leases: number | { readonly path: string }) {
  const resource = new FencedResource(world, { capacity: LEASES, isFenced: false });
  const act: Workload["act"] = async (client) => {
    const semaphore = new Semaphore(client.zk, PATH, { leases });
    const held = await acquireSomehow(world, semaphore, client);
    if (held !== undefined) await useOnce(world, resource, client, held);
  };
  return act;
}

function checkLeft(world: World): Promise<void> {
  const left = world.server.paths(PATH).filter((path) => /\d{10}$/.test(path));
  if (left.length > 0) world.report(`left behind: ${left.join(" ")}`);
  return Promise.resolve();
}

function int32(value: number): Uint8Array {
  return Uint8Array.of(0, 0, 0, value);
}
