import { describe, expect, it } from "vitest";
import { OpCode } from "../../src/protocol/op-code.ts";
import { Connection, frameOf } from "./support/connection.ts";
import { TestNamespace } from "./support/namespace.ts";
import { connectFrame, handshake, requestFrame } from "./support/zookeeper-client.ts";

const NOBODY = { timeOut: 0, sessionId: 0, passwd: new Uint8Array(16) };

describe("the handshake", () => {
  it("answers with the readOnly byte exactly when it was sent", async () => {
    const namespace = new TestNamespace();
    for (const [readOnly, bytes] of [
      [false, 37],
      [true, 37],
      [undefined, 36],
    ] as const) {
      const connection = await Connection.open(namespace.name);
      const response = await handshake(connection, { readOnly });
      expect(response.readOnly).toBe(readOnly === undefined ? undefined : false);
      expect(connection.messages[0]?.[0]).toHaveLength(bytes);
    }
  });

  it("gives out session ids and passwords that differ", async () => {
    const namespace = new TestNamespace();
    const clients = await Promise.all(Array.from({ length: 20 }, () => namespace.connect()));
    expect(new Set(clients.map((client) => client.sessionId)).size).toBe(20);
    expect(new Set(clients.map((client) => String(client.response.passwd))).size).toBe(20);
    for (const { sessionId, response } of clients) {
      expect(Number.isSafeInteger(sessionId) && sessionId > 0).toBe(true);
      expect(response.passwd).toHaveLength(16);
    }
  });

  it.each([
    [-2_147_483_648, 4_000],
    [-1, 4_000],
    [0, 4_000],
    [1, 4_000],
    [3_999, 4_000],
    [4_000, 4_000],
    [12_345, 12_345],
    [40_000, 40_000],
    [40_001, 40_000],
    [2_147_483_647, 40_000],
  ])("grants a client that asks for %i ms %i ms", async (asked, granted) => {
    const client = await new TestNamespace().connect({ timeOut: asked });
    expect(client.response.timeOut).toBe(granted);
  });

  it("grants a timeout anew when a session is resumed", async () => {
    const namespace = new TestNamespace();
    const first = await namespace.connect({ timeOut: 30_000 });
    const second = await namespace.connect({ ...first.credentials, timeOut: 10_000 });
    expect(second.response.timeOut).toBe(10_000);
    expect(await namespace.rows("SELECT timeout_ms FROM sessions")).toEqual([
      { timeout_ms: 10_000 },
    ]);
  });

  it("takes one zxid for a new session and none for a resumed one", async () => {
    const namespace = new TestNamespace();
    const first = await namespace.connect();
    const zxid = await first.zxid();
    const second = await namespace.connect();
    expect(await second.zxid()).toBe(zxid + 1);
    const resumed = await namespace.connect(second.credentials);
    expect(await resumed.zxid()).toBe(zxid + 1);
  });

  it("says expired to whoever names an unknown session", async () => {
    const namespace = new TestNamespace();
    for (const readOnly of [false, undefined]) {
      for (const sessionId of [1, -1, 2 ** 62]) {
        const connection = await Connection.open(namespace.name);
        const response = await handshake(connection, { sessionId, readOnly });
        expect(response).toMatchObject(NOBODY);
        expect(connection.messages[0]?.[0]).toHaveLength(readOnly === undefined ? 36 : 37);
        expect(await connection.closed).toBe(1000);
      }
    }
    expect(await namespace.rows("SELECT * FROM sessions")).toEqual([]);
  });

  it("closes without a word when the client has seen more than the server", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    const lastZxidSeen = await client.zxid();
    const ahead = await Connection.open(namespace.name);
    ahead.send(connectFrame({ lastZxidSeen: lastZxidSeen + 1 }));
    await ahead.closed;
    expect(ahead.messages).toEqual([]);
    // Nor does it take a session over.
    const thief = await Connection.open(namespace.name);
    thief.send(connectFrame({ ...client.credentials, lastZxidSeen: lastZxidSeen + 1 }));
    await thief.closed;
    expect(thief.messages).toEqual([]);
    expect(await client.zxid()).toBe(lastZxidSeen);
    const inTime = await namespace.connect({ lastZxidSeen });
    expect(await inTime.zxid()).toBe(lastZxidSeen + 1);
  });

  it("may come in one message with the first requests", async () => {
    const namespace = new TestNamespace();
    const connection = await Connection.open(namespace.name);
    const [first, second] = [1, 2].map((xid) => requestFrame(xid, { type: OpCode.ping }));
    connection.send(connectFrame(), first as Uint8Array, second as Uint8Array);
    const frames = await connection.waitFor(() => connection.messages[0], "no answer");
    expect(frames).toHaveLength(3);
  });
});

describe("a first frame that is no handshake", () => {
  it.each([
    ["an op", requestFrame(1, { type: OpCode.getData, path: "/", watch: false })],
    ["nothing", frameOf(() => {})],
    ["a byte", frameOf((writer) => writer.writeBool(true))],
    ["a handshake cut short", frameOf((writer) => writer.writeLong(0))],
  ])("closes the connection: %s", async (_, frame) => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    const stranger = await Connection.open(namespace.name);
    stranger.send(frame);
    await stranger.closed;
    expect(stranger.messages).toEqual([]);
    expect(await client.children("/")).toEqual(["zookeeper"]);
  });
});
