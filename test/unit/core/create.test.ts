import { describe, expect, it } from "vitest";
import { decodeFrame, handleFrame } from "../../../src/core/frame-handler.ts";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import { OpCode } from "../../../src/protocol/op-code.ts";
import { writeRequest } from "../../../src/protocol/requests.ts";
import { START_MS, TestServer, type TestConnection } from "./harness.ts";
import {
  acl,
  bytes,
  create,
  create2,
  ephemeral,
  exists,
  getACL,
  getData,
  sequential,
  setData,
} from "./request-builders.ts";

function pathOf(client: TestConnection, path: string, flags: number): string | number {
  const { err, reply } = client.request(create(path, { flags }));
  return reply?.type === OpCode.create ? reply.path : err;
}

describe("create", () => {
  it("answers the path, and create2 the path and the Stat", () => {
    const server = new TestServer();
    const client = server.connect();
    expect(client.request(create("/a", { data: "xy" }))).toMatchObject({
      err: 0,
      zxid: 2,
      reply: { type: OpCode.create, path: "/a" },
    });
    server.nowMs += 5;
    expect(client.request(create2("/b", { data: "xyz" }))).toEqual({
      kind: "reply",
      xid: 2,
      zxid: 3,
      err: 0,
      reply: {
        type: OpCode.create2,
        path: "/b",
        stat: {
          czxid: 3,
          mzxid: 3,
          pzxid: 3,
          ctime: START_MS + 5,
          mtime: START_MS + 5,
          version: 0,
          cversion: 0,
          aversion: 0,
          ephemeralOwner: 0,
          dataLength: 3,
          numChildren: 0,
        },
      },
    });
  });

  it("keeps the data and the ACL that it was given", () => {
    const client = new TestServer().connect();
    const list = [acl("world", "anyone", 1), acl("ip", "127.0.0.1", 31)];
    client.request(create("/a", { data: "é", acl: list }));
    expect(client.request(getData("/a")).reply).toMatchObject({ data: bytes("é") });
    expect(client.request(getACL("/a")).reply).toMatchObject({ acl: list });
  });

  it("keeps null and empty data apart, also after a setData", () => {
    const client = new TestServer().connect();
    client.request(create("/null", { data: null }));
    client.request(create("/empty", { data: "" }));
    expect(client.request(getData("/null")).reply).toMatchObject({ data: null });
    expect(client.request(getData("/empty")).reply).toMatchObject({ data: bytes("") });
    client.request(setData("/null", ""));
    client.request(setData("/empty", null));
    expect(client.request(getData("/null")).reply).toMatchObject({ data: bytes("") });
    expect(client.request(getData("/empty")).reply).toMatchObject({
      data: null,
      stat: { dataLength: 0 },
    });
  });

  it("does not share its data with the frame that brought it", () => {
    const server = new TestServer();
    const client = server.connect();
    const body = new JuteWriter();
    writeRequest(body, create("/a", { data: "kept" }));
    const frame = Uint8Array.from([0, 0, 0, 1, 0, 0, 0, 1, ...body.toBytes()]);
    handleFrame(server.machine, client, decodeFrame(frame), new JuteWriter(), {
      nowMs: 0,
      notify: () => {},
    });
    frame.fill(0);
    expect(client.request(getData("/a")).reply).toMatchObject({ data: bytes("kept") });
  });
});

describe("flags of create", () => {
  it.each([0, 1, 2, 3])("%d is done", (flags) => {
    const client = new TestServer().connect();
    const path = flags >= 2 ? "/f0000000000" : "/f";
    expect(pathOf(client, "/f", flags)).toBe(path);
    const { reply } = client.request(exists(path));
    const owner = flags % 2 === 1 ? client.sessionId : 0;
    expect(reply).toMatchObject({ stat: { ephemeralOwner: owner } });
  });

  it.each([7, 8, 100, -1, 2_147_483_647])("%d is answered -8", (flags) => {
    const client = new TestServer().connect();
    expect(client.request(create("/f", { flags })).err).toBe(-8);
    expect(client.request(create2("/f", { flags })).err).toBe(-8);
  });

  it.each([5, 6])("%d, a TTL without a number, is answered -8", (flags) => {
    const client = new TestServer().connect();
    expect(client.request(create("/f", { flags })).err).toBe(-8);
    expect(client.request(create2("/f", { flags })).err).toBe(-8);
    expect(client.closed).toBe(false);
  });

  it("that are unknown are refused before anything else is looked at", () => {
    const client = new TestServer().connect();
    expect(client.request(create("/missing/x", { flags: 7 })).err).toBe(-8);
    expect(client.request(create("/x", { flags: 7, acl: [] })).err).toBe(-8);
  });
});

