/** delete, setData, setACL and check: versions, what they change, and the order of their errors. */
import { describe, expect, it } from "vitest";
import { OpCode } from "../../../src/protocol/op-code.ts";
import type { Stat } from "../../../src/protocol/records.ts";
import type { MultiOp } from "../../../src/protocol/requests.ts";
import { START_MS, TestServer, type TestConnection } from "./harness.ts";
import {
  acl,
  bytes,
  check,
  create,
  exists,
  getACL,
  getData,
  multi,
  OPEN,
  remove,
  setACL,
  setData,
} from "./request-builders.ts";

function statOf(client: TestConnection, path: string): Stat {
  const { reply } = client.request(exists(path));
  if (reply?.type !== OpCode.exists) throw new Error(`${path} does not exist`);
  return reply.stat;
}

/** The code of an op that stands alone in a multi. */
function inMulti(client: TestConnection, op: MultiOp): number {
  const { reply } = client.request(multi(op));
  const [result] = reply?.type === OpCode.multi ? reply.results : [];
  return result?.type === OpCode.error ? result.err : 0;
}

/** `/v` at version 2 and aversion 1. */
function prepare(): { server: TestServer; client: TestConnection } {
  const server = new TestServer();
  const client = server.connect();
  client.request(create("/v"));
  client.request(setData("/v"));
  client.request(setData("/v"));
  client.request(setACL("/v", OPEN));
  return { server, client };
}

const MAX = 2_147_483_647;
const MIN = -2_147_483_648;

describe("versions", () => {
  it.each([-2, 0, 1, 3, MAX, MIN])(
    "setData, delete and check refuse %d when it is 2",
    (version) => {
      const { client } = prepare();
      expect(client.request(setData("/v", "x", version)).err).toBe(-103);
      expect(client.request(remove("/v", version)).err).toBe(-103);
      expect(inMulti(client, check("/v", version))).toBe(-103);
      expect(inMulti(client, setData("/v", "x", version))).toBe(-103);
      expect(inMulti(client, remove("/v", version))).toBe(-103);
      expect(statOf(client, "/v").version).toBe(2);
    },
  );

  it.each([-2, 0, 2, 3, MAX, MIN])("setACL refuses %d when it is 1", (version) => {
    const { client } = prepare();
    expect(client.request(setACL("/v", OPEN, version)).err).toBe(-103);
    expect(statOf(client, "/v").aversion).toBe(1);
  });

  it("the right one and -1 pass", () => {
    for (const version of [2, -1]) {
      expect(inMulti(prepare().client, check("/v", version))).toBe(0);
      expect(prepare().client.request(setData("/v", "x", version)).err).toBe(0);
      expect(prepare().client.request(remove("/v", version)).err).toBe(0);
    }
    for (const version of [1, -1]) {
      expect(prepare().client.request(setACL("/v", OPEN, version)).err).toBe(0);
    }
  });

  it("start at 0 again when a znode is created again", () => {
    const { client } = prepare();
    client.request(remove("/v"));
    client.request(create("/v"));
    expect(statOf(client, "/v")).toMatchObject({ version: 0, aversion: 0, cversion: 0 });
  });
});

describe("setData", () => {
  it("changes data, version, mzxid and mtime, and nothing else", () => {
    const { server, client } = prepare();
    client.request(create("/v/kid"));
    const before = statOf(client, "/v");
    server.nowMs += 1_234;
    const { zxid, reply } = client.request(setData("/v", "four"));
    const after = {
      ...before,
      version: 3,
      mzxid: zxid,
      mtime: START_MS + 1_234,
      dataLength: 4,
    };
    expect(reply).toEqual({ type: OpCode.setData, stat: after });
    expect(client.request(getData("/v")).reply).toEqual({
      type: OpCode.getData,
      data: bytes("four"),
      stat: after,
    });
  });

  it("refuses a path, then a missing znode, then a lack of permission, then a version", () => {
    const { client } = prepare();
    client.request(create("/locked", { acl: [acl("world", "anyone", 1)] }));
    expect(client.request(setData("/v/", "x", 99)).err).toBe(-8);
    expect(client.request(setData("", "x", 99)).err).toBe(-8);
    expect(client.request(setData("/no", "x", 99)).err).toBe(-101);
    expect(client.request(setData("/locked", "x", 99)).err).toBe(-102);
    expect(client.request(setData("/v", "x", 99)).err).toBe(-103);
  });
});

