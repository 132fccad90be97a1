/**
 * GroupMembership, and with it PersistentNode: a member is in the group when all is well, whatever has happened, and gone when it
 * has left. TreeCache: when all is calm it shows what is there.
 */
import { GroupMembership, type Membership, TreeCache } from "../../../src/recipes/index.ts";
import type { StartWorkload } from "../workload.ts";
import type { FaultClient } from "../world.ts";

const PATH = "/group";
const STAY_MS = 3_000;

export const groupMembershipWorkload: StartWorkload = (world, zk) => {
  const caches = new Map<FaultClient, TreeCache>();
  const present = new Map<string, Membership>();
  return {
    async act(client) {
      const { name, zk: own, random } = client;
      if (!caches.has(client)) {
        const cache = new TreeCache(own, PATH);
        caches.set(client, cache);
        cache.start({ timeoutMs: Infinity }).catch((error: unknown) => {
          world.report(`${name}'s cache: ${String(error)}`);
        });
      }
      const group = new GroupMembership(own, PATH);
      const membership = await group.join({ id: name, data: name, timeoutMs: Infinity });
      present.set(name, membership);
      await world.sleep(random.below(STAY_MS));
      present.delete(name);
      await membership.leave();
    },
    async check() {
      const members = await new GroupMembership(zk, PATH).members();
      if (members.length > 0) world.report(`left: ${members.map(({ id }) => id).join(" ")}`);
      const paths = world.server.paths(PATH).join(" ");
      for (const [{ name }, cache] of caches) {
        const cached = Array.from(cache.entries(), ({ path }) => path).sort();
        if (cached.join(" ") !== paths) world.report(`${name} caches ${cached.join(" ")}`);
        await cache.close();
      }
    },
  };
};
