/**
 * Bytes that no honest peer sends, made from golden frames: every prefix, flipped bytes, wrong lengths and counts,
 * random noise. Whatever they are, our readers give a value or throw JuteError, and do so at once.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JuteError, JuteReader } from "../../../src/protocol/jute-reader.ts";
import { MULTI_OPS_MAX } from "../../../src/protocol/limits.ts";
import { OpCode } from "../../../src/protocol/op-code.ts";
import {
  readConnectRequest,
  readConnectResponse,
  readReplyHeader,
  readRequestHeader,
  readWatcherEvent,
} from "../../../src/protocol/records.ts";
import { readReply } from "../../../src/protocol/replies.ts";
import { readRequest } from "../../../src/protocol/requests.ts";
import { golden, type GoldenEntry, idOf, typeOf } from "./golden.ts";
import { fromHex } from "./wire-bytes.ts";

/** Reads a frame as what its entry is, and returns what remains unread. */
function read(entry: GoldenEntry, frame: Uint8Array): { value: unknown; remaining: number } {
  const reader = new JuteReader(frame);
  let value: unknown;
  if (entry.op === "connect") {
    value =
      entry.direction === "request" ? readConnectRequest(reader) : readConnectResponse(reader);
  } else if (entry.direction === "request") {
    value = readRequest(reader, readRequestHeader(reader).type);
  } else {
    const { err } = readReplyHeader(reader);
    if (entry.direction === "event") value = readWatcherEvent(reader);
    else value = err === 0 ? readReply(reader, typeOf(entry) ?? 0) : "an error has no body";
  }
  return { value, remaining: reader.remaining };
}

/** Whether a frame is refused with JuteError; any other error is thrown on. */
function isRefused(entry: GoldenEntry, frame: Uint8Array): boolean {
  try {
    read(entry, frame);
    return false;
  } catch (error) {
    if (error instanceof JuteError) return true;
    throw error;
  }
}

/** Entries that our readers understand to their last byte. */
const whole = golden.filter((entry) => {
  const frame = fromHex(entry.hex);
  if (isRefused(entry, frame)) return false;
  const { value, remaining } = read(entry, frame);
  return value !== undefined && remaining === 0;
});

/** A connect record may end before its last byte, readOnly: clients from before 3.4 do not send it. */
function isWholeWithoutReadOnly(entry: GoldenEntry, length: number): boolean {
  const hasReadOnly = entry.decoded?.body?.["readOnly"] !== undefined;
  return entry.op === "connect" && hasReadOnly && length === entry.hex.length / 2 - 1;
}

describe(`every truncation of ${whole.length} golden frames`, () => {
  it("stands on enough frames", () => {
    expect(whole.length).toBeGreaterThanOrEqual(390);
  });

  it.each(whole.map((entry) => [idOf(entry), entry] as const))("of %s is refused", (_, entry) => {
    const frame = fromHex(entry.hex);
    for (let length = 0; length < frame.length; length++) {
      if (isWholeWithoutReadOnly(entry, length)) continue;
      if (!isRefused(entry, frame.subarray(0, length))) {
        expect.fail(`accepted with ${length} of ${frame.length} bytes`);
      }
    }
  });

  it("ends in JuteError also where trailing bytes of a larger buffer follow", () => {
    for (const entry of whole) {
      const padded = fromHex(`${entry.hex}${"00".repeat(64)}`);
      const length = entry.hex.length / 2;
      if (length === 0 || isWholeWithoutReadOnly(entry, length - 1)) continue;
      expect(isRefused(entry, padded.subarray(0, length - 1))).toBe(true);
    }
  });
});

const anyEntry = fc.constantFrom(...golden);
const INTERESTING_INTS = [
  0,
  1,
  -1,
  -2,
  4,
  5,
  6,
  255,
  1_000,
  65_536,
  1_048_575,
  2 ** 31 - 1,
  -(2 ** 31),
];
const interestingInt = fc.constantFrom(...INTERESTING_INTS);

