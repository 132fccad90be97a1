/**
 * Lock: one holder at a time, tokens that grow, writes by holders only, and nothing left behind.
 */
import { FencedResource } from "../fenced-resource.ts";
import type { StartWorkload } from "../workload.ts";
import { Ledger, useOnce } from "./held-resource.ts";
import { acquireSomehow } from "./holders.ts";

const PATH = "/locks/one";

export const lockWorkload: StartWorkload = async (world, zk, { Lock }) => {
  await zk.create("/ledger");
  const resource = new FencedResource(world);
  const ledger = new Ledger(world, "/ledger");
  return {
    async act(client) {
      const held = await acquireSomehow(world, new Lock(client.zk, PATH), client);
      if (held !== undefined) await useOnce(world, resource, client, held, { ledger });
    },
    async check() {
      ledger.check();
      const left = await new Lock(zk, PATH).contenders();
      if (left.length > 0) world.report(`left behind: ${left.join(" ")}`);
    },
  };
};
