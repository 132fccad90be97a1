/** Quotas: their text, and the statistics that writes keep. */
import { describe, expect, it } from "vitest";
import { formatQuota, parseQuota, quotaOf } from "../../../src/core/quota.ts";
import { OpCode } from "../../../src/protocol/op-code.ts";
import type { Request } from "../../../src/protocol/requests.ts";
import { TestServer, type TestConnection, type TestServerOptions } from "./harness.ts";
import {
  addRecursiveWatch,
  container,
  create,
  createTTL,
  ephemeral,
  exists,
  getData,
  multi,
  remove,
  sequential,
  setACL,
  setData,
  OPEN,
} from "./request-builders.ts";
import { QUOTA, setQuota, statsOf } from "./quota-builder.ts";

function prepare(options?: TestServerOptions): { server: TestServer; client: TestConnection } {
  const server = new TestServer(options);
  const client = server.connect();
  client.request(create("/q", { data: "four" }));
  client.request(create("/q/a", { data: "xx" }));
  return { server, client };
}

describe("the text of a quota", () => {
  it.each<[string, Record<string, number>]>([
    ["", {}],
    ["count=5,bytes=100", { count: 5, bytes: 100 }],
    [
      "count=5,bytes=100=;byteHardLimit=200;countHardLimit=10",
      { count: 5, bytes: 100, byteHardLimit: 200, countHardLimit: 10 },
    ],
    ["countHardLimit=10", { countHardLimit: 10 }],
    ["count=1;bytes=2,,;x=3;,", { count: 1, bytes: 2, x: 3 }],
    ["count=-1,bytes=+7", { count: -1, bytes: 7 }],
    ["count==5", { count: -1 }],
    ["=5", { "": 5 }],
    ["count=1=2=3", { count: 1 }],
    ["count=1,count=2", { count: 2 }],
    [";;", {}],
    ["count=9223372036854775807", { count: 2 ** 63 }],
  ])("%j says %j", (text, numbers) => {
    expect(Object.fromEntries(parseQuota(text) ?? [["malformed", 1]])).toEqual(numbers);
  });

  it.each([
    "count",
    "count=",
    "=",
    "==",
    ",count=5",
    "count=x",
    "count=1x",
    "count= 1",
    "count=1 ",
    "count=1\n",
    "count=-",
    "count=0x10",
    "count=1e3",
    "count=1.5",
    "count=99999999999999999999",
    "count=1,bytes",
    "\n",
  ])("%j is malformed", (text) => {
    expect(parseQuota(text)).toBeUndefined();
  });

  it.each([
    ["", "count=-1,bytes=-1"],
    ["bytes=7", "count=-1,bytes=7"],
    ["countHardLimit=1", "count=-1,bytes=-1=;countHardLimit=1"],
    [
      "countHardLimit=10;byteHardLimit=200;bytes=100,count=5",
      "count=5,bytes=100=;byteHardLimit=200;countHardLimit=10",
    ],
    ["b=1,a=2,bytes=3", "count=-1,bytes=3=;a=2;b=1"],
  ])("%j is written as %j", (text, written) => {
    expect(formatQuota(parseQuota(text) ?? new Map())).toBe(written);
  });
});

/** More than anybody needs, and than is read. */
const LONG = `count=1,bytes=1=;${"x=1;".repeat(300)}`;