describe("mutations of golden frames", () => {
  it("by flipped bytes throw nothing but JuteError, and end", () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(anyEntry, flips, (entry, list) => {
        const frame = fromHex(entry.hex);
        for (const [at, mask] of list) {
          const place = at % Math.max(1, frame.length);
          frame[place] = (frame[place] ?? 0) ^ mask;
        }
        isRefused(entry, frame);
      }),
      { numRuns: 5_000 },
    );
  });

  it("by ints written over any place throw nothing but JuteError, and end", () => {
    fc.assert(
      fc.property(anyEntry, fc.nat(), interestingInt, (entry, at, value) => {
        const frame = fromHex(entry.hex);
        if (frame.length < 4) return;
        new DataView(frame.buffer).setInt32(at % (frame.length - 3), value);
        isRefused(entry, frame);
      }),
      { numRuns: 5_000 },
    );
  });

  it("by cuts, repetitions and splices throw nothing but JuteError, and end", () => {
    fc.assert(
      fc.property(anyEntry, anyEntry, fc.nat(), fc.nat(), (entry, other, from, to) => {
        const frame = fromHex(entry.hex);
        const tail = fromHex(other.hex);
        const head = frame.subarray(0, from % (frame.length + 1));
        isRefused(entry, Buffer.concat([head, tail.subarray(to % (tail.length + 1))]));
      }),
      { numRuns: 3_000 },
    );
  });

  it("read as any other op throw nothing but JuteError", () => {
    const anyType = fc.oneof(fc.constantFrom(...Object.values(OpCode)), fc.integer());
    fc.assert(
      fc.property(anyEntry, anyType, (entry, type) => {
        const body = fromHex(entry.hex).subarray(8);
        for (const readAs of [readRequest, readReply]) {
          try {
            readAs(new JuteReader(body), type);
          } catch (error) {
            if (!(error instanceof JuteError)) throw error;
          }
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it("and noise throw nothing but JuteError", () => {
    fc.assert(
      fc.property(anyEntry, fc.uint8Array({ maxLength: 300 }), (entry, noise) => {
        isRefused(entry, noise);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("frames that claim more than they hold", () => {
  const header = "00000005";
  const huge = "7fffffff";

  it.each([
    ["a create with a huge path", `${header} 00000001 ${huge} 2f61`],
    ["a create with huge data", `${header} 00000001 000000022f61 ${huge} 00`],
    ["a create with a huge ACL", `${header} 00000001 000000022f61 ffffffff ${huge} 0000001f`],
    ["setWatches with a huge list", `${header} 00000065 0000000000000000 ${huge} 00000000`],
    [
      "setWatches with a null list",
      `${header} 00000065 0000000000000000 ffffffff 00000000 00000000`,
    ],
    ["setWatches with a null path", `${header} 00000065 0000000000000000 00000001 ffffffff`],
    ["an auth with a huge credential", `${header} 00000064 00000000 00000006646967657374 ${huge}`],
    ["a multi without an end", `${header} 0000000e 0000000200ffffffff 000000022f61ffffffff`],
    ["a multi in a multi", `${header} 0000000e 0000000e00ffffffff ffffffff01ffffffff`],
    [
      "a read in a multi",
      `${header} 0000000e 0000000400ffffffff 000000022f6100 ffffffff01ffffffff`,
    ],
    ["op 999 in a multi", `${header} 0000000e 000003e700ffffffff ffffffff01ffffffff`],
    ["op -1 in a multi that is not its end", `${header} 0000000e ffffffff00ffffffff`],
    ["a multiRead without an end", `${header} 00000016 0000000400ffffffff 000000022f6100`],
    ["a write in a multiRead", `${header} 00000016 0000000200ffffffff 000000022f61ffffffff`],
    ["an exists in a multiRead", `${header} 00000016 0000000300ffffffff 000000022f6100`],
    ["setWatches2 of three lists", `${header} 00000069 ${"00".repeat(20)}`],
    ["setWatches2 with a null list", `${header} 00000069 ${"00".repeat(24)} ffffffff`],
    ["setWatches2 with a huge list", `${header} 00000069 ${"00".repeat(24)} ${huge} 00000000`],
    ["a sasl with a huge token", `${header} 00000066 ${huge}`],
    ["a reconfig with a huge text", `${header} 00000010 ffffffff ${huge}`],
  ])("%s is refused", (_, hex) => {
    const reader = new JuteReader(fromHex(hex));
    const { type } = readRequestHeader(reader);
    const before = performance.now();
    expect(() => readRequest(reader, type)).toThrow(JuteError);
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  it("a multi of more ops than the limit is refused, one of exactly the limit is read", () => {
    const op = fromHex("0000000d00ffffffff 000000012f ffffffff");
    const end = fromHex("ffffffff01ffffffff");
    const multi = (count: number) => {
      const body = new Uint8Array(count * op.length + end.length);
      for (let i = 0; i < count; i++) body.set(op, i * op.length);
      body.set(end, count * op.length);
      return readRequest(new JuteReader(body), OpCode.multi);
    };
    const request = multi(MULTI_OPS_MAX);
    expect(request?.type === OpCode.multi && request.ops.length).toBe(MULTI_OPS_MAX);
    expect(() => multi(MULTI_OPS_MAX + 1)).toThrow(JuteError);
  });

  it("a multiRead of more ops than the limit is refused, too", () => {
    const op = fromHex("0000000400ffffffff 000000012f 00");
    const many = new Uint8Array((MULTI_OPS_MAX + 1) * op.length);
    for (let at = 0; at < many.length; at += op.length) many.set(op, at);
    const multiRead = (count: number) =>
      readRequest(
        new JuteReader(
          Buffer.concat([many.subarray(0, count * op.length), fromHex("ffffffff01ffffffff")]),
        ),
        OpCode.multiRead,
      );
    const request = multiRead(MULTI_OPS_MAX);
    expect(request?.type === OpCode.multiRead && request.ops.length).toBe(MULTI_OPS_MAX);
    expect(() => multiRead(MULTI_OPS_MAX + 1)).toThrow(JuteError);
  });

  it("an end of a multi is known by its done byte alone", () => {
    for (const hex of ["ffffffff01ffffffff", "ffffffff02ffffffff", "000000050100000000"]) {
      for (const type of [OpCode.multi, OpCode.multiRead]) {
        const request = readRequest(new JuteReader(fromHex(hex)), type);
        expect(request).toEqual({ type, ops: [] });
      }
    }
  });

  it("replies that no server sends are refused", () => {
    const addWatch = fromHex("ffffff87");
    expect(() => readReply(new JuteReader(addWatch), OpCode.addWatch)).toThrow(JuteError);
    const exists = fromHex(`0000000300 00000000 ${"00".repeat(68)} ffffffff01ffffffff`);
    expect(() => readReply(new JuteReader(exists), OpCode.multiRead)).toThrow(JuteError);
  });

  it("bytes behind a body are ignored", () => {
    const reader = new JuteReader(fromHex("000000022f61 01 deadbeef"));
    expect(readRequest(reader, OpCode.exists)).toEqual({ type: 3, path: "/a", watch: true });
  });

  it("a result of an unknown type in the reply of a multi is refused", () => {
    const reader = new JuteReader(fromHex("000003e70000000000 ffffffff01ffffffff"));
    expect(() => readReply(reader, OpCode.multi)).toThrow(JuteError);
  });
});

/** A create whose ACL has one entry with this scheme and id, in hex with their lengths. */
function createWithId(scheme: string, id: string) {
  const body = `000000022f61 ffffffff 00000001 0000001f ${scheme} ${id} 00000000`;
  return readRequest(new JuteReader(fromHex(body)), OpCode.create);
}

describe("nulls", () => {
  const nullPath = "ffffffff";

  it.each([
    ["create", OpCode.create, `${nullPath} 00000000 00000000 00000000`],
    ["delete", OpCode.delete, `${nullPath} ffffffff`],
    ["exists", OpCode.exists, `${nullPath} 00`],
    ["getData", OpCode.getData, `${nullPath} 00`],
    ["getACL", OpCode.getACL, nullPath],
    ["getChildren", OpCode.getChildren, `${nullPath} 00`],
    ["getChildren2", OpCode.getChildren2, `${nullPath} 00`],
    ["createContainer", OpCode.createContainer, `${nullPath} 00000000 00000000 00000004`],
    ["createTTL", OpCode.createTTL, `${nullPath} ${"00".repeat(12)} 00000005 0000000000000005`],
    ["getAllChildrenNumber", OpCode.getAllChildrenNumber, nullPath],
    ["addWatch", OpCode.addWatch, `${nullPath} 00000000`],
    ["checkWatches", OpCode.checkWatches, `${nullPath} 00000003`],
    ["removeWatches", OpCode.removeWatches, `${nullPath} 00000003`],
    ["sasl", OpCode.sasl, "ffffffff"],
  ])("%s with a null path, or token, is malformed", (_, type, hex) => {
    expect(() => readRequest(new JuteReader(fromHex(hex)), type)).toThrow(JuteError);
  });

  it("setData and setACL with a null path are well-formed: the path is then invalid", () => {
    const setData = readRequest(new JuteReader(fromHex(`${nullPath} ffffffff ffffffff`)), 5);
    expect(setData).toEqual({ type: OpCode.setData, path: "", data: null, version: -1 });
    const setACL = readRequest(new JuteReader(fromHex(`${nullPath} ffffffff ffffffff`)), 7);
    expect(setACL).toEqual({ type: OpCode.setACL, path: "", acl: null, version: -1 });
  });

  it("getEphemerals with a null prefix and reconfig without any text are well-formed", () => {
    const all = readRequest(new JuteReader(fromHex("ffffffff")), OpCode.getEphemerals);
    expect(all).toEqual({ type: OpCode.getEphemerals, prefixPath: null });
    const body = fromHex("ffffffff ffffffff ffffffff ffffffffffffffff");
    expect(readRequest(new JuteReader(body), OpCode.reconfig)).toEqual({
      type: OpCode.reconfig,
      joiningServers: null,
      leavingServers: null,
      newMembers: null,
      curConfigId: -1,
    });
  });

  it("sync with a null path is well-formed", () => {
    const request = readRequest(new JuteReader(fromHex(nullPath)), OpCode.sync);
    expect(request).toEqual({ type: OpCode.sync, path: null });
  });

  it("auth with a null scheme and a null credential is well-formed", () => {
    const request = readRequest(new JuteReader(fromHex("00000000 ffffffff ffffffff")), OpCode.auth);
    expect(request).toEqual({ type: OpCode.auth, authType: 0, scheme: "", auth: null });
  });

  it("an ACL entry with a null scheme is well-formed, with the id `null` of world or digest not", () => {
    expect(createWithId("ffffffff", "0000000161")).toMatchObject({
      acl: [{ perms: 31, id: { scheme: "", id: "a" } }],
    });
    expect(() => createWithId("00000005776f726c64", "ffffffff")).toThrow(JuteError);
    expect(() => createWithId("00000006646967657374", "ffffffff")).toThrow(JuteError);
  });
});
