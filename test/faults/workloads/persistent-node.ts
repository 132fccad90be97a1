/**
 * PersistentNode: it is there whenever all is well, with the latest data, whoever deleted it and whatever sessions were lost; it is
 * gone when it was closed; and of several that share a path one at a time is present.
 */
import { NoNodeError, type Session } from "../../../src/client/index.ts";
import type { PersistentNode } from "../../../src/recipes/index.ts";
import { isExplained, until } from "../explained.ts";
import type { StartWorkload } from "../workload.ts";
import type { FaultClient } from "../world.ts";

const FOLDER = "/persistent";
const SHARED = `${FOLDER}/shared`;
const STAY_MS = 1_500;
/** Longer than a session lasts. */
const LONG_STAY_MS = 9_000;
const LONG_ONE_IN = 6;

interface Present {
  readonly name: string;
  readonly session: Session | undefined;
}

export const persistentNodeWorkload: StartWorkload = (world, _zk, recipes) => {
  const present = new Set<Present>();
  let count = 0;

  /** One's own is nobody else's; but others delete it. */
  async function keepOwn({ name, zk, random }: FaultClient): Promise<void> {
    const path = `${FOLDER}/${name}`;
    const node = new recipes.PersistentNode(zk, path, `${count++}`);
    node.on("error", (error) => world.report(`${name}'s node: ${String(error)}`));
    await node.start();
    await world.sleep(stayMs(random.below(LONG_ONE_IN) === 0, random.next()));
    const latest = `${count++}`;
    node.setData(latest);
    await untilSeen({ name, zk, random }, node, latest);
    await node.close();
    const { session } = zk;
    const stat = await zk.exists(path);
    const isOurs = stat !== undefined && stat.ephemeralOwner === session?.id;
    if (isOurs) world.report(`${path} is there although it was closed`);
  }

  async function untilSeen(client: FaultClient, node: PersistentNode, data: string): Promise<void> {
    const { zk } = client;
    for (;;) {
      await until(world, () => node.isPresent);
      try {
        const seen = await zk.getData(node.path);
        const isSession = seen.stat.ephemeralOwner === zk.session?.id;
        if (isSession && new TextDecoder().decode(seen.data ?? undefined) === data) return;
      } catch (error) {
        if (!(error instanceof NoNodeError || isExplained(error))) throw error;
      }
      await world.sleep(1 + client.random.below(50));
    }
  }

  async function deleteAnother({ name, zk, random }: FaultClient): Promise<void> {
    const other = world.clients[random.below(world.clients.length)]?.name ?? name;
    try {
      await zk.delete(`${FOLDER}/${other}`);
      world.log(`${name} deletes the znode of ${other}`);
    } catch (error) {
      if (!(error instanceof NoNodeError)) throw error;
    }
  }

  /** All want this one, and nobody takes it from another. */
  async function keepShared({ name, zk, random }: FaultClient): Promise<void> {
    let self: Present | undefined;
    const node = new recipes.PersistentNode(zk, SHARED, name);
    node.on("error", (error) => world.report(`${name}'s shared node: ${String(error)}`));
    node.on("present", () => {
      const others = [...present].filter(
        ({ session }) => session !== undefined && !world.wasKilled(session),
      );
      const isKilled = zk.session !== undefined && world.wasKilled(zk.session);
      if (others.length > 0 && !isKilled) {
        world.report(`${name} is present beside ${others.map((other) => other.name).join(" ")}`);
      }
      self = { name, session: zk.session };
      present.add(self);
      world.log(`${name} has the shared znode`);
    });
    node.on("absent", () => {
      if (self !== undefined) present.delete(self);
    });
    await node.start();
    await world.sleep(stayMs(random.below(LONG_ONE_IN) === 0, random.next() / 10));
    await node.close();
  }

  function stayMs(isLong: boolean, fraction: number): number {
    return fraction * (isLong && world.phase === "faults" ? LONG_STAY_MS : STAY_MS);
  }

  return {
    async act(client) {
      await deleteAnother(client);
      if (client.random.below(3) === 0) await keepShared(client);
      else await keepOwn(client);
    },
    check() {
      const left = world.server.paths(FOLDER).filter((path) => path !== FOLDER);
      if (left.length > 0) world.report(`left behind: ${left.join(" ")}`);
      return Promise.resolve();
    },
  };
};
