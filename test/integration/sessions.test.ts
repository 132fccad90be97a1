import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import { CreateFlags, EventType, OpCode, Perms } from "../../src/protocol/op-code.ts";
import { Connection, eventually } from "./support/connection.ts";
import { TestNamespace } from "./support/namespace.ts";
import { createRequest, handshake } from "./support/zookeeper-client.ts";

describe("a session that is closed", () => {
  it("takes its ephemerals with it under one zxid", async () => {
    const namespace = new TestNamespace();
    const [owner, witness] = await Promise.all([namespace.connect(), namespace.connect()]);
    await owner.create("/parent");
    for (const name of ["a", "b", "c"]) {
      await owner.create(`/parent/${name}`, "", CreateFlags.ephemeral);
      await witness.exists(`/parent/${name}`, true);
    }
    await owner.create("/top", "", CreateFlags.ephemeral);
    const before = await witness.zxid();
    const { zxid } = await owner.closeSession();
    expect(zxid).toBe(before + 1);
    expect(await owner.connection.closed).toBe(1000);

    expect(await witness.children("/parent")).toEqual([]);
    expect(await witness.zxid()).toBe(zxid);
    expect((await witness.exists("/parent"))?.pzxid).toBe(zxid);
    expect((await witness.exists("/"))?.pzxid).toBe(zxid);
    expect((await witness.exists("/parent"))?.cversion).toBe(6);
    expect(witness.events.toSorted()).toEqual(
      ["a", "b", "c"].map((name) => `${EventType.nodeDeleted} /parent/${name}`),
    );
    expect(await namespace.rows("SELECT * FROM ephemerals")).toEqual([]);
  });

  it("tells its own watches before it answers the close", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    await client.create("/own", "", CreateFlags.ephemeral);
    await client.exists("/own", true);
    await client.closeSession();
    expect(client.log.slice(-2)).toEqual([`${EventType.nodeDeleted} /own`, "#3"]);
  });

  it("is not to be resumed", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    await client.closeSession();
    const connection = await Connection.open(namespace.name);
    expect((await handshake(connection, client.credentials)).timeOut).toBe(0);
    await connection.closed;
  });
});

describe("a session that is resumed", () => {
  it("keeps its ephemerals and loses the watches and the identities of its old connection", async () => {
    const namespace = new TestNamespace();
    const [old, other] = await Promise.all([namespace.connect(), namespace.connect()]);
    await old.addAuth("me:secret");
    await old.create("/e", "", CreateFlags.ephemeral);
    await old.exists("/watched", true);
    const resumed = await namespace.connect(old.credentials);
    expect(resumed.response).toEqual(old.response);
    expect(await old.connection.closed).toBe(1000);

    await other.create("/watched");
    expect((await resumed.exists("/e"))?.ephemeralOwner).toBe(resumed.sessionId);
    expect(resumed.events).toEqual([]);
    expect(old.events).toEqual([]);
    await resumed.delete("/e");
    await resumed.create("/e", "", CreateFlags.ephemeral);
    await resumed.closeSession();
    expect(await other.exists("/e")).toBeUndefined();
  });

  it("is not disturbed by what its old connection still does", async () => {
    const namespace = new TestNamespace();
    const old = await namespace.connect({}, { answersClose: false });
    const resumed = await namespace.connect(old.credentials);
    await old.connection.closed;
    old.connection.close();
    expect(await resumed.create("/still", "", CreateFlags.ephemeral)).toBe("/still");
    expect(await namespace.rows("SELECT heard_ms FROM sessions")).toEqual([{ heard_ms: null }]);
  });

  it("is not to be had with a wrong password, and its owner notices nothing", async () => {
    const namespace = new TestNamespace();
    const owner = await namespace.connect();
    await owner.exists("/watched", true);
    const { sessionId, passwd } = owner.credentials;
    const almost = new Uint8Array(passwd ?? []);
    almost[15] = (almost[15] ?? 0) ^ 1;
    const guesses = [almost, new Uint8Array(16), null, new Uint8Array(0), new Uint8Array(17)];
    for (const guess of [...guesses, (passwd ?? new Uint8Array(16)).subarray(0, 15)]) {
      const connection = await Connection.open(namespace.name);
      const response = await handshake(connection, { sessionId, passwd: guess });
      expect(response).toMatchObject({ timeOut: 0, sessionId: 0, passwd: new Uint8Array(16) });
      await connection.closed;
    }
    expect(owner.connection.isClosed).toBe(false);
    await owner.create("/watched");
    expect(owner.events).toEqual([`${EventType.nodeCreated} /watched`]);
  });

  it("goes to the last of many that ask at once", async () => {
    const namespace = new TestNamespace();
    const first = await namespace.connect();
    await first.create("/e", "", CreateFlags.ephemeral);
    const takers = await Promise.all(
      Array.from({ length: 10 }, () => namespace.connect(first.credentials)),
    );
    await eventually(() => {
      expect(takers.filter((client) => !client.connection.isClosed)).toHaveLength(1);
    });
    const winner = takers.find((client) => !client.connection.isClosed);
    expect((await winner?.exists("/e"))?.ephemeralOwner).toBe(first.sessionId);
    expect(await namespace.rows("SELECT id FROM sessions")).toEqual([{ id: first.sessionId }]);
  });
});

describe("two namespaces", () => {
  it("share neither znodes, zxids, sessions nor watches", async () => {
    const [here, there] = [new TestNamespace(), new TestNamespace()];
    const [a, b] = await Promise.all([here.connect(), there.connect()]);
    await b.exists("/x", true);
    await a.create("/x", "here");
    expect(await b.exists("/x")).toBeUndefined();
    expect(await b.zxid()).toBe(1);
    expect(await a.zxid()).toBe(2);
    const connection = await Connection.open(there.name);
    expect((await handshake(connection, a.credentials)).timeOut).toBe(0);
    expect(b.events).toEqual([]);
  });
});

describe("an address over a WebSocket that nobody vouches for", () => {
  it("is in no range of an ACL, whatever the client says it is", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    for (const range of ["127.0.0.1", "10.0.0.0/8", "192.168.0.0/16"]) {
      const acl = [{ perms: Perms.read, id: { scheme: "ip", id: range } }];
      const path = `/${range.replace("/", "-")}`;
      await client.request(createRequest(path, "secret", CreateFlags.persistent, acl));
      const read = { type: OpCode.getData, path, watch: false } as const;
      expect((await client.request(read)).err, range).toBe(ErrorCode.noAuth);
    }
  });
});
