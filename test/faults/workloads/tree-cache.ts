/**
 * TreeCache: no znode goes back to an older state; each comes to show the last one, and those that are gone are gone, whatever was
 * missed.
 */
import {
  NodeExistsError,
  NoNodeError,
  NotEmptyError,
  TransactionError,
} from "../../../src/client/index.ts";
import type { TreeCache, TreeChange } from "../../../src/recipes/index.ts";
import { until } from "../explained.ts";
import { expectShown } from "../view-check.ts";
import type { StartWorkload } from "../workload.ts";
import type { FaultClient, World } from "../world.ts";

const ROOT = "/tree";
const BRANCHES = 3;
const LEAVES = 3;
const REOPENED_ONE_IN = 30;
const LOOK_MS = 100;

interface Follower {
  readonly name: string;
  readonly cache: TreeCache;
  /** Of what it showed last at each path. */
  readonly mzxids: Map<string, number>;
}

export const treeCacheWorkload: StartWorkload = async (world, zk, { TreeCache }) => {
  await zk.create(ROOT);
  const followers = new Map<FaultClient, Follower>();
  let count = 0;

  function show({ name, mzxids }: Follower, change: TreeChange): void {
    const { path } = change;
    if (change.type === "removed") return;
    const { mzxid } = change.entry.stat;
    const before = mzxids.get(path) ?? 0;
    if (mzxid <= before) world.report(`${name} goes back from ${before} to ${mzxid} at ${path}`);
    mzxids.set(path, mzxid);
  }

  async function followerOf({ name, zk: own }: FaultClient): Promise<Follower> {
    const cache = new TreeCache(own, ROOT);
    const follower: Follower = { name, cache, mzxids: new Map() };
    cache.on("change", (change) => show(follower, change));
    cache.on("error", (error) => world.report(`${name}'s cache: ${String(error)}`));
    await cache.start();
    return follower;
  }

  /** Gives the path and the zxid that everybody must come to see, unless there is a later one or it is gone. */
  async function write(client: FaultClient): Promise<[path: string, zxid: number]> {
    const { zk: own, random } = client;
    const path = pathOf(client);
    const branch = `${ROOT}/${random.below(BRANCHES)}`;
    const data = `${count++}`;
    try {
      switch (random.below(6)) {
        case 0:
          await own.delete(path);
          return [path, 0];
        case 1:
          await own.deleteRecursive(branch);
          return [path, 0];
        case 2: {
          // A branch and its leaf, born together.
          const born = own.transaction().create(branch, data).create(`${branch}/0`, data);
          const [, { czxid }] = await born.commit();
          return [`${branch}/0`, czxid];
        }
        case 3:
          return [path, (await own.setData(path, data)).mzxid];
        default:
          return [path, (await own.create(path, data)).stat.mzxid];
      }
    } catch (error) {
      const cause = error instanceof TransactionError ? error.cause : error;
      const isInVain =
        cause instanceof NoNodeError ||
        cause instanceof NodeExistsError ||
        cause instanceof NotEmptyError;
      if (isInVain) return [path, 0];
      throw error;
    }
  }

  return {
    async act(client) {
      const known = followers.get(client);
      if (known === undefined || client.random.below(REOPENED_ONE_IN) === 0) {
        followers.delete(client);
        await known?.cache.close();
        followers.set(client, await followerOf(client));
      }
      const follower = followers.get(client);
      if (follower === undefined) return;
      const [path, zxid] = await write(client);
      await until(
        world,
        () => (follower.mzxids.get(path) ?? 0) >= zxid || !world.server.paths(path).includes(path),
      );
      await world.sleep(client.random.below(LOOK_MS));
      const looked = pathOf(client);
      await expectShown(
        world,
        client,
        async () => `${looked} ${(await client.zk.exists(looked))?.mzxid}`,
        () => `${looked} ${follower.cache.get(looked)?.stat.mzxid}`,
      );
    },
    async check() {
      await expectSame(world, followers.values());
      await zk.deleteRecursive(ROOT);
      await zk.ensurePath(`${ROOT}/last/one`);
      await expectSame(world, followers.values());
      for (const path of world.server.paths(ROOT)) {
        const mzxid = (await zk.exists(path))?.mzxid;
        for (const { name, cache } of followers.values()) {
          const shown = cache.get(path)?.stat.mzxid;
          if (shown !== mzxid) world.report(`${name} shows ${path} of ${shown}, not of ${mzxid}`);
        }
      }
      for (const { cache } of followers.values()) await cache.close();
    },
  };
};

function pathOf({ random }: FaultClient): string {
  const branch = `${ROOT}/${random.below(BRANCHES)}`;
  return random.below(3) === 0 ? branch : `${branch}/${random.below(LEAVES)}`;
}

/** Every one of them comes to have the znodes that there are. */
async function expectSame(world: World, followers: Iterable<Follower>): Promise<void> {
  const paths = world.server.paths(ROOT).join(" ");
  for (const { name, cache } of followers) {
    const cached = (): string =>
      Array.from(cache.entries(), ({ path }) => path)
        .sort()
        .join(" ");
    world.log(`${name} has ${cached()}`);
    await until(world, () => cache.isCurrent && cached() === paths);
  }
}
