import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { FRAME_BYTES_MAX } from "../../src/protocol/limits.ts";
import { CreateFlags, OpCode, Perms } from "../../src/protocol/op-code.ts";
import { readReplyHeader, type ReplyHeader } from "../../src/protocol/records.ts";
import { concatenate, Connection, eventually, frameOf } from "./support/connection.ts";
import { TestNamespace } from "./support/namespace.ts";
import {
  createRequest,
  handshake,
  requestFrame,
  type TestClient,
} from "./support/zookeeper-client.ts";

const UNSUPPORTED_DATA = 1003;
const create = (xid: number, path: string): Uint8Array => requestFrame(xid, createRequest(path));

let namespace: TestNamespace;
let witness: TestClient;

beforeEach(async () => {
  namespace = new TestNamespace();
  witness = await namespace.connect();
  await witness.create("/mine", "", CreateFlags.ephemeral);
});

/** Whatever somebody else sent, this client never notices. */
afterEach(async () => {
  expect(witness.connection.isClosed).toBe(false);
  expect(await witness.create("/alive", "", CreateFlags.ephemeral)).toBe("/alive");
  expect((await witness.exists("/mine"))?.ephemeralOwner).toBe(witness.sessionId);
});

describe("a message that is not made of whole frames", () => {
  it.each([
    ["three bytes", new Uint8Array(3)],
    ["half a frame", create(1, "/half").subarray(0, 20)],
    ["a length without a frame", frameLength(8)],
    ["a negative length", concatenate([frameLength(-1), new Uint8Array(100)])],
    [
      "a length above the limit",
      concatenate([frameLength(FRAME_BYTES_MAX + 1), new Uint8Array(9)]),
    ],
    ["a binary ping", new TextEncoder().encode("ping")],
    ["HTTP", new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
  ])("closes the connection, not the session: %s", async (_, bytes) => {
    const client = await namespace.connect();
    await client.create("/kept", "", CreateFlags.ephemeral);
    client.connection.sendBytes(bytes);
    expect(await client.connection.closed).toBe(UNSUPPORTED_DATA);
    const resumed = await namespace.connect(client.credentials);
    expect((await resumed.exists("/kept"))?.ephemeralOwner).toBe(client.sessionId);
    expect(await resumed.exists("/half")).toBeUndefined();
    await resumed.closeSession();
  });

  it("does what its whole frames say first", async () => {
    const connection = await Connection.open(namespace.name);
    await handshake(connection);
    connection.send(create(1, "/whole"), create(2, "/half").subarray(0, 20));
    expect(await connection.closed).toBe(UNSUPPORTED_DATA);
    expect(connection.messages.at(-1)).toHaveLength(1);
    expect(await witness.children("/")).toEqual(["mine", "whole", "zookeeper"]);
  });

  it.each(["", "PING", "ping ", "ping\n", "{}", "x".repeat(100_000)])(
    "closes the connection: text %j",
    async (text) => {
      const client = await namespace.connect();
      client.connection.sendText(text);
      expect(await client.connection.closed).toBe(UNSUPPORTED_DATA);
      await (await namespace.connect(client.credentials)).closeSession();
    },
  );

  it("closes a connection without a session too", async () => {
    const stranger = await Connection.open(namespace.name);
    stranger.sendBytes(new Uint8Array(3));
    expect(await stranger.closed).toBe(UNSUPPORTED_DATA);
  });
});

describe("a message of nothing", () => {
  it("is no frame and does no harm", async () => {
    const client = await namespace.connect();
    client.connection.sendBytes(new Uint8Array(0));
    expect(await client.zxid()).toBeGreaterThan(0);
    await client.closeSession();
  });
});

describe("a frame that is no request", () => {
  it.each([
    ["empty", frameOf(() => {})],
    ["half a header", frameOf((writer) => writer.writeInt(1))],
  ])("closes the connection: %s", async (_, frame) => {
    const client = await namespace.connect();
    client.connection.send(frame);
    await client.connection.closed;
    await (await namespace.connect(client.credentials)).closeSession();
  });

  it("is answered with a marshalling error when its body is cut short", async () => {
    const connection = await Connection.open(namespace.name);
    await handshake(connection);
    const whole = create(7, "/cut");
    const zxid = await witness.zxid();
    const cut = frameOf((writer) => {
      for (const byte of whole.subarray(4, 14)) writer.writeBool(byte !== 0);
    });
    cut.set(whole.subarray(4, 14), 4);
    const header = await answerTo(connection, cut);
    expect(header).toEqual({ xid: 7, zxid: zxid + 1, err: ErrorCode.marshallingError });
    // The connection stays.
    expect((await answerTo(connection, create(8, "/uncut"))).err).toBe(0);
  });

  it("is answered with unimplemented and a close when its op is unknown", async () => {
    const connection = await Connection.open(namespace.name);
    await handshake(connection);
    const header = await answerTo(
      connection,
      frameOf((writer) => {
        writer.writeInt(3);
        writer.writeInt(4711);
      }),
    );
    expect(header).toEqual({ xid: 3, zxid: -1, err: ErrorCode.unimplemented });
    await connection.closed;
  });
});

describe("sizes", () => {
  it("takes a request of the largest size and refuses one that is larger", async () => {
    const client = await namespace.connect();
    const overhead = requestFrame(1, createRequest("/large")).length - 4;
    const largest = "x".repeat(FRAME_BYTES_MAX - overhead);
    expect(await client.create("/large", largest)).toBe("/large");
    await namespace.hibernate();
    expect(await client.getData("/large")).toHaveLength(largest.length);
    client.connection.send(requestFrame(4, createRequest("/larger", `${largest}x`)));
    expect(await client.connection.closed).toBe(UNSUPPORTED_DATA);
    await (await namespace.connect(client.credentials)).closeSession();
    expect(await witness.children("/")).toEqual(["large", "mine", "zookeeper"]);
  });

  it("refuses identities without end, and only their owner loses the connection", async () => {
    const few = await namespace.connect();
    for (let i = 0; i < 10; i++) expect((await few.addAuth(`user-${i}:secret`)).err).toBe(0);
    for (const credential of [`${"u".repeat(20_000)}:p`, `${"ü".repeat(5_000)}:p`]) {
      const client = await namespace.connect();
      expect((await client.addAuth(credential)).err).toBe(ErrorCode.authFailed);
      await client.connection.closed;
      await (await namespace.connect(client.credentials)).closeSession();
    }
    let refused = 0;
    const many = await namespace.connect();
    for (let i = 0; i < 500 && refused === 0; i++) refused = (await many.addAuth(`${i}:p`)).err;
    expect(refused).toBe(ErrorCode.authFailed);
    await few.closeSession();
  });

  it("refuses an ACL that its `auth` entries make enormous", async () => {
    const client = await namespace.connect();
    for (let i = 0; i < 30; i++) await client.addAuth(`user-${i}:secret`);
    const acl = Array.from({ length: 30_000 }, (_, perms) => ({
      perms,
      id: { scheme: "auth", id: "" },
    }));
    const answer = await client.request(createRequest("/acl", "", CreateFlags.persistent, acl));
    expect(answer.err).toBe(ErrorCode.invalidACL);
    await client.closeSession();
  });

  it("keeps the largest ACL that it takes", async () => {
    const client = await namespace.connect();
    const acl = [
      { perms: Perms.all, id: { scheme: "digest", id: `a:${"\u0001".repeat(60_000)}` } },
    ];
    const flags = CreateFlags.persistent;
    const data = "x".repeat(800_000);
    expect((await client.request(createRequest("/acl", data, flags, acl))).err).toBe(0);
    await namespace.hibernate();
    expect((await client.request({ type: OpCode.getACL, path: "/acl" })).err).toBe(
      ErrorCode.noAuth,
    );
    await client.closeSession();
  });

  it("watches a path of any length, through a hibernation", async () => {
    const client = await namespace.connect();
    const path = `/${"n".repeat(500_000)}`;
    await client.exists(path, true);
    await namespace.hibernate();
    await witness.create(path);
    await client.event(`1 ${path}`);
    await client.closeSession();
  });
});

describe("paths that nobody has", () => {
  it.each(["//mine", "//", "/mine/", "mine", "/./mine", "/zookeeper/../mine", "/mine\u0000"])(
    "%j neither reads nor writes what it resembles",
    async (path) => {
      const client = await namespace.connect();
      await namespace.hibernate(); // What is read comes from the rows.
      expect(await client.exists(path)).toBeUndefined();
      for (const type of [OpCode.getData, OpCode.getChildren] as const) {
        expect((await client.request({ type, path, watch: true })).err).not.toBe(0);
      }
      const version = -1;
      expect((await client.request({ type: OpCode.delete, path, version })).err).not.toBe(0);
      const setData = { type: OpCode.setData, path, data: null, version } as const;
      expect((await client.request(setData)).err).not.toBe(0);
      expect((await client.request(createRequest(path))).err).not.toBe(0);
      await namespace.hibernate();
      expect(await client.children("/")).toEqual(["mine", "zookeeper"]);
      await client.closeSession();
    },
  );
});

describe("a client that does not read", () => {
  const paths = Array.from({ length: 1_000 }, (_, i) => `/watched-${i}`);

  it.each(["has too much unread", "sends on and on"])("is cut off when it %s", async (what) => {
    const client = await namespace.connect();
    await client.pipeline(paths.map((path) => ({ type: OpCode.exists, path, watch: true })));
    await namespace.inside((state) => {
      const socket = state.getWebSockets().find((each) => ownerOf(each) === client.sessionId);
      const bufferedAmount = what === "sends on and on" ? 2_000_000 : 40_000_000;
      Object.defineProperty(socket, "bufferedAmount", { value: bufferedAmount });
    });
    if (what === "sends on and on") {
      const large = "x".repeat(1_000_000);
      for (let i = 0; i < 10; i++) client.post(createRequest(`/large-${i}`, large));
    } else {
      await witness.create("/watched-0");
    }
    expect(await client.connection.closed).toBe(1008);
    await eventually(async () => {
      const detached = `SELECT id FROM sessions WHERE heard_ms IS NOT NULL`;
      expect(await namespace.rows(detached)).toEqual([{ id: client.sessionId }]);
      expect(await namespace.rows("SELECT * FROM spilled_watches")).toEqual([]);
    });
    expect(await witness.exists("/large-9")).toBeUndefined();
    await (await namespace.connect(client.credentials)).closeSession();
  });
});

describe("connections without end", () => {
  it("opened and dropped leave nothing behind", async () => {
    const zxid = await witness.zxid();
    for (let round = 0; round < 10; round++) {
      const connections = await Promise.all(
        Array.from({ length: 50 }, () => Connection.open(namespace.name)),
      );
      for (const connection of connections) connection.close();
    }
    expect(await witness.zxid()).toBe(zxid);
    await namespace.hibernate(); // Nothing keeps the object awake.
    expect(await namespace.inside((state) => state.getWebSockets().length)).toBe(1);
  });
});

function ownerOf(socket: WebSocket): number {
  return (socket.deserializeAttachment() as { sessionId: number }).sessionId;
}

/** The length of a frame that does not follow. */
function frameLength(length: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, length);
  return bytes;
}

async function answerTo(connection: Connection, frame: Uint8Array): Promise<ReplyHeader> {
  const at = connection.messages.length;
  connection.send(frame);
  const message = await connection.waitFor(() => connection.messages[at], "no answer");
  return readReplyHeader(new JuteReader(message[0] as Uint8Array));
}