describe("sequential create", () => {
  it("appends ten digits, whatever the prefix", () => {
    const client = new TestServer().connect();
    client.request(create("/par"));
    client.request(create("/par/kid"));
    expect(pathOf(client, "/par/", 2)).toBe("/par/0000000001");
    expect(pathOf(client, "/par/", 3)).toBe("/par/0000000002");
    expect(pathOf(client, "/par/kid", 2)).toBe("/par/kid0000000003");
    expect(pathOf(client, "/par/.", 2)).toBe("/par/.0000000004");
    expect(pathOf(client, "/par/..", 2)).toBe("/par/..0000000005");
    expect(pathOf(client, "/par/a b", 2)).toBe("/par/a b0000000006");
  });

  it("counts for the root what was created there, not the system znodes", () => {
    const client = new TestServer().connect();
    expect(pathOf(client, "/", 2)).toBe("/0000000000");
    client.request(create("/a"));
    expect(pathOf(client, "/s-", 2)).toBe("/s-0000000002");
    expect(pathOf(client, "/zookeeper", 2)).toBe("/zookeeper0000000003");
    expect(pathOf(client, "/zookeeper/s-", 2)).toBe("/zookeeper/s-0000000000");
  });

  it("of a path that is invalid even with a number is refused", () => {
    const client = new TestServer().connect();
    expect(pathOf(client, "/\u0001", 2)).toBe(-8);
    expect(pathOf(client, "//", 2)).toBe(-8);
    expect(pathOf(client, "//p", 2)).toBe(-8);
  });

  it("goes on with negative numbers when the counter wraps, and refuses a name that is taken", () => {
    const server = new TestServer();
    const client = server.connect();
    client.request(create("/s"));
    const parent = server.znode("/s");
    if (parent === undefined) throw new Error("no parent");
    server.store.putZnode("/s", { ...parent, childrenCreated: 2_147_483_646 });
    expect(pathOf(client, "/s/n", 2)).toBe("/s/n2147483646");
    expect(pathOf(client, "/s/n", 2)).toBe("/s/n2147483647");
    expect(pathOf(client, "/s/n", 2)).toBe("/s/n-2147483648");
    expect(pathOf(client, "/s/n", 2)).toBe("/s/n-2147483647");
    client.request(create("/s/n-2147483644"));
    expect(pathOf(client, "/s/n", 2)).toBe("/s/n-2147483645");
    expect(pathOf(client, "/s/n", 2)).toBe(-110);
  });
});

/** A tree of `/par/kid`, the ephemeral `/eph` and `/ro`, where strangers may read only. */
function prepare(): TestConnection {
  const client = new TestServer().connect();
  client.request(create("/par"));
  client.request(create("/par/kid"));
  client.request(ephemeral("/eph"));
  client.request(create("/ro", { acl: [acl("world", "anyone", 1)] }));
  return client;
}

describe("order of a create's errors", () => {
  it.each([
    ["under an ephemeral", create("/eph/x"), -108],
    ["sequential under an ephemeral", sequential("/eph/x"), -108],
    ["ephemeral under an ephemeral", ephemeral("/eph/x"), -108],
    ["of an invalid name under an ephemeral", create("/eph/\u0001"), -8],
    ["under an ephemeral with a bad ACL", create("/eph/x", { acl: [] }), -114],
    ["of an existing path with a bad ACL", create("/par", { acl: [] }), -114],
    ["under a missing parent with a bad ACL", create("/no/x", { acl: [] }), -114],
    ["of a path without a slash with a bad ACL", create("x", { acl: [] }), -8],
    ["of a path with a NUL with a bad ACL", create("/\u0000", { acl: [] }), -8],
    ["under a missing parent with unknown flags", create("/no/x", { flags: 7 }), -8],
    ["under a parent that does not allow it", create("/ro/x"), -102],
    ["of an invalid path under a parent that does not allow it", create("/ro/\u0001"), -102],
    ["ephemeral over an existing znode", ephemeral("/par"), -110],
    ["ephemeral over an ephemeral", ephemeral("/eph"), -110],
    ["sequential under a missing parent", sequential("/no/x"), -101],
    ["sequential of a directory that is missing", sequential("/q/"), -101],
    ["of an invalid name under a missing parent", create("/no/\u0001"), -101],
    ["of a path that ends in a slash", create("/par/"), -8],
    ["of the root", create("/"), -110],
  ] as const)("%s: %s", (_, request, code) => {
    const client = prepare();
    expect(client.request(request).err).toBe(code);
    expect(client.request({ ...request, type: OpCode.create2 }).err).toBe(code);
  });

  it("leaves nothing behind, whatever the error", () => {
    const server = new TestServer();
    const client = server.connect();
    client.request(ephemeral("/eph"));
    const before = server.store.paths().map((path) => [path, server.znode(path)]);
    for (const request of [
      create("/eph/x"),
      create("/eph"),
      create("/no/x"),
      sequential("/\u0001"),
      create("/x", { acl: [] }),
      create("/x", { flags: 9 }),
    ]) {
      client.request(request);
    }
    expect(server.store.paths().map((path) => [path, server.znode(path)])).toEqual(before);
  });
});
