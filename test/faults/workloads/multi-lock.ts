/**
 * MultiLock: two of three locks at a time, in any order, without two holders of one and without anybody waiting for ever.
 */
import { unfailing } from "../explained.ts";
import { FencedResource } from "../fenced-resource.ts";
import type { StartWorkload } from "../workload.ts";

const PATHS = ["/locks/a", "/locks/b", "/locks/c"];
const USE_MS = 40;

export const multiLockWorkload: StartWorkload = (world, _zk, { Lock, MultiLock }) => {
  const resources = new Map(PATHS.map((path) => [path, new FencedResource(world)]));
  return {
    async act(client) {
      const { name, zk, random } = client;
      const left = random.below(PATHS.length);
      const paths = PATHS.filter((_, index) => index !== left);
      if (random.below(2) === 0) paths.reverse();
      const locks = paths.map((path) => new Lock(zk, path));
      await using multi = await unfailing({ world, name }, new MultiLock(zk, locks).acquire());
      const leave = paths.map((path) => {
        const held = multi.held.find((each) => each.path.startsWith(`${path}/`));
        if (held === undefined) world.report(`${name} does not hold ${path}`);
        return held && resources.get(path)?.enter(client, held);
      });
      await world.sleep(random.below(USE_MS));
      for (const leaveOne of leave) leaveOne?.();
    },
    async check() {
      const left = world.server.paths("/locks").filter((path) => !PATHS.includes(path));
      if (left.length > 1) world.report(`left behind: ${left.join(" ")}`);
    },
  };
};
