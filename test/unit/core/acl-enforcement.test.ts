/** Who may do what to a znode, op by op, as a real server decides it. */
import { describe, expect, it } from "vitest";
import type { Request } from "../../../src/protocol/requests.ts";
import { TestServer, type TestConnection } from "./harness.ts";
import {
  acl,
  addRecursiveWatch,
  addWatch,
  auth,
  check,
  checkWatches,
  create,
  exists,
  getACL,
  getChildren,
  getChildren2,
  getData,
  multi,
  OPEN,
  remove,
  setACL,
  setData,
  setWatches,
  sync,
} from "./request-builders.ts";

const owner = acl("digest", "own:B1Q1DRicWgP/CoZ8wMod4TOiUN4=");

/** A tree of `/x`, which strangers may do `perms` to, and its child `/x/k`; the owner, and a stranger. */
function prepare(perms: number): {
  own: TestConnection;
  stranger: TestConnection;
  server: TestServer;
} {
  const server = new TestServer();
  const own = server.connect();
  own.request(auth("digest", "own:pw"));
  own.request(create("/x", { acl: [acl("world", "anyone", perms), owner] }));
  own.request(create("/x/k"));
  return { own, stranger: server.connect(), server };
}

const ops: readonly [string, Request, allowedBy: string][] = [
  ["exists", exists("/x"), "-rwcda"],
  ["exists with a watch", exists("/x", true), "-rwcda"],
  ["getData", getData("/x"), "r"],
  ["getChildren", getChildren("/x"), "r"],
  ["getChildren2", getChildren2("/x"), "r"],
  ["getACL", getACL("/x"), "ra"],
  ["setData", setData("/x"), "w"],
  ["create of a child", create("/x/new"), "c"],
  ["delete of a child", remove("/x/k"), "d"],
  ["setACL", setACL("/x", OPEN), "a"],
  ["sync", sync("/x"), "-rwcda"],
];
const letters: readonly [letter: string, perms: number][] = [
  ["-", 0],
  ["r", 1],
  ["w", 2],
  ["c", 4],
  ["d", 8],
  ["a", 16],
];

describe("a stranger", () => {
  for (const [letter, perms] of letters) {
    it.each(ops)(`with the permission "${letter}" alone: %s`, (_, request, allowedBy) => {
      const { stranger } = prepare(perms);
      expect(stranger.request(request).err).toBe(allowedBy.includes(letter) ? 0 : -102);
    });

    it(`with the permission "${letter}" alone: check`, () => {
      const { stranger } = prepare(perms);
      const { reply } = stranger.request(multi(check("/x")));
      expect(reply).toMatchObject({
        results: [letter === "r" ? { type: 13 } : { type: -1, err: -102 }],
      });
    });
  }

  it.each(ops)("with every permission: %s", (_, request) => {
    expect(prepare(31).stranger.request(request).err).toBe(0);
  });
});

describe("permission of the parent", () => {
  it("to delete a child is all that it takes: a protected child of an open parent may go", () => {
    const server = new TestServer();
    const own = server.connect();
    own.request(auth("digest", "own:pw"));
    own.request(create("/locked", { acl: [owner] }));
    const stranger = server.connect();
    expect(stranger.request(getData("/locked")).err).toBe(-102);
    expect(stranger.request(getACL("/locked")).err).toBe(-102);
    expect(stranger.request(exists("/locked")).err).toBe(0);
    expect(stranger.request(remove("/locked")).err).toBe(0);
  });

  it("to delete is looked at before the child is looked for", () => {
    const { stranger } = prepare(1);
    expect(stranger.request(remove("/x/missing")).err).toBe(-102);
    expect(stranger.request(remove("/x/k", 99)).err).toBe(-102);
    expect(stranger.request(remove("/missing/k")).err).toBe(-101);
  });

  it("to create is looked at before the path is", () => {
    const { stranger } = prepare(1);
    expect(stranger.request(create("/x/\u0001")).err).toBe(-102);
    expect(stranger.request(create("/x/k")).err).toBe(-102);
    expect(stranger.request(create("/x/new", { acl: [] })).err).toBe(-114);
  });
});

describe("getACL", () => {
  const hidden = acl("digest", "own:x");

  it("hides digests from who may read but not administer", () => {
    const { stranger } = prepare(1);
    expect(stranger.request(getACL("/x")).reply).toMatchObject({
      acl: [acl("world", "anyone", 1), hidden],
    });
  });

  it("shows them to who may administer, be it the owner or anyone", () => {
    for (const perms of [16, 31]) {
      const { stranger } = prepare(perms);
      expect(stranger.request(getACL("/x")).reply).toMatchObject({
        acl: [acl("world", "anyone", perms), owner],
      });
    }
    const { own } = prepare(1);
    expect(own.request(getACL("/x")).reply).toMatchObject({
      acl: [acl("world", "anyone", 1), owner],
    });
  });

  it("hides digests only: addresses are shown, and the stored list is not changed", () => {
    const { own, stranger } = prepare(1);
    const list = [
      acl("world", "anyone", 1),
      owner,
      acl("digest", "a:b", 3),
      acl("ip", "10.0.0.1", 5),
    ];
    own.request(setACL("/x", list));
    expect(stranger.request(getACL("/x")).reply).toMatchObject({
      acl: [acl("world", "anyone", 1), hidden, acl("digest", "a:x", 3), acl("ip", "10.0.0.1", 5)],
    });
    expect(own.request(getACL("/x")).reply).toMatchObject({ acl: list });
  });
});

