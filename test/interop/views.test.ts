/** Our groups and services together with Curator's and kazoo's, on the same znodes. */
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { connect, type ZooKeeper } from "../../src/client/index.ts";
import { GroupMembership, type Member, ServiceDiscovery } from "../../src/recipes/index.ts";
import { Peer } from "./views/peer.ts";

const LONG = { timeout: 30_000 };

let zk: ZooKeeper;
let curator: Peer;
let kazoo: Peer;
let paths = 0;

beforeAll(async () => {
  const address = inject("interopAddress");
  zk = await connect(`zk://${address}`);
  curator = Peer.curator(address);
  kazoo = Peer.kazoo(address);
});

afterAll(async () => {
  await Promise.all([zk.close(), curator[Symbol.asyncDispose](), kazoo[Symbol.asyncDispose]()]);
});

const newPath = (): string => `/views-${process.pid}-${++paths}`;

function shown(members: readonly Member[]): string[] {
  return members.map(({ id, data }) => `${id}=${new TextDecoder().decode(data ?? undefined)}`);
}

describe("a group", () => {
  it("is one with Curator's GroupMember", async () => {
    const path = newPath();
    const group = new GroupMembership(zk, path);
    const ours = await group.join({ id: "ours", data: "1" });
    expect(await curator.ask(`join ${path} theirs 2`)).toBe("joined");
    await vi.waitFor(async () => {
      expect(await curator.ask("members")).toBe("{ours=1, theirs=2}");
    }, LONG);
    expect(shown(await group.members())).toEqual(["ours=1", "theirs=2"]);
    await ours.leave();
    await vi.waitFor(async () => {
      expect(await curator.ask("members")).toBe("{theirs=2}");
    }, LONG);
    await curator.ask("leave");
    expect(await group.members()).toEqual([]);
  });

  it("is one with kazoo's Party, in its format", async () => {
    const path = newPath();
    const group = new GroupMembership(zk, path, { format: "kazoo" });
    await using _ours = await group.join({ id: "ours", data: "our data" });
    expect(await kazoo.ask(`join ${path} theirs Party`)).toBe("joined");
    expect(await kazoo.ask("members Party")).toBe("['our data', 'theirs']");
    expect(
      (await group.members()).map(({ data }) => new TextDecoder().decode(data ?? undefined)),
    ).toEqual(expect.arrayContaining(["our data", "theirs"]));
    await kazoo.ask("leave Party");
    expect(shown(await group.members())).toEqual(["ours=our data"]);
  });

  it("shows members of kazoo's ShallowParty, whose identifiers are part of their ids", async () => {
    const path = newPath();
    const group = new GroupMembership(zk, path);
    expect(await kazoo.ask(`join ${path} theirs ShallowParty`)).toBe("joined");
    const [member] = await group.members();
    expect(member?.id).toMatch(/^[0-9a-f]{32}-theirs$/);
    await kazoo.ask("leave ShallowParty");
  });
});

describe("services", () => {
  it("have payloads that Curator takes for objects of the class that they name", async () => {
    const path = newPath();
    const payload = { "@class": "java.util.LinkedHashMap", zone: "b" };
    const discovery = new ServiceDiscovery(zk, path);
    await using _ours = await discovery.register({ name: "s", id: "ours", port: 81, payload });
    await curator.ask(`register ${path} s theirs`);
    expect(await curator.ask("instances s")).toContain("ours null 81 {zone=b} DYNAMIC true");
    await curator.ask("unregister");
  });

  it("are those of Curator's x-discovery", async () => {
    const path = newPath();
    const discovery = new ServiceDiscovery(zk, path);
    await using ours = await discovery.register({
      name: "s",
      id: "ours",
      address: "10.0.0.1",
      port: 81,
      payload: "ours",
    });
    await using provider = await discovery.provider("s");
    expect(await curator.ask(`register ${path} s theirs`)).toBe("registered");
    expect(await curator.ask("instances s")).toBe(
      "[ours 10.0.0.1 81 ours DYNAMIC true, theirs 10.0.0.2 82 theirs DYNAMIC true]",
    );
    await vi.waitFor(() => expect(provider.all).toHaveLength(2), LONG);
    const theirs = provider.all.find(({ id }) => id === "theirs");
    expect(theirs).toMatchObject({
      name: "s",
      address: "10.0.0.2",
      port: 82,
      payload: "theirs",
      serviceType: "DYNAMIC",
      enabled: true,
    });
    expect(theirs?.uriSpec?.parts).toContainEqual({ value: "scheme", variable: true });
    ours.update({ enabled: false });
    await vi.waitFor(async () => {
      expect(await curator.ask("instances s")).toContain("ours 10.0.0.1 81 ours DYNAMIC false");
    }, LONG);
    await curator.ask("unregister");
    await vi.waitFor(() => expect(provider.all.map(({ id }) => id)).toEqual(["ours"]), LONG);
  });
});
