/**
 * What a server does with frames and headers that are no requests, and with what is pipelined around them: as
 * ZooKeeper 3.8.0 does, seen on its wire.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { CreateFlags, OpCode } from "../../src/protocol/op-code.ts";
import { BadInputBench, describeFrame } from "./support/bad-input-bench.ts";
import { TCPConnection } from "./support/tcp-connection.ts";
import {
  buffer,
  bytes,
  concat,
  connectFrame,
  connectPayload,
  encodeBody,
  encodeRequest,
  frame,
  int,
  requestFrame,
} from "./support/wire-bytes.ts";
import { OPEN_ACL, WireSession } from "./support/wire-session.ts";

let bench: BadInputBench;
/** Sessions of 4 s that fall silent. They are opened first, and looked at last. */
let silent: { readonly name: string; readonly session: WireSession; readonly sinceMs: number }[];

beforeAll(async () => {
  bench = await BadInputBench.start();
  silent = [];
  for (const [name, last] of [
    ["nothing", new Uint8Array(0)],
    ["2 bytes of a length", Uint8Array.of(0, 0)],
    ["half a frame", concat(int(100), new Uint8Array(50))],
    ["a frame that lacks its last byte", encodeRequest(1, { ...EXISTS, path: "/n" }).slice(0, -1)],
  ] as const) {
    const session = await WireSession.open(bench.address, { timeoutMs: 4_000 });
    await session.create(`/witness/silent-${silent.length}`, "", CreateFlags.ephemeral);
    session.write(last);
    silent.push({ name, session, sinceMs: performance.now() });
  }
  await bench.control.create("/n", "data");
});

afterEach(async () => bench.expectUntouched());

afterAll(async () => bench[Symbol.asyncDispose]());

const encoder = new TextEncoder();
const EXISTS = { type: OpCode.exists, path: "/", watch: false } as const;
const SURVIVES = " | closed FIN | +0";

function create(xid: number, path: string): Uint8Array {
  const data = new Uint8Array(1);
  return encodeRequest(xid, { type: OpCode.create, path, data, acl: OPEN_ACL, flags: 0 });
}

function auth(
  scheme: string | null,
  credential: Uint8Array | string | null,
  xid: number = -4,
): Uint8Array {
  return requestFrame(xid, OpCode.auth, bytes(0, scheme, buffer(credential)));
}

/** A setData of /n whose frame has that length. */
function setData(length: number): Uint8Array {
  const data = new Uint8Array(length - 22).fill(0x61);
  return encodeRequest(5, { type: OpCode.setData, path: "/n", data, version: -1 });
}

describe("no frame, or one without a header: closed, with nothing said", () => {
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ...[0, 1, 2, 3, 4, 5, 6, 7].map(
      (length) => [`a frame of length ${length}`, frame(new Uint8Array(length))] as const,
    ),
    ["length -1", int(-1)],
    ["length -2147483648", int(-2_147_483_648)],
    ["length 1048576", int(1_048_576)],
    ["length 2147483647", int(2_147_483_647)],
    ["a four-letter word", encoder.encode("ruok")],
    ["HTTP", encoder.encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
    ["TLS", concat(Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01), new Uint8Array(512))],
    ["random bytes", Uint8Array.from({ length: 5_000 }, (_, i) => ((i * 104_729) % 255) + 1)],
  ];
  test.each(cases)("%s", async (_, sent) => {
    expect(await bench.send(sent)).toBe(SURVIVES.trim());
  });

  test("what came before is answered, what comes behind is not read", async () => {
    const sent = [
      create(1, "/before-garbage"),
      encodeRequest(2, EXISTS),
      int(-1),
      create(3, "/behind-garbage"),
    ];
    expect(await bench.send(...sent)).toBe(
      "xid=1 zxid=z0+1 err=0 19B ; xid=2 zxid=z0+1 err=0 68B | closed FIN | +1",
    );
    expect(await bench.control.exists("/behind-garbage")).toBeUndefined();
  });
});

