/** Frames that are no valid requests, odd headers, and what becomes of the connection. */
import { describe, expect, it } from "vitest";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import { OpCode } from "../../../src/protocol/op-code.ts";
import { type Request, writeRequest } from "../../../src/protocol/requests.ts";
import { TestServer, type TestConnection, WRITE_TYPES } from "./harness.ts";
import {
  addRecursiveWatch,
  check,
  checkWatches,
  container,
  create,
  create2,
  createTTL,
  exists,
  getACL,
  getAllChildrenNumber,
  getChildren,
  getChildren2,
  getData,
  getEphemerals,
  multi,
  multiRead,
  OPEN,
  ping,
  reconfig,
  remove,
  removeWatches,
  setACL,
  setData,
  setWatches,
  setWatches2,
  sync,
} from "./request-builders.ts";

function bodyOf(request: Request): Uint8Array<ArrayBuffer> {
  const writer = new JuteWriter();
  writeRequest(writer, request);
  return writer.toBytes();
}

function prepare(): { server: TestServer; client: TestConnection } {
  const server = new TestServer();
  const client = server.connect();
  client.request(create("/n"));
  client.take();
  return { server, client };
}

const requests: readonly [string, Request][] = [
  ["create", create("/t", { data: "x" })],
  ["create2", create2("/t", { data: "x" })],
  ["delete", remove("/nope")],
  ["exists", exists("/n")],
  ["getData", getData("/n")],
  ["setData", setData("/n")],
  ["getACL", getACL("/n")],
  ["setACL", setACL("/n", OPEN)],
  ["getChildren", getChildren("/n")],
  ["getChildren2", getChildren2("/n")],
  ["sync", sync("/n")],
  ["multi", multi(check("/n"))],
  ["setWatches", setWatches(2 ** 40, { data: ["/n"] })],
  ["createContainer", container("/t", { data: "x" })],
  ["createTTL", createTTL("/t", 5, { data: "x" })],
  ["multi of a container and a TTL", multi(container("/t"), createTTL("/t/t", 5), check("/t"))],
  ["multiRead", multiRead("/n", "/n/*", "/nope")],
  ["setWatches2", setWatches2(2 ** 40, { data: ["/n"], persistent: ["/n"], recursive: ["/"] })],
  ["addWatch", addRecursiveWatch("/n")],
  ["checkWatches", checkWatches("/n", 3)],
  ["removeWatches", removeWatches("/n", 3)],
  ["getEphemerals", getEphemerals("/n")],
  ["getAllChildrenNumber", getAllChildrenNumber("/n")],
  ["reconfig", reconfig("server.1=a:1:1;1")],
];

describe("a body that is cut short", () => {
  it.each(requests)("of %s is answered -5 at every length; a write takes a zxid", (_, request) => {
    const body = bodyOf(request);
    const { server, client } = prepare();
    for (let length = 0; length < body.length; length++) {
      const before = server.lastZxid;
      const answer = client.send(request.type, body.subarray(0, length), 5);
      const zxid = WRITE_TYPES.includes(request.type) ? before + 1 : before;
      expect(answer).toEqual({ kind: "reply", xid: 5, zxid, err: -5, reply: undefined });
      expect(server.lastZxid).toBe(zxid);
    }
    expect(client.closed).toBe(false);
    expect(client.request(exists("/n")).err).toBe(0);
    expect(server.znode("/t")).toBeUndefined();
  });
});

describe("a body with bytes behind it", () => {
  it.each(requests)("of %s is done as if they were not there", (_, request) => {
    const { client } = prepare();
    const plain = prepare().client.send(request.type, bodyOf(request));
    const padded = Buffer.concat([bodyOf(request), Buffer.from("deadbeef", "hex")]);
    expect(client.send(request.type, padded)).toEqual(plain);
    expect(client.closed).toBe(false);
  });
});

