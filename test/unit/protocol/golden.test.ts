/**
 * Both directions of every golden entry whose op this protocol knows: what a real server or client sent decodes to
 * what it meant, and what it meant encodes to what it sent.
 */
import { describe, expect, it } from "vitest";
import { JuteError } from "../../../src/protocol/jute-reader.ts";
import {
  type ConnectRequest,
  type ConnectResponse,
  readConnectRequest,
  readConnectResponse,
  readReplyHeader,
  readRequestHeader,
  readWatcherEvent,
  type RequestHeader,
  writeConnectRequest,
  writeConnectResponse,
  writeNotificationFrame,
  writeReplyHeader,
  writeRequestHeader,
} from "../../../src/protocol/records.ts";
import { readReply, type Reply, writeReply } from "../../../src/protocol/replies.ts";
import { readRequest, type Request, writeRequest } from "../../../src/protocol/requests.ts";
import {
  expectedHex,
  golden,
  type GoldenEntry,
  idOf,
  toRecord,
  toTagged,
  typeOf,
} from "./golden.ts";
import { fromHex, readerOf, toHex, written } from "./wire-bytes.ts";

/** Our readers say that they do not know it. */
const UNKNOWN_OP = "unknown(999)";

const COVERED_OPS = `
  connect create create2 createContainer createTTL delete exists getData setData getACL setACL getChildren getChildren2
  sync ping multi multiRead auth sasl setWatches setWatches2 addWatch checkWatches removeWatches getEphemerals
  getAllChildrenNumber whoAmI closeSession
`
  .trim()
  .split(/\s+/);

/** Their only answers are errors, which have no body. */
const REFUSED_OPS = ["reconfig", "deleteContainer"];

/** Requests that a real server calls malformed (-5). */
const MALFORMED = new Map([
  ["raw/error-marshalling-null-path", "null where a path must be"],
  ["raw/error-marshalling-truncated-create", "cut short"],
  ["raw/error-marshalling-truncated-multi", "cut short"],
  ["raw/multi-null-path", "null where a path must be"],
]);

/** An empty `id` that kazoo sends as null. It decodes to "", and "" does not encode to null. */
const NULL_ID = "kazoo/error-invalid-acl";

const known = golden.filter((entry) => entry.op !== UNKNOWN_OP);
const isMalformed = (entry: GoldenEntry) =>
  entry.direction === "request" && MALFORMED.has(entry.name);
const covered = known.filter(
  (entry) => !isMalformed(entry) && !(entry.name === NULL_ID && entry.direction === "request"),
);
const of = (direction: GoldenEntry["direction"], op?: string) =>
  covered
    .filter(
      (entry) => entry.direction === direction && (entry.op === "connect") === (op === "connect"),
    )
    .map((entry) => [idOf(entry), entry] as const);

function bodyOf(entry: GoldenEntry) {
  if (entry.decoded === null) throw new Error(`${idOf(entry)} has no meaning`);
  return entry.decoded.body;
}

function headerOf(entry: GoldenEntry): Record<string, unknown> {
  return toRecord(entry.decoded?.header ?? {});
}

