/**
 * No reply, and no watch event, before what it tells of is on the disk.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OpCode } from "../../src/protocol/op-code.ts";
import { type EdgekeeperServer, startEdgekeeper } from "../support/edgekeeper-server.ts";
import { isSync, type SystemCall, SystemCallTrace } from "./support/system-calls.ts";
import { int } from "./support/wire-bytes.ts";
import { WireSession } from "./support/wire-session.ts";

let server: EdgekeeperServer;
let writer: WireSession;
let watcher: WireSession;

beforeAll(async () => {
  server = await startEdgekeeper();
  const address = { host: server.host, port: server.zkPort };
  writer = await WireSession.open(address);
  watcher = await WireSession.open(address);
  await writer.create("/durable");
});

afterAll(async () => server.stop());

const WRITES = 50;

function marker(write: number): string {
  return `marker-${write}-of-${WRITES};`;
}

/** Whether the files of the database contain some text, for whoever reads them now. */
function isInFiles(text: string): boolean {
  const folders = readdirSync(server.dataDir, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  return folders.some(({ name }) => {
    const folder = join(server.dataDir, name);
    const files = readdirSync(folder).filter((file) => /\.sqlite(-wal)?$/.test(file));
    return files.some((file) => readFileSync(join(folder, file)).includes(text));
  });
}

test("when a reply is there, what it tells of is in the database's files", async () => {
  for (let write = 0; write < WRITES; write++) {
    await writer.setData("/durable", marker(write));
    expect(isInFiles(marker(write)), marker(write)).toBe(true);
  }
});

test("when an event is there, what it tells of is in the database's files", async () => {
  for (let write = 0; write < WRITES; write++) {
    await watcher.getData("/durable", true);
    const { promise, resolve } = Promise.withResolvers<void>();
    watcher.onEvent = () => resolve();
    const written = writer.setData("/durable", marker(write));
    await promise;
    expect(isInFiles(marker(write)), marker(write)).toBe(true);
    await written;
  }
});

/** Whether a sync of the database's log both began and ended between two calls. */
function isSyncedBetween(
  calls: readonly SystemCall[],
  from: SystemCall,
  to: SystemCall | undefined,
): boolean {
  if (to === undefined) return false;
  return calls.some(
    (call) =>
      isSync(call) &&
      call.path.endsWith(".sqlite-wal") &&
      call.began > from.ended &&
      call.ended < to.began,
  );
}

// Without it, what is tested is that replies wait for the write, not that they wait for the disk.
const whyNot = await SystemCallTrace.whyNot();
if (whyNot !== undefined) console.error(`not tested, whether replies wait for fsync: ${whyNot}`);

test.skipIf(whyNot !== undefined)("replies and events wait for fsync", async () => {
  using trace = await SystemCallTrace.attach(server.workerdPid);
  const events = (): number => watcher.log.filter((entry) => entry.kind === "event").length;
  const before = events();
  for (let write = 0; write < WRITES; write++) {
    await watcher.getData("/durable", true);
    await writer.setData("/durable", marker(write));
  }
  // The last event may be on its way still.
  await watcher.connection.until("all events", () => events() === before + WRITES || undefined);
  // The call that sends a reply may be seen to end later than the reply arrives: that of an earlier one has ended.
  await watcher.ping();
  const calls = await trace.finish();

  const replies = writer.log.filter((entry) => entry.kind === "reply").slice(-WRITES);
  const notifications = calls.filter(({ bytes }) => bytes.indexOf(int(-1)) === 4);
  expect(notifications).toHaveLength(WRITES);
  for (let write = 0; write < WRITES; write++) {
    const request = calls.find(({ bytes }) => bytes.includes(marker(write)));
    const xid = replies[write]?.xid ?? Number.NaN;
    // The request begins with its xid as well: of what was sent only the reply does, with a length of its own.
    const reply = calls.find(
      (call) => call.began > (request?.ended ?? Infinity) && isReplyTo(call, xid),
    );
    if (request === undefined) throw new Error(`${marker(write)} was not received`);
    expect(isSyncedBetween(calls, request, reply), `reply ${write} waits`).toBe(true);
    expect(isSyncedBetween(calls, request, notifications[write]), `event ${write} waits`).toBe(
      true,
    );
  }
});

/** A reply to setData: its length, its xid, a zxid, no error, a Stat. */
function isReplyTo(call: SystemCall, xid: number): boolean {
  return (
    call.bytes.length === 4 + 16 + 68 &&
    call.bytes.readInt32BE(0) === 16 + 68 &&
    call.bytes.readInt32BE(4) === xid
  );
}

test.skipIf(whyNot !== undefined)("replies to pipelined requests wait for fsync", async () => {
  using trace = await SystemCallTrace.attach(server.workerdPid);
  const rounds = 20;
  const depth = 16;
  for (let round = 0; round < rounds; round++) {
    await Promise.all(
      Array.from({ length: depth }, () => writer.setData("/durable", `round-${round};`)),
    );
  }
  // The call that sends a reply may be seen to end later than the reply arrives: that of an earlier one has ended.
  await watcher.ping();
  const calls = await trace.finish();
  const sent = calls.filter(({ bytes }) => startsWithReply(bytes));
  expect(sent.length).toBeGreaterThanOrEqual(rounds);
  for (const reply of sent) {
    // The last that was received before: its request, or one of the same batch.
    const request = calls.findLast(
      (call) => call.ended < reply.began && startsWithSetData(call.bytes),
    );
    if (request === undefined) throw new Error("a reply to nothing");
    expect(isSyncedBetween(calls, request, reply)).toBe(true);
  }
});

function startsWithSetData(received: Buffer): boolean {
  return received.length > 12 && received.readInt32BE(8) === OpCode.setData;
}

function startsWithReply(sent: Buffer): boolean {
  return sent.length >= 88 && sent.readInt32BE(0) === 16 + 68;
}

test("a read waits for nothing but sees what was written", async () => {
  await writer.setData("/durable", "before");
  expect((await watcher.ask({ type: OpCode.sync, path: "/" })).path).toBe("/");
  expect((await watcher.getData("/durable")).data).toBe("before");
});
