/** System znodes, Stats of parents, sequence numbers, and what takes a zxid. */
import { describe, expect, it } from "vitest";
import { createSystemZnodes } from "../../../src/core/data-tree.ts";
import { OpCode } from "../../../src/protocol/op-code.ts";
import type { Stat } from "../../../src/protocol/records.ts";
import type { Request } from "../../../src/protocol/requests.ts";
import { TestServer, type TestConnection } from "./harness.ts";
import {
  acl,
  auth,
  bytes,
  check,
  closeSession,
  create,
  create2,
  ephemeral,
  exists,
  getACL,
  getChildren,
  getChildren2,
  getData,
  multi,
  OPEN,
  ping,
  remove,
  sequential,
  setACL,
  setData,
  setWatches,
  sync,
} from "./request-builders.ts";

function statOf(client: TestConnection, path: string): Stat {
  const { reply } = client.request(exists(path));
  if (reply?.type !== OpCode.exists) throw new Error(`${path} does not exist`);
  return reply.stat;
}

const NOTHING: Stat = {
  czxid: 0,
  mzxid: 0,
  ctime: 0,
  mtime: 0,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0,
  dataLength: 0,
  numChildren: 0,
  pzxid: 0,
};

describe("the tree of a fresh server", () => {
  it.each([
    ["/", { ...NOTHING, cversion: -1, numChildren: 1 }, 31],
    ["/zookeeper", { ...NOTHING, cversion: -2, numChildren: 2 }, 31],
    ["/zookeeper/quota", NOTHING, 31],
    ["/zookeeper/config", { ...NOTHING, aversion: -1 }, 1],
  ])("has %s with the Stat and the ACL of a real one, and empty data", (path, stat, perms) => {
    const client = new TestServer().connect();
    expect(client.request(getData(path)).reply).toEqual({
      type: OpCode.getData,
      data: bytes(""),
      stat,
    });
    expect(client.request(getACL(path)).reply).toEqual({
      type: OpCode.getACL,
      acl: [acl("world", "anyone", perms)],
      stat,
    });
  });

  it("has four znodes", () => {
    const { store } = new TestServer();
    expect(store.paths()).toEqual(["/", "/zookeeper", "/zookeeper/config", "/zookeeper/quota"]);
    expect(store.childNames("/")).toEqual(["zookeeper"]);
    expect([...store.childNames("/zookeeper")].sort()).toEqual(["config", "quota"]);
  });

  it("stays what it is when the system znodes are created again", () => {
    const server = new TestServer();
    const client = server.connect();
    client.request(create("/a"));
    client.request(setData("/zookeeper/quota", "q"));
    const before = server.store.paths().map((path) => server.znode(path));
    createSystemZnodes(server.store);
    expect(server.store.paths().map((path) => server.znode(path))).toEqual(before);
  });

  it("gives its first session zxid 1", () => {
    const server = new TestServer();
    expect(server.lastZxid).toBe(0);
    expect(server.connect().request(exists("/")).zxid).toBe(1);
  });

  it.each(["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"])(
    "does not let %s be deleted, with any version, alone or in a multi",
    (path) => {
      const client = new TestServer().connect();
      expect(client.request(remove(path)).err).toBe(-8);
      expect(client.request(remove(path, 77)).err).toBe(-8);
      expect(client.request(multi(remove(path))).reply).toMatchObject({ results: [{ err: -8 }] });
    },
  );

  it("lets everybody write to it, but for the configuration", () => {
    const client = new TestServer().connect();
    for (const path of ["/", "/zookeeper", "/zookeeper/quota"]) {
      expect(client.request(setData(path)).reply).toMatchObject({ stat: { version: 1 } });
      expect(client.request(setACL(path, OPEN)).reply).toMatchObject({ stat: { aversion: 1 } });
    }
    for (const path of ["/zookeeper/x", "/zookeeper/quota/x"]) {
      expect(client.request(create(path)).err).toBe(0);
      expect(client.request(remove(path)).err).toBe(0);
    }
    expect(client.request(ephemeral("/zookeeper/e")).err).toBe(0);
    expect(client.request(create("/zookeeper/config/x")).err).toBe(-102);
    expect(client.request(remove("/zookeeper/config/x")).err).toBe(-102);
    expect(client.request(setData("/zookeeper/config")).err).toBe(-102);
    expect(client.request(setACL("/zookeeper/config", OPEN)).err).toBe(-102);
  });
});