describe(`golden table of ZooKeeper 3.8.0: ${covered.length} of its ${golden.length} entries in both directions`, () => {
  it("covers every op of this protocol, and all but 7 of its entries", () => {
    expect(golden.length).toBeGreaterThanOrEqual(399);
    expect(golden.length - covered.length).toBe(7);
    const ops = new Set(covered.map((entry) => `${entry.op} ${entry.direction}`));
    for (const op of [...COVERED_OPS, ...REFUSED_OPS]) {
      expect(ops).toContain(`${op} request`);
      expect(ops).toContain(`${op} reply`);
    }
    expect(ops).toContain("event event");
  });

  it.each(of("request"))("decodes and encodes %s", (_, entry) => {
    const reader = readerOf(entry.hex);
    const header = readRequestHeader(reader);
    expect(header).toEqual(headerOf(entry));
    expect(header.type).toBe(typeOf(entry));
    const meaning = toTagged(header.type, bodyOf(entry));
    expect(readRequest(reader, header.type)).toEqual(meaning);
    expect(reader.remaining).toBe(0);
    const hex = written((writer) => {
      writeRequestHeader(writer, headerOf(entry) as unknown as RequestHeader);
      writeRequest(writer, meaning as unknown as Request);
    });
    expect(hex).toBe(expectedHex(entry));
  });

  it.each(of("reply"))("decodes and encodes %s", (_, entry) => {
    const reader = readerOf(entry.hex);
    const header = readReplyHeader(reader);
    const type = typeOf(entry) ?? 0;
    expect(header).toEqual(headerOf(entry));
    const { xid, zxid, err } = header;
    if (err !== 0) {
      // The one error reply with a body is that of a multi with a null path; no client looks at it.
      expect(reader.remaining).toBe(entry.name === "raw/multi-null-path" ? 9 : 0);
      const hex = written((writer) => writeReplyHeader(writer, xid, zxid, err));
      expect(hex).toBe(entry.hex.slice(0, 32));
      return;
    }
    const meaning = toTagged(type, bodyOf(entry));
    expect(readReply(reader, type)).toEqual(meaning);
    expect(reader.remaining).toBe(0);
    const hex = written((writer) => {
      writeReplyHeader(writer, xid, zxid, err);
      writeReply(writer, meaning as unknown as Reply);
    });
    expect(hex).toBe(expectedHex(entry));
  });

  it.each(of("event"))("decodes and encodes %s", (_, entry) => {
    const reader = readerOf(entry.hex);
    expect(readReplyHeader(reader)).toEqual(headerOf(entry));
    const meaning = toRecord(bodyOf(entry) ?? {});
    const event = readWatcherEvent(reader);
    expect(event).toEqual(meaning);
    expect(reader.remaining).toBe(0);
    const frame = written((writer) => writeNotificationFrame(writer, event.type, event.path));
    const length = (entry.hex.length / 2).toString(16).padStart(8, "0");
    expect(frame).toBe(length + entry.hex);
  });

  it.each(of("request", "connect"))("decodes and encodes %s", (_, entry) => {
    const reader = readerOf(entry.hex);
    const meaning = toRecord(bodyOf(entry) ?? {});
    const request = readConnectRequest(reader);
    expect({ ...request }).toEqual(meaning);
    expect(reader.remaining).toBe(0);
    const hex = written((w) => writeConnectRequest(w, meaning as unknown as ConnectRequest));
    expect(hex).toBe(expectedHex(entry));
  });

  it.each(of("reply", "connect"))("decodes and encodes %s", (_, entry) => {
    const reader = readerOf(entry.hex);
    const meaning = toRecord(bodyOf(entry) ?? {});
    const response = readConnectResponse(reader);
    expect({ ...response }).toEqual(meaning);
    expect(reader.remaining).toBe(0);
    const hex = written((w) => writeConnectResponse(w, meaning as unknown as ConnectResponse));
    expect(hex).toBe(expectedHex(entry));
  });
});

describe("golden requests that are not well-formed or not known", () => {
  it.each(known.filter(isMalformed).map((entry) => [idOf(entry), entry] as const))(
    "refuses %s with JuteError",
    (_, entry) => {
      const reader = readerOf(entry.hex);
      const { type } = readRequestHeader(reader);
      expect(() => readRequest(reader, type)).toThrow(JuteError);
    },
  );

  it.each(
    golden.filter((entry) => !known.includes(entry)).map((entry) => [idOf(entry), entry] as const),
  )("does not know %s", (_, entry) => {
    const reader = readerOf(entry.hex);
    if (entry.direction === "request") {
      const { type } = readRequestHeader(reader);
      expect(readRequest(reader, type)).toBeUndefined();
    } else {
      readReplyHeader(reader);
      expect(readReply(reader, typeOf(entry) ?? 999)).toBeUndefined();
    }
  });

  it("reads the null id of kazoo's `auth` entry as empty", () => {
    const entry = golden.find((e) => e.name === NULL_ID && e.direction === "request");
    const reader = readerOf(entry?.hex ?? "");
    const { type } = readRequestHeader(reader);
    expect(readRequest(reader, type)).toMatchObject({
      path: "/k/bad",
      acl: [{ perms: 31, id: { scheme: "auth", id: "" } }],
    });
  });
});

describe("golden frames", () => {
  it("are what their hex says, byte for byte", () => {
    for (const { hex } of golden) expect(toHex(fromHex(hex))).toBe(hex);
  });
});
