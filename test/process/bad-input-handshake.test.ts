/**
 * What a server does with the first bytes of a connection, and with connect requests that nobody should send: as
 * ZooKeeper 3.8.0 does, seen on its wire.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { OpCode } from "../../src/protocol/op-code.ts";
import { type ConnectResponse, readConnectResponse } from "../../src/protocol/records.ts";
import { BadInputBench, describeFrame } from "./support/bad-input-bench.ts";
import { TCPConnection } from "./support/tcp-connection.ts";
import {
  bytes,
  concat,
  connectFrame,
  connectPayload,
  encodeRequest,
  frame,
  int,
  long,
} from "./support/wire-bytes.ts";
import { OPEN_ACL, WireSession } from "./support/wire-session.ts";

let bench: BadInputBench;
/** Connections that never become a session. They are opened first, and looked at last. */
let silent: { readonly name: string; readonly connection: TCPConnection }[];

beforeAll(async () => {
  bench = await BadInputBench.start();
  silent = [];
  for (const [name, first] of [
    ["nothing", new Uint8Array(0)],
    ["2 bytes of a length", Uint8Array.of(0, 0)],
    ["a length of 44 and 10 bytes", concat(int(44), new Uint8Array(10))],
    ["the largest length and nothing", int(1_048_575)],
    ["3 bytes of a four-letter word", Buffer.from("ruo")],
  ] as const) {
    const connection = await TCPConnection.open(bench.address);
    connection.write(first);
    silent.push({ name, connection });
  }
});

afterEach(async () => bench.expectUntouched());

afterAll(async () => bench[Symbol.asyncDispose]());

const encoder = new TextEncoder();
const EXISTS_ROOT = { type: OpCode.exists, path: "/", watch: false } as const;

/** Sends bytes on a new connection and waits for its end. */
async function sendFirst(first: Uint8Array): Promise<TCPConnection> {
  const connection = await TCPConnection.open(bench.address);
  connection.write(first);
  // At once, which is long before those who say nothing at all are disconnected.
  await connection.ended(5_000);
  return connection;
}

/** Sends a connect request, or bytes in the place of one, and returns the answer. */
async function connect(payload: Uint8Array): Promise<ConnectResponse & { length: number }> {
  const connection = await TCPConnection.open(bench.address);
  connection.write(frame(payload));
  const response = await connection.frame(0);
  const granted = readConnectResponse(new JuteReader(response));
  if (granted.timeOut > 0) {
    connection.write(encodeRequest(1, EXISTS_ROOT));
    const [xid, , , err] = new Int32Array(await connection.frame(1).then(toHostOrder));
    expect([xid, err], "exists / on the new connection").toEqual([1, 0]);
    connection.write(encodeRequest(2, { type: OpCode.closeSession }));
    await connection.frame(2);
  }
  expect(await connection.ended()).toBe("FIN");
  return { ...granted, length: response.length };
}

function toHostOrder(payload: Uint8Array): Int32Array {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  return Int32Array.from({ length: payload.length >> 2 }, (_, i) => view.getInt32(i * 4));
}

/** A connect request with numbers that no session of ours has. */
function foreign(sessionId: bigint, lastZxidSeen = 0n): Uint8Array {
  return bytes(0, long(lastZxidSeen), 30_000, long(sessionId), 16, new Uint8Array(16), false);
}

