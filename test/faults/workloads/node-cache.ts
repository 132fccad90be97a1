/**
 * NodeCache: it shows what was there, never goes back to an older state, and comes to show the last one, whatever it has missed.
 */
import { NodeExistsError, NoNodeError, type Stat } from "../../../src/client/index.ts";
import type { CachedNode, NodeCache } from "../../../src/recipes/index.ts";
import { until } from "../explained.ts";
import { expectShown } from "../view-check.ts";
import type { StartWorkload } from "../workload.ts";
import type { FaultClient } from "../world.ts";

const PATH = "/cached";
const REOPENED_ONE_IN = 30;
const LOOK_MS = 100;

interface Follower {
  readonly name: string;
  readonly cache: NodeCache;
  /** Of what it showed last. */
  mzxid: number;
  shown: CachedNode | undefined;
}

export const nodeCacheWorkload: StartWorkload = (world, zk, { NodeCache }) => {
  const followers = new Map<FaultClient, Follower>();
  /** What anybody wrote or may have written, and the zxid, once that is known. */
  const written = new Map<string, number | undefined>();
  let count = 0;

  function show(follower: Follower, node: CachedNode | undefined): void {
    const { name } = follower;
    follower.shown = node;
    if (node === undefined) return;
    const { mzxid } = node.stat;
    if (mzxid <= follower.mzxid) {
      world.report(`${name} goes back from ${follower.mzxid} to ${mzxid}`);
    }
    follower.mzxid = mzxid;
    const data = new TextDecoder().decode(node.data ?? undefined);
    const zxid = written.has(data) ? (written.get(data) ?? mzxid) : undefined;
    if (zxid !== mzxid) world.report(`${name} shows ${data} of ${mzxid}, written at ${zxid}`);
  }

  async function followerOf({ name, zk: own }: FaultClient): Promise<Follower> {
    const cache = new NodeCache(own, PATH);
    const follower: Follower = { name, cache, mzxid: 0, shown: undefined };
    cache.on("change", (node) => show(follower, node));
    cache.on("error", (error) => world.report(`${name}'s cache: ${String(error)}`));
    await cache.start();
    return follower;
  }

  /** Gives the zxid that everybody must come to see, unless there is a later one. */
  async function write({ zk: own, random }: FaultClient): Promise<number> {
    const data = `${count++}`;
    written.set(data, undefined);
    let stat: Stat;
    try {
      switch (random.below(4)) {
        case 0:
          await own.delete(PATH);
          return 0;
        case 1:
          ({ stat } = await own.create(PATH, data));
          break;
        default:
          stat = await own.setData(PATH, data);
      }
    } catch (error) {
      if (error instanceof NoNodeError || error instanceof NodeExistsError) return 0;
      throw error;
    }
    written.set(data, stat.mzxid);
    return stat.mzxid;
  }

  return {
    async act(client) {
      const known = followers.get(client);
      const isReopened = client.random.below(REOPENED_ONE_IN) === 0;
      if (known === undefined || isReopened) {
        followers.delete(client);
        await known?.cache.close();
        followers.set(client, await followerOf(client));
      }
      const follower = followers.get(client);
      if (follower === undefined) return;
      const zxid = await write(client);
      // What was deleted meanwhile may never show.
      await until(world, () => follower.mzxid >= zxid || !world.server.paths().includes(PATH));
      await world.sleep(client.random.below(LOOK_MS));
      await expectShown(
        world,
        client,
        async () => `${(await client.zk.exists(PATH))?.mzxid}`,
        () => `${follower.cache.current?.stat.mzxid}`,
      );
    },
    async check() {
      const last = await zk.exists(PATH);
      for (const { name, cache } of followers.values()) {
        await until(world, () => cache.current?.stat.mzxid === last?.mzxid);
        world.log(`${name} shows ${last?.mzxid}`);
      }
      const data = `${count++}`;
      written.set(data, undefined);
      const stat = last ? await zk.setData(PATH, data) : (await zk.create(PATH, data)).stat;
      for (const { cache } of followers.values()) {
        await until(world, () => cache.current?.stat.mzxid === stat.mzxid);
        await cache.close();
      }
    },
  };
};