/** Does a request and says what became of `/seq`, zxids relative to the request's. */
function step(client: TestConnection, request: Request): string {
  const { reply, err, zxid } = client.request(request);
  const { cversion, numChildren, pzxid, mzxid, version } = statOf(client, "/seq");
  const made = reply?.type === OpCode.create ? reply.path : err;
  return `${made}: cversion ${cversion}, ${numChildren} children, version ${version}, pzxid ${pzxid - zxid}, mzxid ${mzxid - zxid}`;
}

describe("a parent's Stat and its sequence numbers", () => {
  it("follow the steps seen on a real server", () => {
    const client = new TestServer().connect();
    const { zxid } = client.request(create("/seq"));
    expect(statOf(client, "/seq")).toMatchObject({ cversion: 0, numChildren: 0, pzxid: zxid });
    expect([
      step(client, sequential("/seq/a-")),
      step(client, create("/seq/p")),
      step(client, remove("/seq/p")),
      step(client, sequential("/seq/b-")),
      step(client, create("/seq/b-0000000002")),
      step(client, setData("/seq")),
      step(client, setACL("/seq", OPEN)),
      step(client, create("/seq/a-0000000000/g")),
      step(client, sequential("/seq/")),
      step(client, multi(sequential("/seq/n-"), sequential("/seq/n-"), remove("/no"))),
      step(client, sequential("/seq/n-")),
    ]).toEqual([
      "/seq/a-0000000000: cversion 1, 1 children, version 0, pzxid 0, mzxid -1",
      "/seq/p: cversion 2, 2 children, version 0, pzxid 0, mzxid -2",
      "0: cversion 3, 1 children, version 0, pzxid 0, mzxid -3",
      "/seq/b-0000000002: cversion 4, 2 children, version 0, pzxid 0, mzxid -4",
      "-110: cversion 4, 2 children, version 0, pzxid -1, mzxid -5",
      "0: cversion 4, 2 children, version 1, pzxid -2, mzxid 0",
      "0: cversion 4, 2 children, version 1, pzxid -3, mzxid -1",
      "/seq/a-0000000000/g: cversion 4, 2 children, version 1, pzxid -4, mzxid -2",
      "/seq/0000000003: cversion 5, 3 children, version 1, pzxid 0, mzxid -3",
      "0: cversion 5, 3 children, version 1, pzxid -1, mzxid -4",
      "/seq/n-0000000004: cversion 6, 4 children, version 1, pzxid 0, mzxid -5",
    ]);
  });

  it("count the ephemerals that end with their session", () => {
    const server = new TestServer();
    const client = server.connect();
    client.request(create("/p"));
    const owner = server.connect();
    for (const name of ["e1", "e2", "e3"]) owner.request(ephemeral(`/p/${name}`));
    const { zxid } = owner.request(closeSession);
    expect(statOf(client, "/p")).toMatchObject({ cversion: 6, numChildren: 0, pzxid: zxid });
    expect(client.request(sequential("/p/s")).reply).toMatchObject({ path: "/p/s0000000003" });
  });

  it("wrap as 32-bit numbers", () => {
    const server = new TestServer();
    const client = server.connect();
    client.request(create("/p"));
    const znode = server.znode("/p");
    if (znode === undefined) throw new Error("no znode");
    server.store.putZnode("/p", { ...znode, childrenCreated: 2 ** 30 });
    expect(statOf(client, "/p").cversion).toBe(-(2 ** 31));
    server.store.putZnode("/p", { ...znode, childrenCreated: 2 ** 31 - 1, version: 2 ** 31 - 1 });
    client.request(create("/p/a"));
    expect(statOf(client, "/p")).toMatchObject({ cversion: -1, numChildren: 1 });
    client.request(setData("/p"));
    expect(statOf(client, "/p").version).toBe(-(2 ** 31));
  });
});

describe("children", () => {
  it("are listed by their names, with the Stat by getChildren2", () => {
    const client = new TestServer().connect();
    for (const path of ["/p", "/p/b", "/p/a", "/p/a/x", "/p/é"]) client.request(create(path));
    const { reply } = client.request(getChildren("/p"));
    const names = reply?.type === OpCode.getChildren ? [...reply.children].sort() : [];
    expect(names).toEqual(["a", "b", "é"]);
    const both = client.request(getChildren2("/p")).reply;
    expect(both).toMatchObject({ stat: { numChildren: 3, cversion: 3 } });
    expect(client.request(getChildren("/p/b")).reply).toMatchObject({ children: [] });
    expect(client.request(getChildren("/no")).err).toBe(-101);
  });
});