describe("xids are not interpreted", () => {
  test.each([-2, -4, -8, 0, -2_147_483_648, 2_147_483_647])("exists with xid %i", async (xid) => {
    // Told from the ping behind it by its body.
    const session = await WireSession.open(bench.address);
    session.write(encodeRequest(xid, EXISTS));
    const reply = await session.connection.frame(1);
    expect(describeFrame(reply, session.lastZxid)).toMatch(`xid=${xid} `);
    expect(reply).toHaveLength(16 + 68);
    await session.close();
  });

  test.each([-1, -4, -8, 0])("create with xid %i", async (xid) => {
    expect(await bench.send(create(xid, `/xid${xid}`))).toMatch(
      new RegExp(`^xid=${xid} zxid=z0\\+1 err=0 \\d+B \\| open \\| \\+1$`),
    );
  });

  test.each([5, 0])("ping with xid %i is answered with -2", async (xid) => {
    expect(await bench.send(encodeRequest(xid, { type: OpCode.ping }))).toBe(
      "xid=-2 zxid=z0 err=0 | open | +0",
    );
  });

  test("ping with a body", async () => {
    expect(await bench.send(requestFrame(-2, OpCode.ping, new Uint8Array(9)))).toBe(
      "xid=-2 zxid=z0 err=0 | open | +0",
    );
  });

  test("two requests with the same xid", async () => {
    expect(await bench.send(encodeRequest(7, EXISTS), encodeRequest(7, EXISTS))).toBe(
      "xid=7 zxid=z0 err=0 68B ; xid=7 zxid=z0 err=0 68B | open | +0",
    );
  });
});

describe("unknown ops: -6 with zxid -1, closed, and the session survives", () => {
  const UNKNOWN = `xid=5 zxid=-1 err=-6${SURVIVES}`;

  test.each([0, 10, 23, 99, 108, 500, 999, -1, -2, -9, -12, -100, 2_147_483_647, -2_147_483_648])(
    "op %i",
    async (type) => {
      expect(await bench.send(requestFrame(5, type, bytes("/n", false)))).toBe(UNKNOWN);
    },
  );

  // ZooKeeper 3.8.0 executes these two, the first without any reply and the second by opening a session. No client
  // sends either.
  test("check outside of a multi", async () => {
    expect(await bench.send(requestFrame(5, OpCode.check, bytes("/n", -1)))).toBe(UNKNOWN);
  });
  test("createSession", async () => {
    expect(await bench.send(requestFrame(5, OpCode.createSession, int(5_000)))).toBe(UNKNOWN);
  });

  test("a second connect request reads as xid 0, op 0", async () => {
    expect(await bench.send(connectFrame())).toBe(`xid=0 zxid=-1 err=-6${SURVIVES}`);
  });

  test("an 8-byte frame of zeros", async () => {
    expect(await bench.send(frame(0, 0))).toBe(`xid=0 zxid=-1 err=-6${SURVIVES}`);
  });

  test("a request without a body for an op that has none to read is no unknown op", async () => {
    expect(await bench.send(requestFrame(5, OpCode.exists, new Uint8Array(0)))).toBe(
      "xid=5 zxid=z0 err=-5 | open | +0",
    );
  });

  test("pipelined: what came before is answered, what comes behind is not executed", async () => {
    const sent = [
      encodeRequest(1, EXISTS),
      create(2, "/before-unknown"),
      requestFrame(3, 999, new Uint8Array(0)),
      create(4, "/behind-unknown"),
    ];
    // In 3.8.0 the -6 overtakes the replies before it, and what is behind it may be executed.
    expect(await bench.send(...sent)).toBe(
      "xid=1 zxid=z0 err=0 68B ; xid=2 zxid=z0+1 err=0 19B ; xid=3 zxid=-1 err=-6 | closed FIN | +1",
    );
    expect(await bench.control.exists("/behind-unknown")).toBeUndefined();
  });
});

