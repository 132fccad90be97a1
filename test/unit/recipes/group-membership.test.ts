import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  ConnectionClosedError,
  OperationTimeoutError,
  type ZooKeeper,
} from "../../../src/client/index.ts";
import { GroupMembership, type Member } from "../../../src/recipes/index.ts";
import { ManualClock, SeededRandom, TestServer } from "../../../src/testing/index.ts";
import { settled, until } from "./support/progress.ts";

let clock: ManualClock;
let server: TestServer<ManualClock>;
let zk: ZooKeeper;
let other: ZooKeeper;

beforeEach(async () => {
  clock = new ManualClock();
  server = new TestServer({ clock });
  zk = await server.connect();
  other = await server.connect();
});

afterEach(() => server.close());

function shown(members: readonly Member[]): string[] {
  return members.map(({ id, data }) => `${id}=${new TextDecoder().decode(data ?? undefined)}`);
}

/** Every list that is seen, from now on. */
function watched(group: GroupMembership): string[][] {
  const lists: string[][] = [];
  void (async () => {
    for await (const members of group.watch()) lists.push(shown(members));
  })().catch(() => {
    // The client is closed.
  });
  return lists;
}

describe("a group", () => {
  it("has those who joined and did not leave, and goes with the last one", async () => {
    const group = new GroupMembership(zk, "/groups/g");
    expect(await group.members()).toEqual([]);
    const a = await group.join({ id: "a", data: "1" });
    const b = await new GroupMembership(other, "/groups/g").join({ id: "b" });
    expect(shown(await group.members())).toEqual(["a=1", "b="]);
    expect(server.paths()).toEqual(["/groups", "/groups/g", "/groups/g/a", "/groups/g/b"]);
    await a.leave();
    expect(shown(await group.members())).toEqual(["b="]);
    await b.leave();
    await until(clock, () => server.paths().length === 0);
  });

  it("gives members ids of their own", async () => {
    const group = new GroupMembership(zk, "/g");
    const [a, b] = await Promise.all([group.join(), group.join()]);
    expect(a.id).not.toBe(b.id);
    expect(await group.members()).toHaveLength(2);
  });

  it("shows members of all formats", async () => {
    const kazoo = new GroupMembership(zk, "/g", { format: "kazoo" });
    const member = await kazoo.join({ id: "a", data: "1" });
    expect(member.path).toBe("/g/a__party__");
    await new GroupMembership(zk, "/g").join({ id: "b" });
    expect(shown(await kazoo.members())).toEqual(["a=1", "b="]);
  });

  it("lets nobody have an id that is taken, unless it takes it over", async () => {
    const group = new GroupMembership(zk, "/g");
    const first = await group.join({ id: "a", data: "first" });
    const rival = new GroupMembership(other, "/g");
    const joining = rival.join({ id: "a", timeoutMs: 500 });
    await expect(settled(clock, joining)).rejects.toThrow(OperationTimeoutError);
    await rival.join({ id: "a", data: "second", takeOver: true });
    expect(shown(await group.members())).toEqual(["a=second"]);
    await until(clock, () => !first.isPresent);
  });
});

describe("watching a group", () => {
  it("gives a list for every change, at first the present one", async () => {
    const group = new GroupMembership(zk, "/g");
    const lists = watched(new GroupMembership(other, "/g"));
    await clock.advance(0);
    const member = await group.join({ id: "a", data: "1" });
    await clock.advance(0);
    member.setData("2");
    await clock.advance(0);
    await member.leave();
    await clock.advance(0);
    expect(lists).toEqual([[], ["a=1"], ["a=2"], []]);
  });

  it("gives one list for all that happened while the client was away", async () => {
    const group = new GroupMembership(zk, "/g");
    await group.join({ id: "a" });
    const lists = watched(new GroupMembership(other, "/g"));
    await until(clock, () => lists.length === 1);
    server.pause(other);
    await group.join({ id: "b" });
    await group.join({ id: "c" });
    void server.loseConnection(other);
    server.resume(other);
    await until(clock, () => lists.length > 1);
    await clock.advance(1_000);
    expect(lists).toEqual([["a="], ["a=", "b=", "c="]]);
  });

  it("shows that a member's session has ended, and that it is back", async () => {
    await new GroupMembership(zk, "/g").join({ id: "a" });
    const lists = watched(new GroupMembership(other, "/g"));
    await until(clock, () => lists.length === 1);
    server.expireSession(zk);
    await until(clock, () => lists.length === 3);
    expect(lists).toEqual([["a="], [], ["a="]]);
  });

  it("ends with the signal, with the loop, and with the client", async () => {
    const group = new GroupMembership(zk, "/g");
    const controller = new AbortController();
    for await (const _ of group.watch({ signal: controller.signal })) controller.abort();
    for await (const _ of group.watch()) break;
    const members = group.watch();
    await members.next();
    const next = members.next();
    await zk.close();
    await expect(next).rejects.toThrow(ConnectionClosedError);
  });
});

describe("eight members", () => {
  it.each([1, 2, 3])(
    "are all there in the end, each once, whatever is lost (seed %i)",
    async (seed) => {
      const random = new SeededRandom(seed);
      const clients = await Promise.all(
        Array.from({ length: 8 }, () => server.connect({ sessionTimeoutMs: 4_000 })),
      );
      const memberships = await Promise.all(
        clients.map((client, index) => new GroupMembership(client, "/g").join({ id: `${index}` })),
      );
      const lists = clients.map((client) => watched(new GroupMembership(client, "/g")));
      for (let round = 0; round < 100; round++) {
        const client = clients[random.below(clients.length)];
        if (client === undefined) throw new Error("no client");
        const requests = random.next() < 0.5 ? "dropped" : "applied";
        const dice = random.next();
        if (dice < 0.4) void server.loseConnection(client, { requests });
        else if (dice < 0.7 && server.hasSession(client)) server.expireSession(client);
        else if (dice < 0.8) server.pause(client);
        else server.resume(client);
        await clock.advance(random.below(800));
      }
      server.resume();
      const all = clients.map((_client, index) => `${index}=`);
      await until(clock, () => memberships.every((membership) => membership.isPresent));
      await until(clock, () => lists.every((seen) => seen.at(-1)?.length === all.length));
      for (const seen of lists) expect(seen.at(-1)).toEqual(all);
      expect(shown(await new GroupMembership(other, "/g").members())).toEqual(all);
    },
  );
});
