/**
 * ReadWriteLock: many readers or one writer, and a writer that becomes a reader lets no other writer in.
 */
import { NotHeldError } from "../../../src/recipes/index.ts";
import { SessionExpiredError } from "../../../src/client/index.ts";
import { FencedResource } from "../fenced-resource.ts";
import type { StartWorkload } from "../workload.ts";
import { Ledger, useOnce } from "./held-resource.ts";
import { acquireSomehow } from "./holders.ts";

const PATH = "/locks/shared";

export const readWriteLockWorkload: StartWorkload = async (world, zk, { ReadWriteLock }) => {
  await zk.create("/ledger");
  const resource = new FencedResource(world);
  const ledger = new Ledger(world, "/ledger");
  return {
    async act(client) {
      const { random } = client;
      const lock = new ReadWriteLock(client.zk, PATH);
      const isShared = random.below(3) > 0;
      const held = await acquireSomehow(world, isShared ? lock.read : lock.write, client);
      if (held === undefined) return;
      if (isShared || random.below(3) > 0) {
        const options = isShared ? { isShared } : { ledger };
        await useOnce(world, resource, client, held, options);
        return;
      }
      const leave = resource.enter(client, held);
      const { writers } = resource;
      try {
        const shared = await lock.downgrade(held).finally(leave);
        if (resource.writers !== writers && !shared.signal.aborted) {
          world.report(`${client.name} let another writer in between`);
        }
        await useOnce(world, resource, client, shared, { isShared: true });
      } catch (error) {
        const isLost = error instanceof NotHeldError || error instanceof SessionExpiredError;
        if (!isLost) throw error;
      } finally {
        await held.release();
      }
    },
    async check() {
      ledger.check();
      const left = await new ReadWriteLock(zk, PATH).write.contenders();
      if (left.length > 0) world.report(`left behind: ${left.join(" ")}`);
    },
  };
};