describe("setACL", () => {
  it("changes the list and aversion, and nothing else", () => {
    const { server, client } = prepare();
    const before = statOf(client, "/v");
    server.nowMs += 1_000;
    const list = [acl("world", "anyone", 17)];
    const { err, zxid, reply } = client.request(setACL("/v", list));
    expect(err).toBe(0);
    expect(zxid).toBe(server.lastZxid);
    const after = { ...before, aversion: 2 };
    expect(reply).toEqual({ type: OpCode.setACL, stat: after });
    expect(client.request(getACL("/v")).reply).toEqual({
      type: OpCode.getACL,
      acl: list,
      stat: after,
    });
  });

  it("refuses a path, then a list, then a missing znode, then a lack of permission, then a version", () => {
    const { client } = prepare();
    client.request(create("/locked", { acl: [acl("world", "anyone", 1)] }));
    expect(client.request(setACL("/v/", [], 99)).err).toBe(-8);
    expect(client.request(setACL("/no", [], 99)).err).toBe(-114);
    expect(client.request(setACL("/no", null, 99)).err).toBe(-114);
    expect(client.request(setACL("/locked", [], 99)).err).toBe(-114);
    expect(client.request(setACL("/no", OPEN, 99)).err).toBe(-101);
    expect(client.request(setACL("/locked", OPEN, 99)).err).toBe(-102);
    expect(client.request(setACL("/v", OPEN, 99)).err).toBe(-103);
  });
});

describe("delete", () => {
  it("removes a znode and answers with a header alone", () => {
    const { server, client } = prepare();
    expect(client.request(remove("/v", 2))).toMatchObject({ err: 0, zxid: server.lastZxid });
    expect(client.request(exists("/v")).err).toBe(-101);
  });

  it("refuses a path, a missing parent, a lack of permission, a missing znode, a version, children", () => {
    const { client } = prepare();
    client.request(create("/v/kid"));
    client.request(create("/locked", { acl: [acl("world", "anyone", 7)] }));
    client.request(create("/locked/kid"));
    expect(client.request(remove("v")).err).toBe(-8);
    expect(client.request(remove("/v\u0000")).err).toBe(-8);
    expect(client.request(remove("/no/kid")).err).toBe(-101);
    expect(client.request(remove("/locked/no")).err).toBe(-102);
    expect(client.request(remove("/locked/kid", 99)).err).toBe(-102);
    expect(client.request(remove("/no")).err).toBe(-101);
    expect(client.request(remove("/v/")).err).toBe(-101);
    expect(client.request(remove("/v", 99)).err).toBe(-103);
    expect(client.request(remove("/v")).err).toBe(-111);
    expect(client.request(remove("/v/kid")).err).toBe(0);
    expect(client.request(remove("/v")).err).toBe(0);
  });

  it("may remove an ephemeral of another session, which then does not come back", () => {
    const server = new TestServer();
    const owner = server.connect();
    const other = server.connect();
    owner.request(create("/e", { flags: 1 }));
    expect(other.request(remove("/e")).err).toBe(0);
    expect(server.store.ephemeralPaths(owner.sessionId)).toEqual([]);
    expect(other.request(create("/e")).err).toBe(0);
    owner.request({ type: OpCode.closeSession });
    expect(other.request(exists("/e")).err).toBe(0);
  });
});

describe("sync and ping", () => {
  it("sync answers the path as it is, whether or not it exists or is valid", () => {
    const { server, client } = prepare();
    for (const path of ["/v", "/no", "garbage no slash", "", null, "/é"]) {
      const answer = client.request({ type: OpCode.sync, path });
      expect(answer).toMatchObject({ err: 0, zxid: server.lastZxid, reply: { path } });
    }
  });

  it("ping is answered under its reserved xid, whatever it was sent with", () => {
    const { server, client } = prepare();
    for (const xid of [-2, 0, 5]) {
      expect(client.request({ type: OpCode.ping }, xid)).toMatchObject({
        xid: -2,
        zxid: server.lastZxid,
        err: 0,
      });
    }
  });
});
