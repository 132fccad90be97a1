/**
 * Lock: one holder at a time, tokens that grow, writes by holders only, and nothing left behind. Some give up waiting.
 */
import { type Held, Lock } from "../../../src/recipes/index.ts";
import { OperationTimeoutError } from "../../../src/client/index.ts";
import { FencedResource } from "../fenced-resource.ts";
import type { StartWorkload } from "../workload.ts";
import type { FaultClient } from "../world.ts";
import { Ledger, useOnce } from "./held-resource.ts";

const PATH = "/locks/one";
const PATIENCE_MS = 400;

export const lockWorkload: StartWorkload = async (world, zk) => {
  await zk.create("/ledger");
  const resource = new FencedResource(world);
  const ledger = new Ledger(world, "/ledger");
  return {
    async act(client) {
      const held = await acquire(client);
      if (held === undefined) world.log(`${client.name} gives up`);
      else await useOnce(world, resource, client, held, { ledger });
    },
    async check() {
      ledger.check();
      const left = await new Lock(zk, PATH).contenders();
      if (left.length > 0) world.report(`left behind: ${left.join(" ")}`);
    },
  };
};

/** Waits for ever, for a while, or not at all. */
async function acquire({ zk, random }: FaultClient): Promise<Held | undefined> {
  const lock = new Lock(zk, PATH);
  const choice = random.below(6);
  if (choice === 0) return await lock.tryAcquire();
  if (choice > 1) return await lock.acquire();
  try {
    return await lock.acquire({ timeoutMs: random.below(PATIENCE_MS) });
  } catch (error) {
    if (error instanceof OperationTimeoutError) return undefined;
    throw error;
  }
}