describe("auth", () => {
  test.each([
    ["digest", "u:p"],
    ["digest", "abc"],
    ["digest", "u:p:q"],
    ["digest", ":"],
    ["digest", ""],
    ["digest", Uint8Array.of(0xff, 0xfe, 0x3a, 0xc3)],
    ["ip", "anything"],
    ["ip", null],
  ])("%s %s succeeds", async (scheme, credential) => {
    expect(await bench.send(auth(scheme, credential))).toBe("xid=-4 zxid=0 err=0 | open | +0");
  });

  test("any xid, any type", async () => {
    expect(await bench.send(auth("digest", "u:p", 5))).toBe("xid=5 zxid=0 err=0 | open | +0");
    const typed = requestFrame(-4, OpCode.auth, bytes(77, "digest", "u:p"));
    expect(await bench.send(typed)).toBe("xid=-4 zxid=0 err=0 | open | +0");
  });

  test.each([
    ["digest", null],
    ["foo", "u:p"],
    [null, "u:p"],
    ["", "u:p"],
    ["world", "anyone"],
    ["auth", ""],
    ["super", "super:x"],
    ["sasl", "bob"],
    ["x509", "CN=a"],
    ["DIGEST", "u:p"],
  ])("%s %s fails: -115, closed, and the session survives", async (scheme, credential) => {
    expect(await bench.send(auth(scheme, credential))).toBe(`xid=-4 zxid=0 err=-115${SURVIVES}`);
  });

  // ZooKeeper sets no bound.
  test("more identities than fit are refused like a bad credential", async () => {
    const ids = Array.from({ length: 40 }, (_, i) => auth("digest", `${i}${"u".repeat(100)}:p`));
    const outcome = await bench.send(...ids);
    expect(outcome).toMatch(
      /^(xid=-4 zxid=0 err=0 ; )+xid=-4 zxid=0 err=-115 \| closed FIN \| \+0$/,
    );
  });

  test("failed, pipelined: what came before is done, what comes behind is not read", async () => {
    const sent = [create(1, "/before-auth"), auth("foo", "x"), create(3, "/behind-auth")];
    // In 3.8.0 the reply to the create is lost.
    expect(await bench.send(...sent)).toBe(
      "xid=1 zxid=z0+1 err=0 16B ; xid=-4 zxid=0 err=-115 | closed FIN | +1",
    );
    expect(await bench.control.exists("/before-auth")).toBeDefined();
    expect(await bench.control.exists("/behind-auth")).toBeUndefined();
  });

  test("ids belong to the connection: a resumed session has only its address", async () => {
    const session = await WireSession.open(bench.address);
    const credential = encoder.encode("owner:secret");
    await session.ask({ type: OpCode.auth, authType: 0, scheme: "digest", auth: credential });
    const acl = [{ perms: 31, id: { scheme: "auth", id: "" } }];
    const locked = { type: OpCode.create, path: "/locked", data: null, acl, flags: 0 } as const;
    expect((await session.request(locked)).err).toBe(0);
    const resumed = await WireSession.open(bench.address, { resume: session });
    expect((await resumed.request({ ...locked, path: "/locked-2" })).err).toBe(-114);
    expect((await resumed.request({ ...EXISTS, type: OpCode.getData, path: "/locked" })).err).toBe(
      -102,
    );
    await resumed.close();
  });
});

describe("closeSession", () => {
  test("with garbage for a body", async () => {
    const sent = requestFrame(1, OpCode.closeSession, new Uint8Array(20).fill(0xee));
    expect(await bench.send(sent)).toBe("xid=1 zxid=z0+1 err=0 | closed FIN | session gone");
  });

  test("what is pipelined behind it is not executed", async () => {
    const sent = [
      encodeRequest(1, { type: OpCode.closeSession }),
      encodeRequest(2, EXISTS),
      create(3, "/behind-close"),
      encodeRequest(-2, { type: OpCode.ping }),
      encodeRequest(4, { type: OpCode.closeSession }),
    ];
    // 3.8.0 may answer the one behind it with -112 before it closes.
    expect(await bench.send(...sent)).toBe("xid=1 zxid=z0+1 err=0 | closed FIN | session gone");
    expect(await bench.control.exists("/behind-close")).toBeUndefined();
  });

  test("an ephemeral created right before it is gone", async () => {
    const acl = OPEN_ACL;
    const ephemeral = { type: OpCode.create, path: "/eph", data: null, acl, flags: 1 } as const;
    const sent = [encodeRequest(1, ephemeral), encodeRequest(2, { type: OpCode.closeSession })];
    expect(await bench.send(...sent)).toBe(
      "xid=1 zxid=z0+1 err=0 8B ; xid=2 zxid=z0+2 err=0 | closed FIN | session gone",
    );
    expect(await bench.control.exists("/eph")).toBeUndefined();
  });
});

describe("large frames", () => {
  const MAX = 1_048_575;

  test("1048575 bytes are accepted", async () => {
    expect(setData(MAX)).toHaveLength(MAX + 4);
    expect(await bench.send(setData(MAX))).toBe("xid=5 zxid=z0+1 err=0 68B | open | +1");
    // The reply is larger than any request may be.
    const { data } = await bench.control.getData("/n");
    expect(data).toHaveLength(MAX - 22);
  });

  test.each([1_048_576, 1_300_000])("%i bytes are not", async (length) => {
    expect(await bench.send(setData(length))).toBe(SURVIVES.trim());
    const { data } = await bench.control.getData("/n");
    expect(data).toHaveLength(MAX - 22);
  });
});

