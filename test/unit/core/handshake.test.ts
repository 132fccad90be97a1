/** Connect requests: what opens a session, what resumes one, and what is refused how. */
import { describe, expect, it } from "vitest";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import { writeConnectRequest } from "../../../src/protocol/records.ts";
import { START_MS, TestServer } from "./harness.ts";
import { create, ephemeral, exists } from "./request-builders.ts";

const EXPIRED = {
  protocolVersion: 0,
  timeOut: 0,
  sessionId: 0,
  passwd: new Uint8Array(16),
  readOnly: false,
};

function connectFrame(): Uint8Array {
  const writer = new JuteWriter();
  writeConnectRequest(writer, {
    protocolVersion: 0,
    lastZxidSeen: 0,
    timeOut: 30_000,
    sessionId: 0,
    passwd: new Uint8Array(16),
    readOnly: false,
  });
  return writer.toBytes();
}

describe("a connect request without a session", () => {
  it("opens one, with an id and a password of its own", () => {
    const server = new TestServer();
    const [first, second] = [server.connect(), server.connect()];
    for (const { response } of [first, second]) {
      expect(response).toMatchObject({ protocolVersion: 0, timeOut: 30_000, readOnly: false });
      expect(response?.passwd?.length).toBe(16);
      expect(Number.isSafeInteger(response?.sessionId)).toBe(true);
      expect(response?.sessionId).toBeGreaterThan(0);
    }
    expect(first.sessionId).not.toBe(second.sessionId);
    expect(first.passwd).not.toEqual(second.passwd);
    expect(server.store.getSession(first.sessionId)).toEqual({
      id: first.sessionId,
      passwd: first.passwd,
      timeoutMs: 30_000,
      createdMs: START_MS,
    });
  });

  it.each([
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
  ])("that asks for a timeout of %d gets %d", (timeOut, negotiated) => {
    expect(new TestServer().connect({ timeOut }).response?.timeOut).toBe(negotiated);
  });

  it("has the readOnly byte in its answer exactly when it sent it", () => {
    const server = new TestServer();
    expect(server.connect({ readOnly: undefined }).response?.readOnly).toBeUndefined();
    expect(server.connect({ readOnly: false }).response?.readOnly).toBe(false);
    // A server that is not read-only says so also to who would have taken one that is.
    expect(server.connect({ readOnly: true }).response?.readOnly).toBe(false);
    const refused = { sessionId: 5, passwd: null };
    expect(server.connect({ ...refused, readOnly: undefined }).response).toEqual({
      ...EXPIRED,
      readOnly: undefined,
    });
    expect(server.connect({ ...refused, readOnly: true }).response).toEqual(EXPIRED);
  });

  it.each([1, -1, 2_147_483_647])("may have the protocol version %d", (protocolVersion) => {
    const { response, closed } = new TestServer().connect({ protocolVersion });
    expect(response?.protocolVersion).toBe(0);
    expect(closed).toBe(false);
  });

  it("may have any password, or none", () => {
    for (const passwd of [null, ...[0, 1, 8, 15, 17, 32, 100].map((n) => new Uint8Array(n))]) {
      expect(new TestServer().connect({ passwd }).closed).toBe(false);
    }
  });

  it("may be followed by bytes that mean nothing", () => {
    const frame = Buffer.concat([connectFrame(), Buffer.from("garbage")]);
    expect(new TestServer().connectWith(frame).closed).toBe(false);
  });
});

describe("a first frame that is not a connect request", () => {
  it.each([
    ["nothing", ""],
    ["a getData", "0000000100000004000000012f00"],
    ["a ping", "fffffffe0000000b"],
    ["a getData of a long path", `00000001000000040000001e2f${"61".repeat(29)}00`],
  ])("%s, is not answered, closes the connection and takes no zxid", (_, hex) => {
    const server = new TestServer();
    const connection = server.connectWith(Buffer.from(hex, "hex"));
    expect(connection).toMatchObject({ closed: true, response: undefined });
    expect(server.lastZxid).toBe(0);
  });

  it("any prefix but the one without readOnly, is not answered", () => {
    const frame = connectFrame();
    for (let length = 0; length < frame.length; length++) {
      const { closed } = new TestServer().connectWith(frame.subarray(0, length));
      expect(closed).toBe(length !== frame.length - 1);
    }
  });

  it.each(["fffffffe", "001ffffe", "001fffff", "000003e8", "80000000"])(
    "a connect request whose password has the length %s, is not answered",
    (length) => {
      const frame = connectFrame();
      frame.set(Buffer.from(length, "hex"), 24);
      expect(new TestServer().connectWith(frame)).toMatchObject({
        closed: true,
        response: undefined,
      });
    },
  );
});