describe("first bytes that are no connect request: closed, with nothing said, and no zxid used", () => {
  const request = connectPayload({ readOnly: undefined });
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ["an op before the handshake", encodeRequest(1, EXISTS_ROOT)],
    ["a longer op", encodeRequest(1, { ...EXISTS_ROOT, path: `/${"x".repeat(29)}` })],
    ["a ping", encodeRequest(-2, { type: OpCode.ping })],
    ["closeSession", encodeRequest(1, { type: OpCode.closeSession })],
    ...[0, 1, 4, 27, 28, 32, 43].map(
      (length) =>
        [`${length} of 44 bytes of a request`, frame(request.subarray(0, length))] as const,
    ),
    ["length 0", int(0)],
    ["length 0, then a connect request", concat(int(0), connectFrame())],
    ["length -1", int(-1)],
    ["length -1, then a connect request", concat(int(-1), connectFrame())],
    ["length -2147483648", int(-2_147_483_648)],
    ["length 2147483647", int(2_147_483_647)],
    ["length 1048576, which is 1 too many", int(1_048_576)],
    [
      "a whole request of 1048576 bytes",
      concat(int(1_048_576), request, new Uint8Array(1_048_532)),
    ],
    ["HTTP GET", encoder.encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
    ["HTTP POST", encoder.encode("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd")],
    ["empty lines", encoder.encode("\r\n\r\n")],
    ["TLS", bytes(Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01), new Uint8Array(512))],
    ["SSH", encoder.encode("SSH-2.0-OpenSSH_9.2\r\n")],
    ["an unknown four-letter word", encoder.encode("abcd")],
    ["a password of length -2", frame(bytes(int(0), long(0), int(30_000), long(0), int(-2), "x"))],
    ...[1_000, 2_097_150, 2_097_151, 2_147_483_647].map(
      (length) =>
        [
          `a password of ${length} bytes that are not there`,
          frame(bytes(0, long(0), 30_000, long(0), { length, bytes: new Uint8Array(16) })),
        ] as const,
    ),
  ];
  test.each(cases)("%s", async (_, first) => {
    const before = await bench.control.ping();
    const connection = await sendFirst(first);
    expect({ end: connection.end, bytes: connection.receivedBytes }).toEqual({
      end: "FIN",
      bytes: 0,
    });
    expect(await bench.control.ping()).toBe(before);
  });

  test("random bytes: closed, or waited for as the start of a long frame", async () => {
    for (let i = 0; i < 100; i++) {
      // A fixed sequence that looks like noise. Its first byte is above 0, so that no length is acceptable.
      const noise = Uint8Array.from(
        { length: 200 },
        (__, j) => ((i * 7_919 + j * 104_729) % 255) + 1,
      );
      const connection = await sendFirst(noise);
      expect(connection.receivedBytes).toBe(0);
    }
  });
});

describe("connect requests with odd fields that ZooKeeper does not mind", () => {
  const OLD = { length: 36, readOnly: undefined };
  const NEW = { length: 37, readOnly: false };
  const cases: readonly (readonly [string, Uint8Array, { length: number; timeOut?: number }])[] = [
    ["no readOnly byte", connectPayload({ readOnly: undefined }), OLD],
    ["readOnly", connectPayload({ readOnly: true }), NEW],
    ["readOnly byte 2", concat(connectPayload({ readOnly: undefined }), Uint8Array.of(2)), NEW],
    ["7 bytes of garbage behind it", concat(connectPayload(), new Uint8Array(7).fill(0xaa)), NEW],
    [
      "zeros up to the largest frame",
      concat(connectPayload(), new Uint8Array(1_048_575 - 45)),
      NEW,
    ],
    ["protocolVersion 1", connectPayload({ protocolVersion: 1 }), NEW],
    ["protocolVersion -1", connectPayload({ protocolVersion: -1 }), NEW],
    ["protocolVersion 2147483647", connectPayload({ protocolVersion: 2_147_483_647 }), NEW],
    ...[
      [0, 4_000],
      [-1, 4_000],
      [-2_147_483_648, 4_000],
      [1, 4_000],
      [3_999, 4_000],
      [4_000, 4_000],
      [4_001, 4_001],
      [10_000, 10_000],
      [39_999, 39_999],
      [40_000, 40_000],
      [40_001, 40_000],
      [2_147_483_647, 40_000],
    ].map(
      ([asked, granted]) =>
        [
          `timeOut ${asked}`,
          connectPayload({ timeOut: asked as number }),
          { ...NEW, timeOut: granted as number },
        ] as const,
    ),
    ["no password", connectPayload({ passwd: null }), NEW],
    ...[0, 1, 8, 15, 17, 32, 100].map(
      (length) =>
        [
          `a password of ${length} bytes`,
          connectPayload({ passwd: new Uint8Array(length) }),
          NEW,
        ] as const,
    ),
    ["a password that is not zero", connectPayload({ passwd: new Uint8Array(16).fill(9) }), NEW],
    ["lastZxidSeen -1", connectPayload({ lastZxidSeen: -1 }), NEW],
  ];
  test.each(cases)("%s", async (_, payload, expected) => {
    const response = await connect(payload);
    expect(response).toMatchObject({ protocolVersion: 0, timeOut: 30_000, ...expected });
    expect(response.sessionId).toBeGreaterThan(0);
    expect(response.passwd).toHaveLength(16);
    expect(response.passwd?.some((byte) => byte !== 0)).toBe(true);
  });

  test("lastZxidSeen equal to the server's is accepted", async () => {
    const lastZxidSeen = await bench.control.ping();
    expect(await connect(connectPayload({ lastZxidSeen }))).toMatchObject({ timeOut: 30_000 });
  });
});