describe("odd fields", () => {
  it.each([
    ["create with a null path", 1, "ffffffff", -5],
    ["create with a path of length -2", 1, "fffffffe", -5],
    ["delete with a null path", 2, "ffffffffffffffff", -5],
    ["setData with a null path", 5, "ffffffffffffffffffffffff", -8],
    ["setACL with a null path", 7, "ffffffffffffffffffffffff", -8],
    ["create with a null ACL", 1, "000000022f7400000000ffffffff00000000", -114],
    ["create with -2 ACL entries", 1, "000000022f7400000000fffffffe00000000", -114],
    ["create with no ACL entries", 1, "000000022f74000000000000000000000000", -114],
    ["create with 1000 ACL entries that are not there", 1, "000000022f7400000000000003e8", -5],
    ["create with 2^31-1 ACL entries", 1, "000000022f74000000007fffffff00000000", -5],
    ["setACL with a null list", 7, "000000022f6effffffffffffffff", -114],
    ["setACL with -2 entries", 7, "000000022f6efffffffeffffffff", -114],
    ["setData with null data", 5, "000000022f6effffffffffffffff", 0],
    ["setData with empty data", 5, "000000022f6e00000000ffffffff", 0],
    ["setData with data of length -2", 5, "000000022f6efffffffeffffffff", -5],
    ["createContainer with a null path", 19, "ffffffff00000000ffffffff00000004", -5],
    ["createTTL with a null path", 21, "ffffffff00000000ffffffff000000050000000000000005", -5],
    ["createContainer with a null ACL", 19, "000000022f7400000000ffffffff00000004", -114],
    ["setData with data of length 2^31-1", 5, "000000022f6e7fffffffffffffff", -5],
  ])("%s", (_, type, hex, code) => {
    const { server, client } = prepare();
    const before = server.lastZxid;
    expect(client.send(type, Buffer.from(hex, "hex"))).toMatchObject({
      err: code,
      zxid: before + 1,
    });
    expect(client.closed).toBe(false);
  });

  it.each([
    ["exists", 3],
    ["getData", 4],
    ["getACL", 6],
    ["getChildren", 8],
    ["getChildren2", 12],
  ])("%s with a null path is answered -5 and takes no zxid", (_, type) => {
    const { server, client } = prepare();
    const before = server.lastZxid;
    const answer = client.send(type, Buffer.from("ffffffff00", "hex"));
    expect(answer).toMatchObject({ err: -5, zxid: before });
  });

  it.each([2, 128, 255])("a watch flag of %d is a watch", (flag) => {
    const { client } = prepare();
    client.send(OpCode.exists, Uint8Array.of(0, 0, 0, 2, 0x2f, 0x6e, flag));
    client.take();
    client.request(setData("/n"), 6);
    expect(client.takeTrace()).toEqual(["dataChanged /n", "reply 6 @3 0"]);
  });

  it("setWatches with a null list, or a null path in one, is answered -5; with -2 paths it has none", () => {
    const { client } = prepare();
    const send = (hex: string) =>
      client.send(101, Buffer.from(`0000000000000000${hex}`, "hex"), -8);
    expect(send("ffffffff0000000000000000")).toMatchObject({ xid: -8, err: -5 });
    expect(send("ffffffffffffffffffffffff")).toMatchObject({ xid: -8, err: -5 });
    expect(send("00000001ffffffff0000000000000000")).toMatchObject({ err: -5 });
    expect(send("000003e80000000000000000")).toMatchObject({ err: -5 });
    expect(send("7fffffff0000000000000000")).toMatchObject({ err: -5 });
    expect(send("fffffffe0000000000000000")).toMatchObject({ err: 0 });
    expect(send("000000000000000000000000")).toMatchObject({ err: 0 });
  });

  it("a ping with a body is a ping", () => {
    const { client } = prepare();
    expect(client.send(OpCode.ping, Buffer.from("garbage"))).toMatchObject({ xid: -2, err: 0 });
  });
});

describe("frames that are shorter than a header", () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7])(
    "of %d bytes close the connection without a reply",
    (length) => {
      const { server, client } = prepare();
      const before = server.lastZxid;
      client.sendFrame(new Uint8Array(length));
      expect(client.closed).toBe(true);
      expect(client.take()).toEqual([]);
      expect(server.lastZxid).toBe(before);
      expect(server.connect({ sessionId: client.sessionId, passwd: client.passwd }).closed).toBe(
        false,
      );
    },
  );
});

describe("an unknown op", () => {
  it.each([0, 10, 23, 99, 108, 500, 999, -1, -2, -9, -12, -100, 2_147_483_647])(
    "%d is answered -6 with zxid -1, then the connection closes and the session lives on",
    (type) => {
      const { server, client } = prepare();
      const before = server.lastZxid;
      const answer = client.send(type, bodyOf(exists("/n")), 5);
      expect(answer).toEqual({ kind: "reply", xid: 5, zxid: -1, err: -6, reply: undefined });
      expect(client.closed).toBe(true);
      expect(server.lastZxid).toBe(before);
      expect(server.connect({ sessionId: client.sessionId, passwd: client.passwd }).closed).toBe(
        false,
      );
    },
  );

  it("is also what a second connect request is taken for", () => {
    const { client } = prepare();
    expect(client.send(0, new Uint8Array(37), 0)).toMatchObject({ xid: 0, zxid: -1, err: -6 });
    expect(client.closed).toBe(true);
  });
});

describe("xids", () => {
  it.each([-2, -4, -8, 0, -2_147_483_648, 2_147_483_647])(
    "are not interpreted: exists and create under %d are answered under it",
    (xid) => {
      const { client } = prepare();
      expect(client.request(exists("/n"), xid)).toMatchObject({ xid, err: 0 });
      expect(client.request(create("/x"), xid)).toMatchObject({ xid, err: 0 });
    },
  );

  it("may be used twice", () => {
    const { client } = prepare();
    expect(client.request(exists("/n"), 7)).toEqual(client.request(exists("/n"), 7));
  });

  it("of a ping are always -2 in its reply", () => {
    const { client } = prepare();
    for (const xid of [5, 0, -2]) expect(client.request(ping, xid).xid).toBe(-2);
  });
});
