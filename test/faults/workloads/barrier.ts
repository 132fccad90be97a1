/**
 * Barrier: nobody passes while it is up, and everybody who was at it passes when it goes, even if the next one is up before they
 * have looked.
 *
 * Each barrier has a path of its own, and one keeper, so that from the answer to its creation to the moment when its keeper begins
 * to remove it, it is up for certain.
 */
import { OperationTimeoutError, type ZooKeeper } from "../../../src/client/index.ts";
import { unfailing, until, untilDone } from "../explained.ts";
import { observed } from "../observed-client.ts";
import type { StartWorkload } from "../workload.ts";
import type { FaultClient } from "../world.ts";

const FOLDER = "/barriers";
const UP_MS = 400;
/** Longer than a session lasts. */
const LONG_UP_MS = 7_000;
const LONG_ONE_IN = 8;
const PATIENCE_MS = 300;
const IDLE_MS = 20;

interface Gate {
  readonly path: string;
  /** Somebody has begun to remove it. */
  isLowered: boolean;
  /** Those who have seen it up, and have not passed. */
  readonly waiting: Set<string>;
}

export const barrierWorkload: StartWorkload = (world, _zk, { Barrier }) => {
  let gates = 0;
  let isKept = false;
  let gate: Gate | undefined;

  async function keep({ name, zk, random }: FaultClient): Promise<void> {
    const own: Gate = { path: `${FOLDER}/${gates++}`, isLowered: false, waiting: new Set() };
    const barrier = new Barrier(zk, own.path);
    await untilDone(world, () => barrier.create());
    world.log(`${name} has put up ${own.path}`);
    gate = own;
    const isLong = world.phase === "faults" && random.below(LONG_ONE_IN) === 0;
    await world.sleep(random.below(isLong ? LONG_UP_MS : UP_MS));
    own.isLowered = true;
    gate = undefined;
    world.log(`${name} removes ${own.path}, at which are ${[...own.waiting].join(" ")}`);
    await untilDone(world, () => barrier.remove());
    if (random.below(2) === 0) return;
    await untilDone(world, () => barrier.create());
    await until(world, () => own.waiting.size === 0);
    await untilDone(world, () => barrier.remove());
  }

  async function pass({ name, zk, random }: FaultClient, at: Gate): Promise<void> {
    const sees = (isUp: boolean): void => {
      if (isUp && !at.isLowered) at.waiting.add(name);
    };
    const barrier = new Barrier(lookingAt(zk, sees), at.path);
    try {
      const options = random.below(4) === 0 ? { timeoutMs: random.below(PATIENCE_MS) } : {};
      await unfailing({ world, name }, barrier.wait(options));
      if (!at.isLowered) world.report(`${name} passed ${at.path}, which is up`);
    } catch (error) {
      if (!(error instanceof OperationTimeoutError)) throw error;
      world.log(`${name} gives up`);
    } finally {
      at.waiting.delete(name);
    }
  }

  return {
    async act(client) {
      if (gate !== undefined) {
        await pass(client, gate);
      } else if (isKept) {
        await world.sleep(client.random.below(IDLE_MS));
      } else {
        isKept = true;
        try {
          await keep(client);
        } finally {
          isKept = false;
        }
      }
    },
    check() {
      const left = world.server.paths(FOLDER).filter((path) => path !== FOLDER);
      if (left.length > 0) world.report(`left behind: ${left.join(" ")}`);
      return Promise.resolve();
    },
  };
};

/** A client that says what it learns. */
function lookingAt(zk: ZooKeeper, sees: (isUp: boolean) => void): ZooKeeper {
  return observed(zk, {
    async exists(path, options) {
      const stat = await zk.exists(path, options);
      sees(stat !== undefined);
      return stat;
    },
  });
}
