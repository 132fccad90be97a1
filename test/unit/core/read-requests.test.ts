/** The reads beside getData, exists, getChildren and getACL. */
import { describe, expect, it } from "vitest";
import { OpCode } from "../../../src/protocol/op-code.ts";
import { TestServer, type TestConnection } from "./harness.ts";
import {
  acl,
  auth,
  bytes,
  create,
  ephemeral,
  getAllChildrenNumber,
  getData,
  getEphemerals,
  multiRead,
  remove,
  setData,
  whoAmI,
} from "./request-builders.ts";

const SECRET = { acl: [acl("digest", "x:y")] };

function prepare(...paths: readonly string[]): { server: TestServer; client: TestConnection } {
  const server = new TestServer();
  const client = server.connect();
  for (const path of paths) client.request(create(path, { data: path }));
  client.take();
  return { server, client };
}

describe("multiRead", () => {
  it("answers each of its reads, with the data and Stat that a getData alone gives", () => {
    const { server, client } = prepare("/a", "/a/b", "/a/c");
    const alone = client.request(getData("/a")).reply;
    expect(client.request(multiRead("/a", "/a/*", "/a/b/*", "/a/b"))).toMatchObject({
      err: 0,
      zxid: server.lastZxid,
      reply: {
        type: OpCode.multiRead,
        results: [
          alone,
          { type: OpCode.getChildren, children: ["b", "c"] },
          { type: OpCode.getChildren, children: [] },
          { type: OpCode.getData, data: bytes("/a/b") },
        ],
      },
    });
  });

  it("answers every read that fails with an error of its own", () => {
    const { client } = prepare("/a");
    client.request(create("/secret", SECRET));
    const reads = ["/secret", "/nope", "/a", "/secret/*", "/nope/*", "no slash", "/a/"];
    expect(client.request(multiRead(...reads)).reply).toMatchObject({
      results: [
        { type: -1, err: -102 },
        { type: -1, err: -101 },
        { type: OpCode.getData, data: bytes("/a") },
        { type: -1, err: -102 },
        { type: -1, err: -101 },
        { type: -1, err: -101 },
        { type: -1, err: -101 },
      ],
    });
  });

  it("of nothing is answered with nothing", () => {
    const { client } = prepare();
    expect(client.request(multiRead())).toMatchObject({ err: 0, reply: { results: [] } });
  });

  it("finds the root under the empty path as well", () => {
    const { client } = prepare("/a");
    const ops = [OpCode.getData, OpCode.getChildren].map((type) => ({
      type,
      path: "",
      watch: false,
    }));
    const { reply } = client.request({ type: OpCode.multiRead, ops });
    expect(reply).toMatchObject({
      results: [{ data: bytes(""), stat: { numChildren: 2 } }, { children: ["zookeeper", "a"] }],
    });
  });

  it("leaves no watch, also where one is asked for", () => {
    const { server, client } = prepare("/a");
    const ops = [OpCode.getData, OpCode.getChildren].map((type) => ({
      type,
      path: "/a",
      watch: true,
    }));
    expect(client.request({ type: OpCode.multiRead, ops }).err).toBe(0);
    expect(server.watches.countOf(client)).toBe(0);
  });

  it("takes no zxid, and an op that is no read makes it malformed", () => {
    const { server, client } = prepare("/a");
    const before = server.lastZxid;
    client.request(multiRead("/a", "/nope"));
    for (const type of [OpCode.exists, OpCode.delete, OpCode.create, OpCode.getACL]) {
      const body = `000000${type.toString(16).padStart(2, "0")}00ffffffff 000000022f61 00000000 ffffffff01ffffffff`;
      const hex = Buffer.from(body.replaceAll(" ", ""), "hex");
      expect(client.send(OpCode.multiRead, hex)).toMatchObject({ err: -5, zxid: before });
    }
    expect(server.lastZxid).toBe(before);
    expect(client.closed).toBe(false);
  });
});

/** A client with three ephemerals, and one of somebody else. */
function owners(): TestConnection {
  const { server, client } = prepare("/a", "/ab");
  for (const path of ["/a/e", "/ab/e", "/e"]) client.request(ephemeral(path));
  server.connect().request(ephemeral("/a/other"));
  client.take();
  return client;
}