describe("addresses", () => {
  it("let in by their range", () => {
    const server = new TestServer();
    const here = server.connect({ address: "127.0.0.1" });
    here.request(create("/near", { acl: [acl("ip", "127.0.0.0/8")] }));
    here.request(create("/far", { acl: [acl("ip", "10.0.0.0/8")] }));
    expect(here.request(getData("/near")).err).toBe(0);
    expect(here.request(getData("/far")).err).toBe(-102);
    const there = server.connect({ address: "10.9.8.7" });
    expect(there.request(getData("/near")).err).toBe(-102);
    expect(there.request(getData("/far")).err).toBe(0);
    const elsewhere = server.connect({ address: "2001:db8::1" });
    expect(elsewhere.request(getData("/near")).err).toBe(-102);
    expect(elsewhere.request(exists("/near")).err).toBe(0);
  });
});

describe("refusals", () => {
  it("take a zxid when the request was a write, and none when it was a read", () => {
    const { server, stranger } = prepare(0);
    const before = server.lastZxid;
    expect(stranger.request(getData("/x"))).toMatchObject({ err: -102, zxid: before });
    expect(stranger.request(setData("/x"))).toMatchObject({ err: -102, zxid: before + 1 });
    expect(server.lastZxid).toBe(before + 1);
  });

  it("leave no watch", () => {
    const { own, stranger } = prepare(0);
    stranger.request(getData("/x", true));
    stranger.request(getChildren("/x", true));
    stranger.take();
    own.request(setData("/x"));
    own.request(create("/x/more"));
    expect(stranger.take()).toEqual([]);
  });

  it("of an op of a multi undo the multi", () => {
    const { server, stranger } = prepare(1);
    const { err, reply } = stranger.request(multi(create("/made"), setData("/x")));
    expect(err).toBe(0);
    expect(reply).toMatchObject({ results: [{ err: 0 }, { err: -102 }] });
    expect(server.znode("/made")).toBeUndefined();
  });

  it("do not apply to setWatches and addWatch: neither needs a permission, as in a real server", () => {
    const { server, stranger } = prepare(0);
    stranger.request(setWatches(2 ** 40, { data: ["/x"] }));
    expect(stranger.request(addWatch("/x/kid")).err).toBe(0);
    expect(server.watches.pathsOf("data", stranger).size).toBe(2);
  });
});

/** Somebody who watches everything there is, and may read nothing of what is to come. */
function watching(): { own: TestConnection; stranger: TestConnection } {
  const { server, own, stranger } = prepare(0);
  own.request(create("/hall"));
  stranger.request(addRecursiveWatch("/"));
  stranger.request(addWatch("/x"));
  stranger.request(exists("/hall/secret", true));
  stranger.request(getChildren("/hall", true));
  stranger.take();
  expect(server.watches.countOf(stranger)).toBe(6);
  return { own, stranger };
}

describe("events", () => {
  const closed = [acl("auth", "")];

  it("of a znode are not for those who may not read it, whichever watch they have", () => {
    const { own, stranger } = watching();
    for (const request of [
      setData("/x"),
      create("/x/more", { acl: closed }),
      create("/hall/secret", { acl: closed }),
      setData("/hall/secret"),
      create("/hall/secret/name", { acl: closed }),
      remove("/hall/secret/name"),
      remove("/hall/secret"),
    ]) {
      expect(own.request(request).err).toBe(0);
    }
    // That the open znode got a child is all there is to know.
    expect(stranger.takeTrace()).toEqual(["childrenChanged /hall"]);
    expect(own.request(checkWatches("/hall/secret", 2)).err).toBe(-121);
  });

  it("are for those who may read it alone: READ of the parent shows nothing of a child, nor the other way around", () => {
    const { own, stranger } = watching();
    own.request(create("/x/open"));
    own.request(create("/hall/open"));
    own.request(setACL("/hall/open", closed));
    own.request(setData("/hall/open"));
    own.request(setACL("/hall/open", [...closed, acl("world", "anyone", 1)]));
    own.request(setData("/hall/open"));
    own.request(remove("/hall/open"));
    expect(stranger.takeTrace()).toEqual([
      "created /x/open",
      "created /hall/open",
      "childrenChanged /hall",
      "dataChanged /hall/open",
      "deleted /hall/open",
    ]);
  });

  it("are for those who can prove who they are by the time", () => {
    const { own, stranger } = watching();
    stranger.request(auth("digest", "own:pw"));
    stranger.take();
    own.request(setData("/x"));
    expect(stranger.takeTrace()).toEqual(["dataChanged /x"]);
  });
});
