/**
 * LeaderElection, the way of a selector: one reign at a time, of whom `leader` and `leaders` tell; those that are told of have
 * terms that grow, and the last one is the one that there is.
 */
import type { Held, Leader } from "../../../src/recipes/index.ts";
import { until } from "../explained.ts";
import { FencedResource } from "../fenced-resource.ts";
import type { StartWorkload } from "../workload.ts";
import type { FaultClient } from "../world.ts";
import { Ledger, useOnce } from "./held-resource.ts";

const PATH = "/elections/selector";

export const leaderSelectorWorkload: StartWorkload = async (world, zk, { LeaderElection }) => {
  await zk.create("/ledger");
  const resource = new FencedResource(world);
  const ledger = new Ledger(world, "/ledger");
  /** What each client was told last. */
  const told = new Map<FaultClient, Leader | undefined>();
  const end = new AbortController();

  async function follow(client: FaultClient): Promise<void> {
    const { name, zk: own } = client;
    let term = 0;
    told.set(client, undefined);
    for await (const leader of new LeaderElection(own, PATH).leaders({ signal: end.signal })) {
      told.set(client, leader);
      if (leader === undefined) continue;
      if (leader.token <= term) world.report(`${name} is told of ${leader.token} after ${term}`);
      term = leader.token;
    }
  }

  async function untilAllAreTold(id: string | undefined): Promise<void> {
    await until(world, () => [...told.values()].every((leader) => leader?.id === id));
  }

  async function reign(client: FaultClient, leadership: Held): Promise<void> {
    const { name, zk: own } = client;
    const leader = await new LeaderElection(own, PATH).leader();
    const { session, signal, token } = leadership;
    const isCertain = !signal.aborted && !world.wasKilled(session) && own.session === session;
    if (isCertain && (leader?.token !== token || leader.id !== name)) {
      world.report(`${name} leads with ${token}, others see ${leader?.id} (${leader?.token})`);
    }
    const used = {
      token,
      signal,
      check: () => leadership.check(),
      // lead resigns by itself.
      release: () => Promise.resolve(),
    };
    await useOnce(world, resource, client, used, { ledger });
  }

  return {
    async act(client) {
      if (!told.has(client)) {
        follow(client).catch((error: unknown) => {
          world.report(`${client.name} cannot follow: ${String(error)}`);
        });
      }
      const election = new LeaderElection(client.zk, PATH, { id: client.name, nodeName: "lock-" });
      await election.lead((leadership) => reign(client, leadership));
    },
    async check() {
      ledger.check();
      const election = new LeaderElection(zk, PATH, { id: "last" });
      const left = await election.candidates();
      if (left.length > 0) world.report(`left behind: ${left.join(" ")}`);
      await untilAllAreTold(undefined);
      const last = await election.campaign();
      await untilAllAreTold("last");
      await last.release();
      await untilAllAreTold(undefined);
      end.abort();
    },
  };
};