describe("statistics", () => {
  it("are filled with what there is when they are created, whatever they were created with", () => {
    const { server, client } = prepare();
    client.request(create("/q/a/b", { data: null }));
    client.request(create("/qq", { data: "beside" }));
    setQuota(client, "/q", "count=9", "count=77,bytes=77");
    expect(statsOf(server, "/q")).toBe("count=3,bytes=6");
  });

  it("of what is not there yet are of nothing, and count it when it comes", () => {
    const { server, client } = prepare();
    setQuota(client, "/new", "count=9");
    expect(statsOf(server, "/new")).toBe("count=0,bytes=0");
    client.request(create("/new", { data: "abc" }));
    expect(statsOf(server, "/new")).toBe("count=1,bytes=3");
  });

  it.each<[string, readonly Request[], string]>([
    ["a create", [create("/q/n", { data: "abc" })], "count=3,bytes=9"],
    ["a create without data", [create("/q/n", { data: null })], "count=3,bytes=6"],
    ["a sequential create", [sequential("/q/s-")], "count=3,bytes=6"],
    ["a container", [container("/q/c", { data: "c" })], "count=3,bytes=7"],
    ["a TTL", [createTTL("/q/t", 9, { data: "tt" })], "count=3,bytes=8"],
    ["a create further down", [create("/q/a/b", { data: "abc" })], "count=3,bytes=9"],
    ["a create beside", [create("/qq", { data: "abc" })], "count=2,bytes=6"],
    ["a delete", [remove("/q/a")], "count=1,bytes=4"],
    ["a longer setData", [setData("/q/a", "12345")], "count=2,bytes=9"],
    ["a shorter setData", [setData("/q", "1")], "count=2,bytes=3"],
    ["a setData to null and back", [setData("/q", null), setData("/q", "1")], "count=2,bytes=3"],
    ["bytes, not letters", [setData("/q/a", "żółw")], "count=2,bytes=11"],
    ["a setACL", [setACL("/q/a", OPEN)], "count=2,bytes=6"],
    ["a read", [getData("/q/a"), exists("/q/nope", true)], "count=2,bytes=6"],
    [
      "a multi",
      [multi(create("/q/n", { data: "1" }), setData("/q/n", "22"), remove("/q/a"))],
      "count=2,bytes=6",
    ],
    [
      "the end of its quota's znode and its return",
      [remove("/q/a"), remove("/q")],
      "count=0,bytes=0",
    ],
  ])("after %s", (_, requests, stats) => {
    const { server, client } = prepare();
    setQuota(client, "/q", "count=100,bytes=100");
    for (const request of requests) client.request(request);
    expect(statsOf(server, "/q")).toBe(stats);
  });

  it.each<[string, Request]>([
    ["a create", create("/q/a", { data: "abc" })],
    ["a delete", remove("/q")],
    ["a setData", setData("/q", "longer", 9)],
    ["a multi", multi(create("/q/n", { data: "1" }), setData("/q", "22222"), remove("/q"))],
    ["a multi that sets the quota", multi(remove(`${QUOTA}/q/zookeeper_stats`), remove("/q"))],
  ])("stay as they are when %s fails", (_, request) => {
    const { server, client } = prepare();
    setQuota(client, "/q", "count=100,bytes=100");
    const before = server.store.paths().map((path) => [path, server.znode(path)]);
    const { err, reply } = client.request(request);
    if (request.type !== OpCode.multi) expect(err).not.toBe(0);
    else expect(reply).toMatchObject({ results: request.ops.map(() => ({ type: -1 })) });
    expect(server.store.paths().map((path) => [path, server.znode(path)])).toEqual(before);
  });

  it("lose the ephemerals of a session that ends", () => {
    const { server, client } = prepare();
    setQuota(client, "/q", "count=100");
    const owner = server.connect();
    for (const path of ["/q/e1", "/q/a/e2", "/outside"]) owner.request(ephemeral(path));
    owner.request(setData("/q/e1", "abc"));
    expect(statsOf(server, "/q")).toBe("count=4,bytes=9");
    server.expire(owner.sessionId);
    expect(statsOf(server, "/q")).toBe("count=2,bytes=6");
  });

  it("lose a container that is reaped", () => {
    const { server, client } = prepare();
    client.request(container("/q/c", { data: "cc" }));
    setQuota(client, "/q", "count=100");
    server.reap("/q/c");
    expect(statsOf(server, "/q")).toBe("count=2,bytes=6");
  });

  it("are kept for the nearest quota alone", () => {
    const { server, client } = prepare();
    setQuota(client, "/q", "count=100");
    setQuota(client, "/q/a", "count=100");
    expect(statsOf(server, "/q/a")).toBe("count=1,bytes=2");
    client.request(create("/q/a/b", { data: "1" }));
    client.request(create("/q/n", { data: "22" }));
    client.request(setData("/q/a", "x"));
    expect(statsOf(server, "/q/a")).toBe("count=2,bytes=2");
    expect(statsOf(server, "/q")).toBe("count=3,bytes=8");
    // Without the nearer one, the other goes on from where it was.
    client.request(remove(`${QUOTA}/q/a/zookeeper_limits`));
    client.request(create("/q/a/c"));
    expect(statsOf(server, "/q/a")).toBe("count=2,bytes=2");
    expect(statsOf(server, "/q")).toBe("count=4,bytes=8");
  });

  it("are not kept without limits, nor missed without statistics", () => {
    const { server, client } = prepare();
    client.request(create(`${QUOTA}/q`));
    client.request(create(`${QUOTA}/q/zookeeper_limits`, { data: "count=1" }));
    expect(client.request(create("/q/n")).err).toBe(0);
    client.request(remove(`${QUOTA}/q/zookeeper_limits`));
    client.request(create(`${QUOTA}/q/zookeeper_stats`));
    expect(client.request(create("/q/o")).err).toBe(0);
    expect(statsOf(server, "/q")).toBe("count=3,bytes=6");
  });

  it("that somebody has written over go on from there", () => {
    const { server, client } = prepare();
    setQuota(client, "/q", "count=100");
    for (const [text, then] of [
      ["count=50,bytes=7=;foo=3;bar=4", "count=51,bytes=8=;bar=4;foo=3"],
      ["count=1", "count=2,bytes=0"],
      ["", "count=0,bytes=0"],
      ["rubbish", "rubbish"],
      [LONG, LONG],
    ] as const) {
      client.request(setData(`${QUOTA}/q/zookeeper_stats`, text));
      expect(client.request(create("/q/n-", { data: "x", flags: 2 })).err).toBe(0);
      expect(statsOf(server, "/q")).toBe(then);
    }
  });

  it("change without a trace: no zxid, time, version or watch tells of it", () => {
    const { server, client } = prepare();
    setQuota(client, "/q", "count=100");
    const path = `${QUOTA}/q/zookeeper_stats`;
    const before = server.znode(path);
    client.request(getData(path, true));
    client.request(addRecursiveWatch(QUOTA));
    client.take();
    server.nowMs += 1_000;
    client.request(create("/q/n", { data: "abc" }));
    expect(client.take().filter(({ kind }) => kind === "event")).toEqual([]);
    expect(server.znode(path)).toEqual({ ...before, data: server.znode(path)?.data });
    expect(client.request(getData(path)).reply).toMatchObject({
      stat: { version: 0, dataLength: "count=3,bytes=9".length, mzxid: before?.mzxid },
    });
  });

  it("count themselves where they are below a quota, with the data that they came with", () => {
    const { server, client } = prepare();
    client.request(create(`${QUOTA}/zookeeper`));
    client.request(create(`${QUOTA}/zookeeper/zookeeper_limits`, { data: "count=100" }));
    client.request(create(`${QUOTA}/zookeeper/zookeeper_stats`, { data: "12" }));
    // Six znodes and then itself once more, as ZooKeeper does: first all of them, then the create.
    expect(statsOf(server, "/zookeeper")).toBe("count=7,bytes=13");
  });
});

describe("quotaOf", () => {
  it("is the nearest path at or above a znode that has limits", () => {
    const { server, client } = prepare();
    expect(quotaOf(server.store, "/q/a")).toBeUndefined();
    setQuota(client, "/q", "");
    expect(quotaOf(server.store, "/q")).toBe("/q");
    expect(quotaOf(server.store, "/q/a/b/c")).toBe("/q");
    expect(quotaOf(server.store, "/qq")).toBeUndefined();
    expect(quotaOf(server.store, "/")).toBeUndefined();
  });
});