describe("a client that has seen a later zxid is disconnected without a word", () => {
  test.each([
    ["10 ahead", 10n, 0n],
    ["1 ahead", 1n, 0n],
    ["2^62", 2n ** 62n, 0n],
    ["2^63 - 1", 2n ** 63n - 1n, 0n],
    ["ahead, of a session that is unknown", 10n, 5n],
  ])("%s", async (_, ahead, sessionId) => {
    const before = await bench.control.ping();
    const lastZxidSeen = ahead > 2n ** 60n ? ahead : BigInt(before) + ahead;
    const connection = await sendFirst(frame(foreign(sessionId, lastZxidSeen)));
    expect({ end: connection.end, bytes: connection.receivedBytes }).toEqual({
      end: "FIN",
      bytes: 0,
    });
    expect(await bench.control.ping()).toBe(before);
  });
});

describe("sessions that cannot be resumed: an answer of zeros, then closed, and no zxid used", () => {
  const ZEROS = { timeOut: 0, sessionId: 0, passwd: Buffer.alloc(16) };

  test.each([
    ["an unknown id", connectPayload({ sessionId: 5 }), 37],
    ["an unknown id, no readOnly byte", connectPayload({ sessionId: 5, readOnly: undefined }), 36],
    ["an unknown id, no password", connectPayload({ sessionId: 5, passwd: null }), 37],
    ["id -1", foreign(-1n), 37],
    ["an id of a real ZooKeeper", foreign(0x1000_1ac_bff_0000n), 37],
    ["the largest id", foreign(2n ** 63n - 1n), 37],
    ["the smallest id", foreign(-(2n ** 63n)), 37],
  ])("%s", async (_, payload, length) => {
    const before = await bench.control.ping();
    expect(await connect(payload)).toMatchObject({ ...ZEROS, length });
    expect(await bench.control.ping()).toBe(before);
  });

  test("a wrong password, in every form, and the owner keeps its connection", async () => {
    const owner = await WireSession.open(bench.address);
    const { sessionId, passwd } = owner;
    const flipped = Uint8Array.from(passwd, (byte, i) => (i === 15 ? byte ^ 1 : byte));
    for (const wrong of [
      new Uint8Array(16),
      flipped,
      null,
      new Uint8Array(0),
      passwd.subarray(0, 15),
      concat(passwd, Uint8Array.of(0)),
    ]) {
      const before = await bench.control.ping();
      expect(await connect(connectPayload({ sessionId, passwd: wrong }))).toMatchObject(ZEROS);
      expect(await bench.control.ping()).toBe(before);
    }
    // ZooKeeper 3.8.0 disconnects the owner too. Whoever guesses an id could then cut anybody off: we do not.
    expect(await owner.exists("/")).toBeDefined();
    await owner.close();
  });

  test("a closed session, with the right password", async () => {
    const session = await WireSession.open(bench.address);
    await session.create("/witness/ended", "", 1);
    await session.close();
    const { sessionId, passwd } = session;
    expect(await connect(connectPayload({ sessionId, passwd }))).toMatchObject(ZEROS);
    expect(await bench.control.exists("/witness/ended")).toBeUndefined();
  });
});

