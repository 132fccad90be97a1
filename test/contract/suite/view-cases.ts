/** Mirrors of znodes, and znodes that stay. */
import {
  GroupMembership,
  NodeCache,
  PersistentNode,
  ServiceDiscovery,
  TreeCache,
} from "../../../src/recipes/index.ts";
import { assert, assertEqual, text, until } from "./assertions.ts";
import type { ContractCases } from "./contract-case.ts";

export const viewCases: ContractCases = {
  "a node cache follows one znode, over a cut too": async ({ connect, fail }) => {
    const [zk, other] = [await connect(), await connect()];
    await using cache = new NodeCache(zk, "/config");
    await cache.start();
    assertEqual(cache.current, undefined);
    const seen: (string | undefined)[] = [];
    for await (const node of cache.values()) {
      const value = node && text(node.data);
      seen.push(value);
      if (value === "2") break;
      if (value === undefined) {
        await other.create("/config", "1");
      } else {
        await fail("cut");
        await other.sync("/"); // Connected again: the write is not lost.
        await other.setData("/config", "2");
      }
    }
    assertEqual(seen, [undefined, "1", "2"]);
  },

  "a tree cache follows all below a znode, over a cut too": async ({ connect, fail }) => {
    const [zk, other] = [await connect(), await connect()];
    await other.ensurePath("/tree/a/b");
    await using cache = new TreeCache(zk, "/tree");
    await cache.start();
    assertEqual([cache.size, cache.children("/tree/a")], [3, ["b"]]);
    await fail("cut");
    await other.sync("/");
    await other
      .transaction()
      .delete("/tree/a/b")
      .create("/tree/c", "1")
      .setData("/tree/a", "2")
      .commit();
    await until("it shows what is there", () => {
      const shown = [...cache.entries()].map(({ path, data }) => `${path} ${text(data)}`);
      return shown.sort().join() === "/tree ,/tree/a 2,/tree/c 1";
    });
    await until("it knows that", () => cache.isCurrent);
  },

  "a persistent node comes back": async ({ connect, fail }) => {
    const zk = await connect({ sessionTimeoutMs: 1 });
    await using node = new PersistentNode(zk, "/node", "here");
    await node.start();
    const { session } = zk;
    const absent = new Promise<void>((resolve) => void node.on("absent", resolve));
    await fail("silence");
    await absent;
    await fail("cut");
    await until("it is there again", () => node.isPresent);
    const { data, stat } = await zk.getData("/node");
    assertEqual([text(data), stat.ephemeralOwner], ["here", zk.session?.id]);
    assert(zk.session !== session, "in another session");
    await zk.delete("/node");
    await until("it is back", async () => (await zk.exists("/node")) !== undefined);
  },

  "members of a group see each other": async ({ connect }) => {
    const [zk, other] = [await connect(), await connect()];
    const group = new GroupMembership(zk, "/group");
    const member = await group.join({ id: "a", data: "1" });
    const lists: string[] = [];
    for await (const members of group.watch()) {
      lists.push(members.map(({ id, data }) => id + text(data)).join());
      if (lists.length === 1) await new GroupMembership(other, "/group").join({ id: "b" });
      else if (lists.at(-1) === "a1,b") await member.leave();
      else if (lists.at(-1) === "b") break;
    }
    assertEqual(lists[0], "a1");
    assertEqual((await group.members()).length, 1);
    await other.close();
    assertEqual(await group.members(), []);
  },

  "services are found while they are registered": async ({ connect }) => {
    const [zk, other] = [await connect(), await connect()];
    const discovery = new ServiceDiscovery<string>(zk, "/services");
    const first = await discovery.register({ name: "search", id: "1", address: "10.0.0.1" });
    await using provider = await new ServiceDiscovery<string>(other, "/services").provider(
      "search",
    );
    await discovery.register({ name: "search", id: "2", port: 8080, payload: "beta" });
    await until("both are known", () => provider.all.length === 2);
    assertEqual([provider.pick()?.id, provider.pick()?.id, provider.pick()?.id], ["1", "2", "1"]);
    await first.unregister();
    await until("one is left", () => provider.all.length === 1);
    assertEqual([provider.pick()?.port, provider.pick()?.payload], [8080, "beta"]);
    assertEqual(await discovery.names(), ["search"]);
  },
};
