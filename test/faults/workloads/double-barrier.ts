/**
 * DoubleBarrier: it opens only when enough were there at one moment, whoever gives up or dies meanwhile, and nobody hangs on the
 * way in or out.
 */
import {
  isSessionFatal,
  OperationTimeoutError,
  type ZooKeeper,
} from "../../../src/client/index.ts";
import { DoubleBarrier } from "../../../src/recipes/index.ts";
import type { StartWorkload } from "../workload.ts";
import type { World } from "../world.ts";

const PATH = "/barriers/one";
const READY = `${PATH}/ready`;
const SIZE = 4;
const PATIENCE_MS = 5_000;
const INSIDE_MS = 100;

export const doubleBarrierWorkload: StartWorkload = (world, zk) => {
  void watchBarrier(world, zk);
  return {
    async act({ name, zk: own, random }) {
      const barrier = new DoubleBarrier(own, PATH, SIZE);
      try {
        await using member = await barrier.enter({ timeoutMs: PATIENCE_MS });
        world.log(`${name} is in`);
        await world.sleep(random.below(INSIDE_MS));
        await member.leave();
      } catch (error) {
        if (!(error instanceof OperationTimeoutError)) throw error;
        world.log(`${name} gives up`);
      }
    },
    check() {
      const left = membersOf(world);
      if (left.length > 0) world.report(`left behind: ${left.join(" ")}`);
      return Promise.resolve();
    },
  };
};

function membersOf({ server }: World): string[] {
  return server.paths(PATH).filter((path) => path !== PATH && path !== READY);
}

/** Follows what happens on the server, in its order, and looks at how many there were when the barrier opens. */
async function watchBarrier(world: World, zk: ZooKeeper): Promise<void> {
  const members = new Set<string>();
  let most = 0;
  try {
    for await (const { type, path } of zk.watch(PATH, { recursive: true })) {
      if (type === "Resync") {
        members.clear();
        for (const present of membersOf(world)) members.add(present);
        // What was missed may have been enough.
        most = SIZE;
      } else if (path === READY) {
        if (type === "NodeDeleted") most = members.size;
        else if (most < SIZE) world.report(`it opened with ${most} of ${SIZE} members`);
      } else if (path !== PATH) {
        if (type === "NodeCreated") members.add(path);
        else members.delete(path);
        most = Math.max(most, members.size);
      }
    }
  } catch (error) {
    if (!isSessionFatal(error)) throw error;
  }
}