describe("sessions that are resumed", () => {
  test("the old connection is closed without a word, and no zxid used", async () => {
    const old = await WireSession.open(bench.address);
    await old.create("/witness/moved", "", 1);
    const before = await bench.control.ping();
    const received = old.connection.receivedBytes;
    const resumed = await WireSession.open(bench.address, { resume: old });
    expect(await old.connection.ended()).toBe("FIN");
    expect(old.connection.receivedBytes).toBe(received);
    expect(resumed).toMatchObject({ sessionId: old.sessionId, timeoutMs: 30_000 });
    expect(Buffer.from(resumed.passwd).equals(old.passwd)).toBe(true);
    expect(await bench.control.ping()).toBe(before);
    expect((await resumed.exists("/witness/moved"))?.ephemeralOwner).toBe(old.sessionId);
    await resumed.close();
  });

  test("another timeout is granted", async () => {
    const session = await WireSession.open(bench.address);
    const resumed = await WireSession.open(bench.address, { resume: session, timeoutMs: 6_000 });
    expect(resumed.timeoutMs).toBe(6_000);
    await resumed.close();
  });

  test("a client that has seen a later zxid does not disconnect the owner", async () => {
    const owner = await WireSession.open(bench.address);
    const lastZxidSeen = (await owner.ping()) + 1;
    const { sessionId, passwd } = owner;
    const connection = await sendFirst(connectFrame({ sessionId, passwd, lastZxidSeen }));
    expect(connection.receivedBytes).toBe(0);
    expect(await owner.exists("/")).toBeDefined();
    await owner.close();
  });

  test("requests pipelined behind the connect request are served in order", async () => {
    const connection = await TCPConnection.open(bench.address);
    const before = await bench.control.ping();
    const path = "/witness/pipelined";
    connection.write(
      concat(
        connectFrame(),
        encodeRequest(1, { type: OpCode.create2, path, data: null, acl: OPEN_ACL, flags: 0 }),
        encodeRequest(2, { type: OpCode.getData, path, watch: false }),
        encodeRequest(3, { type: OpCode.delete, path, version: -1 }),
        encodeRequest(4, { type: OpCode.closeSession }),
      ),
    );
    expect(await connection.ended()).toBe("FIN");
    expect(connection.frames.slice(1).map((payload) => describeFrame(payload, before))).toEqual([
      "xid=1 zxid=z0+2 err=0 90B",
      "xid=2 zxid=z0+2 err=0 72B",
      "xid=3 zxid=z0+3 err=0",
      "xid=4 zxid=z0+4 err=0",
    ]);
  });

  test("a connect request that comes one byte at a time", async () => {
    const connection = await TCPConnection.open(bench.address);
    for (const byte of connectFrame()) {
      connection.write(Uint8Array.of(byte));
      // Each leaves in a packet of its own: the loopback has taken it before the next is written.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await connection.frame(0)).toHaveLength(37);
    connection.write(encodeRequest(1, { type: OpCode.closeSession }));
    expect(await connection.ended()).toBe("FIN");
  });
});

test("who opens no session is disconnected without a word after 10 to 20 s", async () => {
  for (const { name, connection } of silent) {
    expect(await connection.ended(25_000), name).toBe("FIN");
    expect(connection.receivedBytes, name).toBe(0);
    const waitedMs = (connection.endedMs ?? Number.NaN) - connection.openedMs;
    expect(waitedMs, name).toBeGreaterThan(9_900);
    expect(waitedMs, name).toBeLessThan(21_000);
  }
});
