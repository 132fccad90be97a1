/**
 * Semaphore: never more holders than leases, and all leases back in the end.
 */
import { Semaphore } from "../../../src/recipes/index.ts";
import { FencedResource } from "../fenced-resource.ts";
import type { StartWorkload } from "../workload.ts";
import { useOnce } from "./held-resource.ts";
import { acquireSomehow } from "./holders.ts";

const PATH = "/semaphores/one";
const LEASES = 3;

export const semaphoreWorkload: StartWorkload = (world) => {
  const resource = new FencedResource(world, { capacity: LEASES, isFenced: false });
  return {
    async act(client) {
      const semaphore = new Semaphore(client.zk, PATH, { leases: LEASES });
      const held = await acquireSomehow(semaphore, client.random);
      if (held !== undefined) await useOnce(world, resource, client, held);
    },
    async check() {
      const left = world.server.paths(PATH).filter((path) => /\d{10}$/.test(path));
      if (left.length > 0) world.report(`left behind: ${left.join(" ")}`);
    },
  };
};
