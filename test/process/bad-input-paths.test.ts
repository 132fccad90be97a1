/**
 * What every op says about every kind of malformed path: the table of a real ZooKeeper 3.8.0.
 *
 * The tree has `/p` with a child `/p/k`, and nothing else of what is asked for. What succeeds is undone.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { CreateFlags, OpCode } from "../../src/protocol/op-code.ts";
import { readReplyHeader } from "../../src/protocol/records.ts";
import { readReply } from "../../src/protocol/replies.ts";
import { BadInputBench } from "./support/bad-input-bench.ts";
import { buffer, bytes, concat, requestFrame } from "./support/wire-bytes.ts";
import { WireSession } from "./support/wire-session.ts";

let bench: BadInputBench;
let session: WireSession;

beforeAll(async () => {
  bench = await BadInputBench.start();
  session = await WireSession.open(bench.address);
  await bench.control.create("/p");
  await bench.control.create("/p/k");
});

afterEach(async () => bench.expectUntouched());

afterAll(async () => {
  await session.close();
  await bench[Symbol.asyncDispose]();
});

const OPEN = bytes(31, "world", "anyone");
const END_OF_MULTI = bytes(-1, true, -1);

type Encode = (path: Uint8Array) => readonly [type: number, body: Uint8Array];

const inMulti =
  (encode: Encode): Encode =>
  (path) => {
    const [type, body] = encode(path);
    return [OpCode.multi, bytes(type, false, -1, body, END_OF_MULTI)];
  };

const create: Encode = (path) => [OpCode.create, bytes(path, buffer("x"), 1, OPEN, 0)];
const remove: Encode = (path) => [OpCode.delete, bytes(path, -1)];
const setData: Encode = (path) => [OpCode.setData, bytes(path, buffer("x"), -1)];

/** The columns of the table. */
const OPS: readonly Encode[] = [
  create,
  (path) => [OpCode.create, bytes(path, buffer("x"), 1, OPEN, CreateFlags.persistentSequential)],
  remove,
  (path) => [OpCode.exists, bytes(path, false)],
  (path) => [OpCode.getData, bytes(path, false)],
  setData,
  (path) => [OpCode.getACL, path],
  (path) => [OpCode.setACL, bytes(path, 1, OPEN, -1)],
  (path) => [OpCode.getChildren, bytes(path, false)],
  (path) => [OpCode.getChildren2, bytes(path, false)],
  (path) => [OpCode.sync, path],
  inMulti(create),
  inMulti(remove),
  inMulti((path) => [OpCode.check, bytes(path, -1)]),
  inMulti(setData),
];