describe("the empty path", () => {
  it("reads as the root", () => {
    const client = new TestServer().connect();
    client.request(setData("/", "root"));
    const { stat } = { stat: statOf(client, "/") };
    expect(statOf(client, "")).toEqual(stat);
    expect(client.request(getData("")).reply).toMatchObject({ data: bytes("root"), stat });
    expect(client.request(getChildren("")).reply).toMatchObject({ children: ["zookeeper"] });
    expect(client.request(getChildren2("")).reply).toMatchObject({ stat });
    expect(client.request(getACL("")).reply).toMatchObject({ acl: OPEN, stat });
  });
});

/** How many zxids a request takes. */
function cost(request: Request): number {
  const server = new TestServer();
  const client = server.connect();
  client.request(create("/p"));
  client.request(create("/p/k"));
  client.request(ephemeral("/e"));
  const before = server.lastZxid;
  const { zxid } = client.request(request);
  // Auth alone is answered with zxid 0.
  if (request.type !== OpCode.auth) expect(zxid).toBe(server.lastZxid);
  return server.lastZxid - before;
}

describe("zxids", () => {
  it.each<[string, Request]>([
    ["create", create("/a")],
    ["create2", create2("/a")],
    ["delete", remove("/p/k")],
    ["setData", setData("/p")],
    ["setACL", setACL("/p", OPEN)],
    ["multi", multi(create("/a"), create("/b"), check("/p"))],
    ["empty multi", multi()],
    ["failed multi", multi(create("/a"), remove("/no"))],
    ["closeSession", closeSession],
    ["create of an invalid path", create("/a/")],
    ["create of an existing path", create("/p")],
    ["create under a missing parent", create("/no/a")],
    ["create under an ephemeral", create("/e/a")],
    ["create with a bad ACL", create("/a", { acl: [] })],
    ["create with unknown flags", create("/a", { flags: 9 })],
    ["create that may not be", create("/zookeeper/config/a")],
    ["delete of nothing", remove("/no")],
    ["delete of the root", remove("/")],
    ["delete of a parent", remove("/p")],
    ["delete of another version", remove("/p/k", 9)],
    ["setData of nothing", setData("/no")],
    ["setData of another version", setData("/p", "", 9)],
    ["setACL of nothing", setACL("/no", OPEN)],
    ["setACL with a bad list", setACL("/p", [])],
  ])("%s takes one", (_, request) => {
    expect(cost(request)).toBe(1);
  });

  it.each<[string, Request]>([
    ["exists", exists("/p")],
    ["exists of nothing", exists("/no", true)],
    ["getData", getData("/p", true)],
    ["getACL", getACL("/p")],
    ["getChildren", getChildren("/p", true)],
    ["getChildren2", getChildren2("/p")],
    ["sync", sync("/p")],
    ["ping", ping],
    ["auth", auth("digest", "a:b")],
    ["refused auth", auth("foo", "a:b")],
    ["setWatches", setWatches(0, { data: ["/p"], exist: ["/p"], child: ["/p"] })],
  ])("%s takes none", (_, request) => {
    expect(cost(request)).toBe(0);
  });

  it("of sessions: opening takes one, resuming and refusing none, expiring one for all ephemerals", () => {
    const server = new TestServer();
    const client = server.connect();
    expect(server.lastZxid).toBe(1);
    server.connect({ sessionId: client.sessionId, passwd: client.passwd });
    server.connect({ sessionId: client.sessionId, passwd: new Uint8Array(16) });
    server.connect({ sessionId: 5 });
    server.connect({ lastZxidSeen: 99 });
    expect(server.lastZxid).toBe(1);
    const again = server.connect({ sessionId: client.sessionId, passwd: client.passwd });
    for (const name of ["a", "b", "c"]) again.request(ephemeral(`/${name}`));
    expect(server.lastZxid).toBe(4);
    server.advance(60_000);
    expect(server.lastZxid).toBe(5);
    expect(server.znode("/")).toMatchObject({ pzxid: 5, numChildren: 1 });
  });
});
