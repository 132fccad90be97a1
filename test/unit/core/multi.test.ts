import { describe, expect, it } from "vitest";
import { OpCode } from "../../../src/protocol/op-code.ts";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import { writeRequest, type MultiOp } from "../../../src/protocol/requests.ts";
import { START_MS, TestServer, type TestConnection } from "./harness.ts";
import {
  check,
  create,
  create2,
  ephemeral,
  exists,
  getData,
  multi,
  remove,
  sequential,
  setData,
} from "./request-builders.ts";

/** A server with `/n` at version 1, `/par` and `/par/kid`. */
function prepare(): { server: TestServer; client: TestConnection } {
  const server = new TestServer();
  const client = server.connect();
  client.request(create("/n"));
  client.request(setData("/n"));
  client.request(create("/par"));
  client.request(create("/par/kid"));
  client.take();
  return { server, client };
}

/** The whole tree, with everything that a store keeps of it. */
function treeOf(server: TestServer): unknown {
  return server.store
    .paths()
    .map((path) => [path, server.znode(path), [...server.store.childNames(path)].sort()]);
}

/** Hex of the body of the reply to a multi. */
function bodyOf(client: TestConnection, ...ops: readonly MultiOp[]): string {
  const body = new JuteWriter();
  const { reply } = client.request(multi(...ops));
  if (reply?.type !== OpCode.multi) throw new Error("no reply");
  for (const result of reply.results) {
    body.writeInt(result.type);
    body.writeBool(false);
    body.writeInt(result.type === OpCode.error ? result.err : 0);
    if (result.type === OpCode.error) body.writeInt(result.err);
    else if ("path" in result) body.writeString(result.path);
  }
  return Buffer.from(body.toBytes()).toString("hex");
}

describe("a multi that succeeds", () => {
  it("answers each op in its own way, a create2 as a create", () => {
    const { server, client } = prepare();
    const zxid = server.lastZxid + 1;
    const answer = client.request(
      multi(create("/m1"), create2("/m2"), setData("/n", "xy"), check("/n", 2), remove("/par/kid")),
    );
    expect(answer).toMatchObject({ err: 0, zxid });
    expect(answer.reply).toEqual({
      type: OpCode.multi,
      results: [
        { type: OpCode.create, path: "/m1" },
        { type: OpCode.create, path: "/m2" },
        { type: OpCode.setData, stat: expect.objectContaining({ version: 2, mzxid: zxid }) },
        { type: OpCode.check },
        { type: OpCode.delete },
      ],
    });
  });

  it("has one zxid and one time for all of its ops", () => {
    const { server, client } = prepare();
    server.nowMs += 7;
    const { zxid } = client.request(
      multi(create("/a"), create("/a/b"), setData("/a"), remove("/n")),
    );
    expect(server.znode("/a")).toMatchObject({ czxid: zxid, mzxid: zxid, pzxid: zxid });
    expect(server.znode("/a")).toMatchObject({ ctime: START_MS + 7, mtime: START_MS + 7 });
    expect(server.znode("/a/b")).toMatchObject({ czxid: zxid, mzxid: zxid });
    expect(server.znode("/")).toMatchObject({ pzxid: zxid });
    expect(server.lastZxid).toBe(zxid);
  });

  it("gives every op the Stat as it was after that op", () => {
    const { client } = prepare();
    expect(client.request(multi(setData("/n", "a"), setData("/n", "bcd"))).reply).toMatchObject({
      results: [{ stat: { version: 2, dataLength: 1 } }, { stat: { version: 3, dataLength: 3 } }],
    });
  });

  it("lets each op see the ones before it", () => {
    const { server, client } = prepare();
    const { reply } = client.request(
      multi(
        create("/d"),
        create("/d/x"),
        remove("/d/x"),
        remove("/d"),
        remove("/par/kid"),
        create("/par/kid"),
        setData("/par/kid", "y", 0),
        check("/par/kid", 1),
      ),
    );
    expect(reply).toMatchObject({ results: Array.from({ length: 8 }, () => ({})) });
    expect(server.znode("/d")).toBeUndefined();
    expect(server.znode("/par/kid")).toMatchObject({ version: 1, czxid: server.lastZxid });
  });

  it("numbers its sequential creates one after the other", () => {
    const { client } = prepare();
    const create3 = [sequential("/par/s-"), sequential("/par/s-"), sequential("/par/t-")];
    expect(client.request(multi(...create3)).reply).toMatchObject({
      results: [
        { path: "/par/s-0000000001" },
        { path: "/par/s-0000000002" },
        { path: "/par/t-0000000003" },
      ],
    });
  });

  it("may create ephemerals", () => {
    const { server, client } = prepare();
    client.request(multi(ephemeral("/e"), ephemeral("/par/e")));
    expect(server.znode("/par/e")?.ephemeralOwner).toBe(client.sessionId);
    client.request({ type: OpCode.closeSession });
    expect(server.znode("/e")).toBeUndefined();
    expect(server.znode("/par/e")).toBeUndefined();
  });

  it("may be empty", () => {
    const { server, client } = prepare();
    const before = server.lastZxid;
    expect(client.request(multi())).toMatchObject({
      err: 0,
      zxid: before + 1,
      reply: { results: [] },
    });
  });

  it("may have 10,000 ops", () => {
    const { client } = prepare();
    const { reply } = client.request(
      multi(...Array.from({ length: 10_000 }, () => check("/n", 1))),
    );
    expect(reply?.type === OpCode.multi && reply.results.length).toBe(10_000);
  });
});