/** What succeeded with a path is `ok`. In the column's order; of a multi the code of its one op. */
const TABLE: readonly (readonly [path: string | Uint8Array, outcomes: string])[] = [
  ["", "-8 -8 -8 ok ok -8 ok -8 ok ok ok -8 -8 -8 -8"],
  ["a", "-8 -8 -8 -101 -101 -8 -101 -8 -101 -101 ok -8 -8 -8 -8"],
  ["/", "-110 ok -8 ok ok ok ok ok ok ok ok -110 -8 ok ok"],
  ["//", "-8 -8 -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  ["/a/", "-101 -101 -101 -101 -101 -8 -101 -8 -101 -101 ok -101 -101 -8 -8"],
  ["/p/", "-8 ok -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  ["/p/a/", "-101 -101 -101 -101 -101 -8 -101 -8 -101 -101 ok -101 -101 -8 -8"],
  ["/q/a/", "-101 -101 -101 -101 -101 -8 -101 -8 -101 -101 ok -101 -101 -8 -8"],
  ["/p//b", "-101 -101 -101 -101 -101 -8 -101 -8 -101 -101 ok -101 -101 -8 -8"],
  ["/a//b", "-101 -101 -101 -101 -101 -8 -101 -8 -101 -101 ok -101 -101 -8 -8"],
  ["//p", "-8 -8 -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  ["/.", "-8 ok -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  ["/..", "-8 ok -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  ["/p/./b", "-101 -101 -101 -101 -101 -8 -101 -8 -101 -101 ok -101 -101 -8 -8"],
  ["/p/../b", "-101 -101 -101 -101 -101 -8 -101 -8 -101 -101 ok -101 -101 -8 -8"],
  ["/a/./b", "-101 -101 -101 -101 -101 -8 -101 -8 -101 -101 ok -101 -101 -8 -8"],
  ["/p/.", "-8 ok -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  ["/p/..", "-8 ok -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  ["/p/.b", "ok ok -101 -101 -101 -101 -101 -101 -101 -101 ok ok -101 -101 -101"],
  ["/p/...", "ok ok -101 -101 -101 -101 -101 -101 -101 -101 ok ok -101 -101 -101"],
  ["/p/b.", "ok ok -101 -101 -101 -101 -101 -101 -101 -101 ok ok -101 -101 -101"],
  ["/p/a b", "ok ok -101 -101 -101 -101 -101 -101 -101 -101 ok ok -101 -101 -101"],
  ["/p/a ", "ok ok -101 -101 -101 -101 -101 -101 -101 -101 ok ok -101 -101 -101"],
  ["/\u0000", "-8 -8 -8 -8 -101 -8 -101 -8 -101 -101 ok -8 -8 -8 -8"],
  ["/p/\u0000", "-8 -8 -8 -8 -101 -8 -101 -8 -101 -101 ok -8 -8 -8 -8"],
  ["/\u0001", "-8 -8 -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  ["/\u001f", "-8 -8 -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  ["/\t", "-8 -8 -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  ["/\u007e", "ok ok -101 -101 -101 -101 -101 -101 -101 -101 ok ok -101 -101 -101"],
  ["/\u007f", "-8 -8 -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  ["/\u009f", "-8 -8 -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  ["/\u00a0", "ok ok -101 -101 -101 -101 -101 -101 -101 -101 ok ok -101 -101 -101"],
  ["/\ud7ff", "ok ok -101 -101 -101 -101 -101 -101 -101 -101 ok ok -101 -101 -101"],
  [
    // A surrogate on its own, as CESU-8 has it.
    Uint8Array.of(0x2f, 0xed, 0xa0, 0x80),
    "-8 -8 -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8",
  ],
  [
    Uint8Array.of(0x2f, 0xed, 0xb0, 0x80),
    "-8 -8 -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8",
  ],
  ["/\ue000", "-8 -8 -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  ["/\uf8ff", "-8 -8 -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  ["/\uf900", "ok ok -101 -101 -101 -101 -101 -101 -101 -101 ok ok -101 -101 -101"],
  ["/\uffef", "ok ok -101 -101 -101 -101 -101 -101 -101 -101 ok ok -101 -101 -101"],
  ["/\ufff0", "-8 -8 -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  ["/\ufffd", "-8 -8 -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  ["/\uffff", "-8 -8 -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  ["/😀", "-8 -8 -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  [Uint8Array.of(0x2f, 0xff), "-8 -8 -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  [Uint8Array.of(0x2f, 0xc3), "-8 -8 -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8"],
  [
    // NUL in Java's modified UTF-8.
    Uint8Array.of(0x2f, 0xc0, 0x80),
    "-8 -8 -101 -101 -101 -8 -101 -8 -101 -101 ok -8 -101 -8 -8",
  ],
  ["/é", "ok ok -101 -101 -101 -101 -101 -101 -101 -101 ok ok -101 -101 -101"],
  ["/p", "-110 ok -111 ok ok ok ok ok ok ok ok -110 -111 ok ok"],
  ["/nope/x", "-101 -101 -101 -101 -101 -101 -101 -101 -101 -101 ok -101 -101 -101 -101"],
  ["a/b", "-101 -101 -101 -101 -101 -8 -101 -8 -101 -101 ok -101 -101 -8 -8"],
  ["p/", "-101 -101 -101 -101 -101 -8 -101 -8 -101 -101 ok -101 -101 -8 -8"],
  ["/p?", "ok ok -101 -101 -101 -101 -101 -101 -101 -101 ok ok -101 -101 -101"],
  ["/zookeeper", "-110 ok -8 ok ok ok ok ok ok ok ok -110 -8 ok ok"],
  [`/${"x".repeat(100_000)}`, "ok ok -101 -101 -101 -101 -101 -101 -101 -101 ok ok -101 -101 -101"],
  [
    `/p${"/p".repeat(1_000)}`,
    "-101 -101 -101 -101 -101 -101 -101 -101 -101 -101 ok -101 -101 -101 -101",
  ],
];

/** Sends one request and returns its outcome. What it created is deleted again. */
async function outcomeOf(encode: Encode, path: Uint8Array): Promise<string> {
  const [type, body] = encode(path);
  const at = session.connection.frames.length;
  session.connection.write(requestFrame(at, type, body));
  const reader = new JuteReader(await session.connection.frame(at));
  const { xid, err } = readReplyHeader(reader);
  expect(xid).toBe(at);
  if (err !== 0) return `${err}`;
  const reply = readReply(reader, type);
  const [result = reply] = reply?.type === OpCode.multi ? reply.results : [];
  if (result?.type === OpCode.error) return `${result.err}`;
  if (result?.type === OpCode.create) await bench.control.delete(result.path);
  return "ok";
}

function nameOf(path: string | Uint8Array): string {
  if (typeof path !== "string") return `bytes ${Buffer.from(path).toString("hex")}`;
  return path.length > 40 ? `${path.slice(0, 10)}… (${path.length})` : JSON.stringify(path);
}

describe("each op's answer to a path", () => {
  test.each(TABLE.map(([path, outcomes]) => [nameOf(path), path, outcomes] as const))(
    "%s",
    async (_, path, outcomes) => {
      const encoded = buffer(path);
      const actual: string[] = [];
      for (const encode of OPS) actual.push(await outcomeOf(encode, encoded));
      expect(actual.join(" ")).toBe(outcomes);
    },
  );
});

test("sync echoes whatever it was given, in valid UTF-8", async () => {
  for (const [path, echoed] of [
    [buffer("garbage no slash"), buffer("garbage no slash")],
    [buffer(Uint8Array.of(0x2f, 0xff)), buffer("/\ufffd")],
    [bytes(null), bytes(null)],
  ] as const) {
    const at = session.connection.frames.length;
    session.connection.write(requestFrame(at, OpCode.sync, path));
    const reply = await session.connection.frame(at);
    expect(Buffer.from(reply.subarray(16)).equals(echoed)).toBe(true);
  }
});

test("nothing of it was left behind", async () => {
  expect([...(await bench.control.getChildren("/"))].sort()).toEqual(["p", "witness", "zookeeper"]);
  expect(await bench.control.getChildren("/p")).toEqual(["k"]);
  expect(
    concat(...[...(await bench.control.getChildren("/zookeeper"))].map((name) => buffer(name))),
  ).not.toHaveLength(0);
});
