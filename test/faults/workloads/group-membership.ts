/**
 * GroupMembership: a member is in the group when all is well, whatever has happened, and gone when it has left; and whoever
 * watches is told of the members that there are.
 */
import { until } from "../explained.ts";
import { expectShown } from "../view-check.ts";
import type { StartWorkload } from "../workload.ts";
import type { FaultClient } from "../world.ts";

const PATH = "/group";
const STAY_MS = 2_000;

export const groupMembershipWorkload: StartWorkload = (world, zk, { GroupMembership }) => {
  /** The ids of the members, as each client was told last. */
  const told = new Map<FaultClient, readonly string[]>();
  const end = new AbortController();

  async function follow(client: FaultClient): Promise<void> {
    told.set(client, []);
    const group = new GroupMembership(client.zk, PATH);
    for await (const members of group.watch({ signal: end.signal })) {
      const ids = members.map(({ id }) => id);
      told.set(client, ids);
      for (const { id, data } of members) {
        const text = new TextDecoder().decode(data ?? undefined);
        if (text !== id) world.report(`${client.name} is told of ${id} with the data ${text}`);
      }
    }
  }

  async function untilAllAreTold(ids: readonly string[]): Promise<void> {
    world.log(`members are: ${ids.join(" ")}`);
    await until(world, () => [...told.values()].every((last) => last.join(" ") === ids.join(" ")));
  }

  return {
    async act(client) {
      const { name, zk: own, random } = client;
      if (!told.has(client)) {
        follow(client).catch((error: unknown) => {
          world.report(`${name} cannot follow: ${String(error)}`);
        });
      }
      const isTold = (): boolean => told.get(client)?.includes(name) === true;
      const group = new GroupMembership(own, PATH);
      const membership = await group.join({ id: name, data: name });
      try {
        await world.sleep(random.below(STAY_MS));
        await until(world, () => membership.isPresent && isTold());
        await expectShown(
          world,
          client,
          async () => (await own.getChildren(PATH)).children.sort().join(" "),
          () => told.get(client)?.join(" ") ?? "",
        );
      } finally {
        await membership.leave();
      }
      await until(world, () => !isTold());
    },
    async check() {
      const group = new GroupMembership(zk, PATH);
      await untilAllAreTold([]);
      const last = await Promise.all(["x", "y"].map((id) => group.join({ id, data: id })));
      await untilAllAreTold(["x", "y"]);
      const members = await group.members();
      if (members.length !== last.length) world.report(`members: ${members.length}`);
      await Promise.all(last.map((membership) => membership.leave()));
      await untilAllAreTold([]);
      end.abort();
    },
  };
};