const FAILED = (...codes: number[]) => ({
  type: OpCode.multi,
  results: codes.map((err) => ({ type: OpCode.error, err })),
});

describe("a multi that fails", () => {
  it.each<[string, readonly MultiOp[], readonly number[]]>([
    ["first", [remove("/no"), create("/z")], [-101, -2]],
    ["in the middle", [create("/z"), check("/n", 99), create("/y")], [0, -103, -2]],
    ["last", [create("/z"), create("/zz/q")], [0, -101]],
    ["by itself", [create("/z"), create("/z")], [0, -110]],
    ["by its flags", [create("/z"), create("/y", { flags: 7 }), create("/x")], [0, -8, -2]],
    ["by an ACL", [create2("/z", { acl: [] })], [-114]],
    ["by an invalid path", [create("/z"), create("/\ufffd")], [0, -8]],
    ["by a deleted znode", [remove("/n"), setData("/n"), setData("/par")], [0, -101, -2]],
    ["by children", [remove("/par"), remove("/par/kid")], [-111, -2]],
    ["by an ephemeral parent", [ephemeral("/e"), create("/e/x")], [0, -108]],
  ])(
    "%s, says so with 0 before, the code, and -2 behind, in a reply without an error",
    (_, ops, codes) => {
      const { server, client } = prepare();
      const tree = treeOf(server);
      const before = server.lastZxid;
      const answer = client.request(multi(...ops));
      expect(answer).toMatchObject({ err: 0, zxid: before + 1 });
      expect(answer.reply).toEqual(FAILED(...codes));
      expect(treeOf(server)).toEqual(tree);
      expect(server.lastZxid).toBe(before + 1);
    },
  );

  it("has the bytes of a real server", () => {
    const { client } = prepare();
    expect(bodyOf(client, create("/z"), remove("/no"), check("/n"))).toBe(
      "ffffffff000000000000000000ffffffff00ffffff9bffffff9bffffffff00fffffffefffffffe",
    );
  });

  it("takes back every op, the last first", () => {
    const { server, client } = prepare();
    client.request(ephemeral("/e"));
    const tree = treeOf(server);
    const ephemerals = server.store.ephemeralPaths(client.sessionId);
    client.request(
      multi(
        setData("/n", "1"),
        setData("/n", "2"),
        remove("/n"),
        create("/n", { data: "other" }),
        remove("/e"),
        create("/e"),
        remove("/par/kid"),
        remove("/par"),
        ephemeral("/par"),
        sequential("/s"),
        remove("/no"),
      ),
    );
    expect(treeOf(server)).toEqual(tree);
    expect(server.store.ephemeralPaths(client.sessionId)).toEqual(ephemerals);
    expect(server.store.ephemeralPaths(0)).toEqual([]);
  });

  it("gives back the sequence number", () => {
    const { client } = prepare();
    client.request(multi(sequential("/par/s-"), sequential("/par/s-"), remove("/no")));
    expect(client.request(sequential("/par/s-")).reply).toMatchObject({
      path: "/par/s-0000000001",
    });
  });

  it("is followed by a read that sees nothing of it", () => {
    const { client } = prepare();
    client.request(multi(create("/z"), setData("/n", "new"), remove("/no")));
    expect(client.request(exists("/z")).err).toBe(-101);
    expect(client.request(getData("/n")).reply).toMatchObject({ stat: { version: 1 } });
  });

  it("fires nothing", () => {
    const { server, client } = prepare();
    const watcher = server.connect();
    watcher.request(exists("/z", true));
    watcher.request(getData("/n", true));
    watcher.take();
    client.request(multi(create("/z"), setData("/n"), remove("/no")));
    expect(watcher.take()).toEqual([]);
    client.request(setData("/n"));
    expect(watcher.takeTrace()).toEqual(["dataChanged /n"]);
  });
});

describe("a multi that cannot be read", () => {
  it.each([
    ["without a body", ""],
    ["without an end", "0000000200ffffffff000000022f6dffffffff"],
    ["with an end cut short", "ffffffff01"],
    ["with an op cut short", "0000000200ffffffff000000022f"],
    ["with op 999", "000003e700ffffffffffffffff01ffffffff"],
    ["with a multi", "0000000e00ffffffffffffffff01ffffffff"],
    ["with an exists", "0000000300ffffffff000000022f6e00ffffffff01ffffffff"],
    ["with a getData", "0000000400ffffffff000000022f6e00ffffffff01ffffffff"],
  ])("%s, is answered -5 and takes a zxid", (_, hex) => {
    const { server, client } = prepare();
    const before = server.lastZxid;
    const answer = client.send(OpCode.multi, Buffer.from(hex, "hex"));
    expect(answer).toMatchObject({ err: -5, zxid: before + 1, reply: undefined });
    expect(client.closed).toBe(false);
  });

  it("does none of the ops before the one that cannot be read", () => {
    const { server, client } = prepare();
    const body = new JuteWriter();
    writeRequest(body, multi(create("/z")));
    const hex = `${Buffer.from(body.toBytes()).toString("hex").slice(0, -18)}000003e700ffffffff`;
    expect(client.send(OpCode.multi, Buffer.from(hex, "hex"))?.err).toBe(-5);
    expect(server.znode("/z")).toBeUndefined();
  });

  it("is not what bytes behind its end make it", () => {
    const { client } = prepare();
    const body = Buffer.from("ffffffff01ffffffffdeadbeef", "hex");
    expect(client.send(OpCode.multi, body)?.reply).toEqual({ type: OpCode.multi, results: [] });
  });
});