describe("a connect request with a session", () => {
  it("resumes it with the right password: same id, same password, no zxid", () => {
    const server = new TestServer();
    const first = server.connect();
    first.request(ephemeral("/e"));
    const before = server.lastZxid;
    const second = server.connect({ sessionId: first.sessionId, passwd: first.passwd });
    expect(second.response).toEqual(first.response);
    expect(second.closed).toBe(false);
    expect(server.lastZxid).toBe(before);
    expect(second.request(exists("/e")).err).toBe(0);
  });

  it("closes the connection that had the session before, without a word", () => {
    const server = new TestServer();
    const first = server.connect();
    server.connect({ sessionId: first.sessionId, passwd: first.passwd });
    expect(first.closed).toBe(true);
    expect(first.take()).toEqual([]);
  });

  it("may change the timeout, within the same bounds, and that is what lasts", () => {
    const server = new TestServer();
    const { sessionId, passwd } = server.connect({ timeOut: 30_000 });
    expect(server.connect({ sessionId, passwd, timeOut: 6_000 }).response?.timeOut).toBe(6_000);
    expect(server.store.getSession(sessionId)?.timeoutMs).toBe(6_000);
    expect(server.connect({ sessionId, passwd, timeOut: 1 }).response?.timeOut).toBe(4_000);
    expect(server.store.getSession(sessionId)).toMatchObject({ timeoutMs: 4_000, passwd });
  });

  it("is told that the session is expired when the password is wrong in any way, and the session lives on", () => {
    const server = new TestServer();
    const { sessionId, passwd } = server.connect();
    const right = passwd ?? new Uint8Array(0);
    const flipped = right.map((byte, i) => (i === 15 ? byte ^ 1 : byte));
    for (const wrong of [
      null,
      new Uint8Array(0),
      new Uint8Array(16),
      flipped,
      right.subarray(0, 15),
      Uint8Array.from([...right, 0]),
    ]) {
      const refused = server.connect({ sessionId, passwd: wrong });
      expect(refused).toMatchObject({ closed: true, response: EXPIRED });
    }
    expect(server.connect({ sessionId, passwd: right }).closed).toBe(false);
  });

  it.each([5, -1, Number.MAX_SAFE_INTEGER, 2 ** 60])(
    "is told that the unknown session %d is expired",
    (sessionId) => {
      const server = new TestServer();
      server.connect();
      expect(server.connect({ sessionId })).toMatchObject({ closed: true, response: EXPIRED });
    },
  );

  it("is told that a session that has ended is expired", () => {
    const server = new TestServer();
    const closed = server.connect();
    closed.request({ type: -11 });
    const expired = server.connect();
    server.expire(expired.sessionId);
    for (const { sessionId, passwd } of [closed, expired]) {
      expect(server.connect({ sessionId, passwd }).response).toEqual(EXPIRED);
    }
  });
});

describe("a connect request from the future", () => {
  it.each([2, 1_000, 2 ** 62])(
    "that has seen zxid %d is closed without a reply",
    (lastZxidSeen) => {
      const server = new TestServer();
      const owner = server.connect();
      for (const { sessionId, passwd } of [
        owner,
        { sessionId: 0, passwd: null },
        { sessionId: 5, passwd: null },
      ]) {
        const connection = server.connect({ sessionId, passwd, lastZxidSeen });
        expect(connection).toMatchObject({ closed: true, response: undefined });
      }
      expect(owner.closed).toBe(false);
      expect(server.lastZxid).toBe(1);
    },
  );

  it.each([-1, 0, 1, 2])("is not one that has seen %d when the server is at 2", (lastZxidSeen) => {
    const server = new TestServer();
    server.connect().request(create("/a"));
    expect(server.connect({ lastZxidSeen }).closed).toBe(false);
  });
});

describe("ids of sessions", () => {
  it("are spread over all of 53 bits, the lowest included", () => {
    const server = new TestServer();
    const ids = Array.from({ length: 400 }, () => server.connect().sessionId);
    expect(new Set(ids).size).toBe(400);
    for (const id of ids) expect(Number.isSafeInteger(id) && id > 0).toBe(true);
    for (const bit of [0, 1, 2, 3, 30, 51, 52]) {
      const set = ids.filter((id) => (BigInt(id) >> BigInt(bit)) % 2n === 1n).length;
      expect(set, `ids with bit ${bit}`).toBeGreaterThan(120);
      expect(set, `ids with bit ${bit}`).toBeLessThan(280);
    }
  });
});
