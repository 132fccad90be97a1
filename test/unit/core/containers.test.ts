/** Containers and znodes with a TTL: what clients see of them, and what takes them away. */
import { describe, expect, it } from "vitest";
import { OpCode } from "../../../src/protocol/op-code.ts";
import type { CreateRequest } from "../../../src/protocol/requests.ts";
import { START_MS, TestServer, type TestConnection } from "./harness.ts";
import {
  acl,
  addRecursiveWatch,
  container,
  create,
  createTTL,
  deleteContainer,
  ephemeral,
  exists,
  getChildren,
  getData,
  getEphemerals,
  multi,
  remove,
  sequential,
  setData,
} from "./request-builders.ts";

const kinds: readonly [string, (path: string, options?: object) => CreateRequest][] = [
  ["container", container],
  ["znode with a TTL", (path, options) => createTTL(path, 500, options)],
];

function prepare(): { server: TestServer; client: TestConnection } {
  const server = new TestServer();
  return { server, client: server.connect() };
}

describe.each(kinds)("a %s", (_, build) => {
  it("is created with a Stat that shows no owner", () => {
    const { server, client } = prepare();
    const { reply, zxid } = client.request(build("/c", { data: "abc" }));
    expect(reply).toEqual({
      type: build("/c").type,
      path: "/c",
      stat: {
        czxid: zxid,
        mzxid: zxid,
        pzxid: zxid,
        ctime: START_MS,
        mtime: START_MS,
        version: 0,
        cversion: 0,
        aversion: 0,
        ephemeralOwner: 0,
        dataLength: 3,
        numChildren: 0,
      },
    });
    expect(server.lastZxid).toBe(zxid);
  });

  it("may have children, also ephemeral ones", () => {
    const { client } = prepare();
    client.request(build("/c"));
    expect(client.request(create("/c/a")).err).toBe(0);
    expect(client.request(ephemeral("/c/e")).err).toBe(0);
    expect(client.request(sequential("/c/s-"))).toMatchObject({
      reply: { path: "/c/s-0000000002" },
    });
    expect(client.request(build("/c/nested")).err).toBe(0);
    expect(client.request(remove("/c")).err).toBe(-111);
  });

  it("is nobody's ephemeral: it outlives its session", () => {
    const { server, client } = prepare();
    client.request(build("/c"));
    expect(client.request(getEphemerals("/")).reply).toMatchObject({ ephemerals: [] });
    server.expire(client.sessionId);
    expect(server.znode("/c")).toBeDefined();
  });

  it("is refused for the reasons that refuse any create", () => {
    const { client } = prepare();
    client.request(ephemeral("/e"));
    client.request(create("/closed", { acl: [acl("world", "anyone", 1)] }));
    client.request(build("/c"));
    for (const [request, err] of [
      [build("/e/x"), -108],
      [build("/closed/x"), -102],
      [build("/c"), -110],
      [build("/nope/x"), -101],
      [build("/c/"), -8],
      [build("no slash"), -8],
      [build("/x", { acl: [] }), -114],
    ] as const) {
      expect(client.request(request).err).toBe(err);
    }
  });

  it("tells watches as any create does", () => {
    const { client } = prepare();
    client.request(exists("/c", true));
    client.request(getChildren("/", true));
    client.take();
    client.request(build("/c"));
    expect(client.takeTrace().slice(0, 2)).toEqual(["created /c", "childrenChanged /"]);
  });

  it("stays what it is when its data or its children change", () => {
    const { server, client } = prepare();
    client.request(build("/c"));
    const { isContainer, ttlMs } = server.znode("/c") ?? {};
    for (const request of [setData("/c"), create("/c/a"), remove("/c/a")]) client.request(request);
    expect(server.znode("/c")).toMatchObject({ isContainer, ttlMs });
  });

  it("is answered in a multi as a create2, and comes undone with it", () => {
    const { server, client } = prepare();
    const { reply, zxid } = client.request(multi(build("/c"), create("/c/k"), build("/c/d")));
    expect(reply).toMatchObject({
      results: [
        { type: 15, path: "/c", stat: { czxid: zxid, numChildren: 0 } },
        { type: OpCode.create, path: "/c/k" },
        { type: 15, path: "/c/d", stat: { czxid: zxid } },
      ],
    });
    const before = server.store.paths();
    client.request(multi(build("/c/x"), remove("/nope")));
    expect(server.store.paths()).toEqual(before);
  });

  it("goes when it is reaped: under a zxid of its own, with the events of a delete", () => {
    const { server, client } = prepare();
    client.request(create("/p"));
    client.request(build("/p/c"));
    client.request(getData("/p/c", true));
    client.request(getChildren("/p", true));
    const watcher = server.connect();
    watcher.request(addRecursiveWatch("/"));
    client.take();
    watcher.take();
    const before = server.lastZxid;
    server.reap("/p/c");
    expect(server.lastZxid).toBe(before + 1);
    expect(client.takeTrace()).toEqual(["deleted /p/c", "childrenChanged /p"]);
    expect(watcher.takeTrace()).toEqual(["deleted /p/c"]);
    expect(client.request(exists("/p")).reply).toMatchObject({
      stat: { numChildren: 0, pzxid: before + 1, cversion: 2 },
    });
    expect(client.request(create("/p/c")).err).toBe(0);
  });

  it("is not reaped while it has a child; that takes a zxid as well", () => {
    const { server, client } = prepare();
    client.request(build("/c"));
    client.request(create("/c/k"));
    client.request(exists("/c", true));
    client.take();
    const before = server.znode("/c");
    const zxid = server.lastZxid;
    server.reap("/c");
    expect(server.znode("/c")).toBe(before);
    expect(server.lastZxid).toBe(zxid + 1);
    expect(client.take()).toEqual([]);
  });
});

describe("what is not there any more, or not what it was", () => {
  it("is not reaped: a missing znode, and an ephemeral that has its name now", () => {
    const { server, client } = prepare();
    server.reap("/gone");
    client.request(container("/c"));
    client.request(remove("/c"));
    client.request(ephemeral("/c"));
    const before = server.lastZxid;
    server.reap("/c");
    expect(server.znode("/c")).toBeDefined();
    expect(server.lastZxid).toBe(before + 1);
  });
});

describe("a request to delete a container", () => {
  it("is answered -8, whatever its body, takes a zxid and deletes nothing", () => {
    const { server, client } = prepare();
    client.request(container("/c"));
    for (const hex of ["", "000000022f63", "000000022f63ffffffff", "2f63", "ffff"]) {
      const before = server.lastZxid;
      const answer = client.send(OpCode.deleteContainer, Buffer.from(hex, "hex"));
      expect(answer).toMatchObject({ err: -8, zxid: before + 1, reply: undefined });
    }
    expect(client.request(deleteContainer).err).toBe(-8);
    expect(client.closed).toBe(false);
    expect(server.znode("/c")).toBeDefined();
  });
});
