/**
 * LeaderElection: one leader at a time, terms that grow, and no candidate left behind.
 */
import { unfailing } from "../explained.ts";
import { FencedResource } from "../fenced-resource.ts";
import type { StartWorkload } from "../workload.ts";
import { Ledger, useOnce } from "./held-resource.ts";

const PATH = "/elections/one";

export const leaderElectionWorkload: StartWorkload = async (world, zk, { LeaderElection }) => {
  await zk.create("/ledger");
  const resource = new FencedResource(world);
  const ledger = new Ledger(world, "/ledger");
  return {
    async act(client) {
      const election = new LeaderElection(client.zk, PATH, { id: client.name });
      const leadership = await unfailing({ world, name: client.name }, election.campaign());
      await useOnce(world, resource, client, leadership, { ledger });
    },
    async check() {
      ledger.check();
      const left = await new LeaderElection(zk, PATH).candidates();
      if (left.length > 0) world.report(`left behind: ${left.join(" ")}`);
    },
  };
};