describe("frames in pieces", () => {
  test("one byte at a time", async () => {
    const session = await WireSession.open(bench.address);
    const sent = concat(create(1, "/byte-by-byte"), encodeRequest(2, EXISTS));
    for (const byte of sent) {
      session.connection.write(Uint8Array.of(byte));
      // Each leaves in a packet of its own.
      await nextTurn();
    }
    expect(await session.connection.frame(2)).toHaveLength(16 + 68);
    expect(session.log).toMatchObject([
      { xid: 1, err: 0 },
      { xid: 2, err: 0 },
    ]);
    await session.close();
  });

  test("a large frame in 100 pieces, and requests of others in between", async () => {
    const session = await WireSession.open(bench.address);
    const data = new Uint8Array(1_000_000).fill(7);
    const sent = encodeRequest(1, { type: OpCode.setData, path: "/n", data, version: -1 });
    const step = Math.ceil(sent.length / 100);
    for (let at = 0; at < sent.length; at += step) {
      session.connection.write(sent.subarray(at, at + step));
      await bench.control.ping();
    }
    expect(await session.connection.frame(1)).toHaveLength(16 + 68);
    await session.close();
  });

  test("3000 requests in one write are answered in order", async () => {
    const xids = Array.from({ length: 3_000 }, (_, i) => i + 1);
    const outcome = await bench.send(...xids.map((xid) => encodeRequest(xid, EXISTS)));
    const replies = xids.map((xid) => `xid=${xid} zxid=z0 err=0 68B`);
    expect(outcome).toBe(`${replies.join(" ; ")} | open | +0`);
  });
});

describe("connections that end in the middle", () => {
  test("a half-close behind requests: they are executed, and the session survives", async () => {
    const session = await WireSession.open(bench.address);
    session.connection.write(concat(encodeRequest(1, EXISTS), create(2, "/half-closed")));
    session.connection.finish();
    expect(await session.connection.ended()).toBe("FIN");
    expect(await bench.control.exists("/half-closed")).toBeDefined();
    const resumed = await WireSession.open(bench.address, { resume: session });
    await resumed.close();
  });

  test.each(["a FIN", "a reset"])("%s in the middle of a frame", async (how) => {
    const session = await WireSession.open(bench.address);
    await session.create("/cut", "", CreateFlags.ephemeral);
    session.connection.write(create(1, "/half").subarray(0, 20));
    if (how === "a FIN") session.connection.finish();
    else session.connection.reset();
    const resumed = await WireSession.open(bench.address, { resume: session });
    expect((await resumed.exists("/cut"))?.ephemeralOwner).toBe(session.sessionId);
    expect(await resumed.exists("/half")).toBeUndefined();
    await resumed.close();
  });

  test("the other half of a frame on another connection is no frame", async () => {
    const session = await WireSession.open(bench.address);
    const sent = create(1, "/two-halves");
    session.connection.write(sent.subarray(0, 20));
    const resumed = await WireSession.open(bench.address, { resume: session });
    resumed.connection.write(sent.subarray(20));
    expect(await resumed.connection.ended()).toBe("FIN");
    expect(await bench.control.exists("/two-halves")).toBeUndefined();
  });

  test("two thousand connections to the same session, each taking it from the one before", async () => {
    const session = await WireSession.open(bench.address);
    await session.create("/fought-over", "", CreateFlags.ephemeral);
    const request = frame(connectPayload({ sessionId: session.sessionId, passwd: session.passwd }));
    for (let wave = 0; wave < 20; wave++) {
      const rivals = await Promise.all(
        Array.from({ length: 100 }, async () => {
          const rival = await TCPConnection.open(bench.address);
          rival.write(request);
          return rival;
        }),
      );
      await Promise.all(rivals.map((rival) => rival.frame(0)));
      for (const rival of rivals) rival.destroy();
    }
    const last = await WireSession.open(bench.address, { resume: session });
    expect((await last.exists("/fought-over"))?.ephemeralOwner).toBe(session.sessionId);
    await last.close();
  });
});

test("a session that falls silent is closed without a word, and its ephemerals go, not before its time", async () => {
  for (const [i, { name, session, sinceMs }] of silent.entries()) {
    expect(await session.connection.ended(15_000), name).toBe("FIN");
    expect(session.log, name).toHaveLength(1);
    const waitedMs = (session.connection.endedMs ?? Number.NaN) - sinceMs;
    expect(waitedMs, name).toBeGreaterThan(4_000);
    // Rounded up to a tick of 2 s, and what two busy cores add.
    expect(waitedMs, name).toBeLessThan(8_000);
    expect(await bench.control.exists(`/witness/silent-${i}`), name).toBeUndefined();
    await expect(WireSession.open(bench.address, { resume: session }), name).rejects.toThrow(
      "expired",
    );
  }
});

test("an op type says what a body is, whatever it looks like", async () => {
  // The body of a create, sent as a delete: path, then 4 bytes of something that is taken for the version.
  const body = encodeBody({ type: OpCode.create, path: "/n", data: null, acl: OPEN_ACL, flags: 0 });
  expect(await bench.send(requestFrame(5, OpCode.delete, body))).toBe(
    "xid=5 zxid=z0+1 err=0 | open | +1",
  );
});