/** What a client is told of its ephemerals, in an order of its own. */
function ephemeralsOf(client: TestConnection, prefix: string | null): string[] {
  const { reply } = client.request(getEphemerals(prefix));
  if (reply?.type !== OpCode.getEphemerals) throw new Error("no list of ephemerals");
  return reply.ephemerals.toSorted();
}

describe("getEphemerals", () => {
  const ALL = ["/a/e", "/ab/e", "/e"];

  it.each<[string | null, string[]]>([
    [null, ALL],
    ["", ALL],
    ["/", ALL],
    [" ", ALL],
    ["\t/\n ", ALL],
    ["\0", ALL],
    ["/a", ["/a/e", "/ab/e"]],
    ["/a/", ["/a/e"]],
    ["/a/e", ["/a/e"]],
    ["/e", ["/e"]],
    ["/a/ex", []],
    [" /a", []],
    ["a", []],
    ["//", []],
    ["/ /", []],
    // Not a space to Java's trim.
    ["\u00a0", []],
  ])("of %j", (prefix, found) => {
    expect(ephemeralsOf(owners(), prefix)).toEqual(found);
  });

  it("are those of the session, without those that are gone", () => {
    const client = owners();
    client.request(remove("/e"));
    expect(ephemeralsOf(client, "/")).toEqual(["/a/e", "/ab/e"]);
  });

  it("take no permission", () => {
    const { client } = prepare();
    client.request(create("/s", { ...SECRET, flags: 1 }));
    expect(ephemeralsOf(client, "/s")).toEqual(["/s"]);
  });
});

describe("getAllChildrenNumber", () => {
  it.each([
    ["/", 7],
    // Which has the root below it as well.
    ["", 8],
    ["/a", 2],
    ["/a/b", 1],
    ["/a/b/c", 0],
    ["/ab", 0],
    ["/zookeeper", 2],
  ])("of %j is %d", (path, totalNumber) => {
    const { server, client } = prepare("/a", "/a/b", "/a/b/c", "/ab");
    expect(client.request(getAllChildrenNumber(path))).toMatchObject({
      err: 0,
      zxid: server.lastZxid,
      reply: { type: OpCode.getAllChildrenNumber, totalNumber },
    });
  });

  it.each(["/nope", "/a/", "a", "//"])("of %j, which is no znode, is -101", (path) => {
    expect(prepare("/a").client.request(getAllChildrenNumber(path)).err).toBe(-101);
  });

  it("takes READ on the znode, and none on what is below it", () => {
    const { client } = prepare("/a");
    client.request(create("/a/secret", SECRET));
    client.request(create("/secret", SECRET));
    expect(client.request(getAllChildrenNumber("/a"))).toMatchObject({ reply: { totalNumber: 1 } });
    expect(client.request(getAllChildrenNumber("/secret")).err).toBe(-102);
  });

  it("follows creates and deletes", () => {
    const { client } = prepare("/a", "/a/b");
    client.request(remove("/a/b"));
    client.request(setData("/a"));
    expect(client.request(getAllChildrenNumber("/a"))).toMatchObject({ reply: { totalNumber: 0 } });
  });
});

describe("whoAmI", () => {
  it("is the address, on a connection that has proven nothing", () => {
    const { server } = prepare();
    const client = server.connect({ address: "10.1.2.3" });
    expect(client.request(whoAmI)).toMatchObject({
      err: 0,
      zxid: server.lastZxid,
      reply: { type: OpCode.whoAmI, clientInfo: [{ authScheme: "ip", user: "10.1.2.3" }] },
    });
  });

  it("names the user of each digest, without what may be a secret", () => {
    const { client } = prepare();
    for (const credential of ["u:p", "u:p", "v:q:r", ":x", "whole"]) {
      client.request(auth("digest", credential));
    }
    expect(client.request(whoAmI).reply).toMatchObject({
      clientInfo: [
        { authScheme: "ip", user: "127.0.0.1" },
        { authScheme: "digest", user: "u" },
        { authScheme: "digest", user: "v" },
        { authScheme: "digest", user: "" },
        { authScheme: "digest", user: "whole" },
      ],
    });
  });
});
