/**
 * Queue: every item that was put is done, by one consumer at a time.
 */
import { ZooKeeperError } from "../../../src/client/index.ts";
import type { Queue } from "../../../src/recipes/index.ts";
import { unfailing } from "../explained.ts";
import { FencedResource } from "../fenced-resource.ts";
import type { StartWorkload } from "../workload.ts";
import type { FaultClient, World } from "../world.ts";

const PATH = "/queue";
const WORK_MS = 60;

export const queueWorkload: StartWorkload = (world, zk, recipes) => {
  const put = new Set<string>();
  const done = new Set<string>();
  const items = new Map<string, FencedResource>();
  let count = 0;
  return {
    async act(client) {
      const queue = new recipes.Queue(client.zk, PATH);
      const item = `item ${count++}`;
      await putItem(world, queue, client, item);
      put.add(item);
      await using claim = await unfailing({ world, name: client.name }, queue.take());
      const taken = claim.text();
      world.log(`${client.name} claims ${taken}, ${claim.path}`);
      let resource = items.get(taken);
      if (resource === undefined) items.set(taken, (resource = new FencedResource(world)));
      const leave = resource.enter(client, claim);
      await world.sleep(client.random.below(WORK_MS));
      leave();
      if (client.random.below(5) === 0) return;
      done.add(taken);
      await claim.complete();
    },
    async check() {
      // What was given back is still there.
      const queue = new recipes.Queue(zk, PATH);
      for (let left = await queue.length(); left > 0; left--) {
        const claim = await queue.take();
        done.add(claim.text());
        await claim.complete();
      }
      const lost = [...put].filter((item) => !done.has(item));
      if (lost.length > 0) world.report(`lost: ${lost.join(", ")}`);
    },
  };
};

/** An item whose outcome is unknown may be there, or not. */
async function putItem(
  world: World,
  queue: Queue,
  { name, random }: FaultClient,
  item: string,
): Promise<void> {
  const options = { priority: random.below(3), delayMs: random.below(4) === 0 ? 50 : 0 };
  try {
    await queue.put(item, options);
  } catch (error) {
    if (error instanceof ZooKeeperError) world.log(`${name} put ${item}: ${error.outcome}`);
    throw error;
  }
}
