/**
 * Clients that cost a server more than they should: many connections, replies that nobody reads, frames that never
 * end. Memory and file descriptors stay bounded, and others are served meanwhile.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { CreateFlags, OpCode } from "../../src/protocol/op-code.ts";
import { BadInputBench } from "./support/bad-input-bench.ts";
import { eventually } from "./support/conditions.ts";
import { canCountFiles, openFiles, residentMiB } from "./support/process-usage.ts";
import { TCPConnection } from "./support/tcp-connection.ts";
import {
  bytes,
  concat,
  connectFrame,
  encodeRequest,
  int,
  long,
  requestFrame,
} from "./support/wire-bytes.ts";
import { OPEN_ACL, WireSession } from "./support/wire-session.ts";

/** Sessions of one to ten seconds. */
const TICK_TIME_MS = 500;
const MIB = 1024 * 1024;

let bench: BadInputBench;
let filesBefore: number;

beforeAll(async () => {
  bench = await BadInputBench.start(TICK_TIME_MS);
  filesBefore = canCountFiles ? openFiles(bench.server.workerdPid) : 0;
  await bench.control.create("/big", "x".repeat(MIB - 1_000));
  await bench.control.create("/dropped");
});

afterEach(async () => bench.expectUntouched());

afterAll(async () => bench[Symbol.asyncDispose]());

function memory(): number {
  return residentMiB(bench.server.workerdPid);
}

/** Waits until the server has let go of every connection that a test has opened. */
async function expectFilesClosed(): Promise<void> {
  if (!canCountFiles) return;
  await eventually("the connections' files are closed", async () => {
    await bench.expectUntouched();
    // SQLite may have opened one or the other meanwhile.
    return openFiles(bench.server.workerdPid) < filesBefore + 5 || undefined;
  });
}

/** Serves somebody else 50 times, and returns the most memory and milliseconds that one time took. */
async function serveOthers(): Promise<{ memoryMiB: number; waitMs: number }> {
  const most = { memoryMiB: 0, waitMs: 0 };
  for (let i = 0; i < 50; i++) {
    const startMs = performance.now();
    await bench.control.setData("/witness", `${i}`);
    most.waitMs = Math.max(most.waitMs, performance.now() - startMs);
    most.memoryMiB = Math.max(most.memoryMiB, memory());
  }
  return most;
}

describe("10,000 connections opened and dropped", () => {
  const GARBAGE = Buffer.from("GET / HTTP/1.1\r\n\r\n");
  const EPHEMERAL = {
    type: OpCode.create,
    path: "/dropped/",
    data: null,
    acl: OPEN_ACL,
    flags: CreateFlags.ephemeralSequential,
  } as const;
  /** What they do before they are dropped. */
  const behaviours: readonly ((connection: TCPConnection) => Promise<unknown> | undefined)[] = [
    () => undefined,
    (connection) => {
      connection.write(connectFrame().subarray(0, 20));
      return undefined;
    },
    async (connection) => {
      connection.write(concat(connectFrame({ timeOut: 1_000 }), encodeRequest(1, EPHEMERAL)));
      await connection.frame(1);
    },
    (connection) => {
      connection.write(GARBAGE);
      return connection.until("the end", () => connection.end);
    },
    (connection) => {
      connection.write(connectFrame({ timeOut: 1_000 }));
      return undefined;
    },
  ];

  test("in 40 waves", async () => {
    const before = memory();
    for (let wave = 0; wave < 40; wave++) {
      const connections = await Promise.all(
        Array.from({ length: 250 }, async (_, i) => {
          const connection = await TCPConnection.open(bench.address);
          await behaviours[i % behaviours.length]?.(connection);
          return connection;
        }),
      );
      for (const [i, connection] of connections.entries()) {
        if (i % 2 === 0) connection.destroy();
        else connection.reset();
      }
      await bench.expectUntouched();
    }
    // A garbage collector takes its time. More than this would be a leak.
    expect(memory() - before).toBeLessThan(500);
    await expectFilesClosed();
    await eventually("the ephemerals of 2,000 lost sessions are gone", async () =>
      (await bench.control.getChildren("/dropped")).length === 0 ? true : undefined,
    );
  });
});

test.skipIf(!canCountFiles)("refused clients that do not hang up cost no file", async () => {
  const refused: TCPConnection[] = [];
  for (let i = 0; i < 300; i++) {
    const connection = await TCPConnection.open(bench.address);
    connection.write(int(-1));
    refused.push(connection);
  }
  try {
    for (const connection of refused) {
      expect(await connection.until("the end", () => connection.end)).toBe("FIN");
    }
    await expectFilesClosed();
  } finally {
    for (const connection of refused) connection.destroy();
  }
});

describe("clients that do not read", () => {
  const getBig = { type: OpCode.getData, path: "/big", watch: false } as const;
  const slow: WireSession[] = [];

  afterEach(async () => {
    for (const session of slow.splice(0)) session.drop();
    await expectFilesClosed();
  });

  async function openSlow(): Promise<WireSession> {
    const session = await WireSession.open(bench.address, { timeoutMs: 20 * TICK_TIME_MS });
    session.connection.pause();
    slow.push(session);
    return session;
  }

  test("large replies: memory stays bounded, and whoever reads after all gets everything", async () => {
    const before = memory();
    const reads = 60;
    const answers: Promise<unknown>[] = [];
    for (let i = 0; i < 8; i++) {
      const session = await openSlow();
      for (let read = 0; read < reads; read++) {
        const answer = session.request(getBig);
        answer.catch(() => {}); // Most are dropped before they have read it.
        if (i < 2) answers.push(answer);
      }
    }
    // Half a gigabyte was asked for.
    const most = await serveOthers();
    expect(most.memoryMiB - before).toBeLessThan(200);
    expect(most.waitMs).toBeLessThan(1_000);
    for (const session of slow.slice(0, 2)) session.connection.resume();
    await Promise.all(answers);
    for (const session of slow.slice(0, 2)) {
      expect(session.connection.receivedBytes).toBeGreaterThan(reads * (MIB - 1_000));
    }
  });

  test("many small replies", async () => {
    const before = memory();
    const session = await openSlow();
    const count = 200_000;
    const frames = Array.from({ length: count }, (_, i) =>
      encodeRequest(i, { type: OpCode.exists, path: "/", watch: false }),
    );
    session.connection.write(Buffer.concat(frames));
    const most = await serveOthers();
    expect(most.memoryMiB - before).toBeLessThan(100);
    expect(most.waitMs).toBeLessThan(1_000);
    session.connection.resume();
    const { frames: replies } = session.connection;
    await session.connection.until("the last reply", () => replies.length > count || undefined);
    expect(session.log.map((entry) => entry.kind === "reply" && entry.xid)).toEqual(
      Array.from({ length: count }, (_, i) => i),
    );
  });

  test("requests that give more events than they have bytes", async () => {
    const before = memory();
    // 1 MiB that asks for 200,000 events, of 33 bytes each, 20 times.
    const paths = 200_000;
    const list = Buffer.concat(Array.from({ length: paths }, () => bytes("/")));
    const body = bytes(long(-1), paths, list, 0, 0);
    const session = await openSlow();
    for (let i = 0; i < 20; i++) session.write(requestFrame(i, OpCode.setWatches, body));
    const most = await serveOthers();
    expect(most.memoryMiB - before).toBeLessThan(250);
    expect(most.waitMs).toBeLessThan(5_000);
  });
});

test("frames that stop short of their end cost what was sent of them", async () => {
  const before = memory();
  const connections = await Promise.all(
    Array.from({ length: 100 }, () => TCPConnection.open(bench.address)),
  );
  // Half of them say that they will send a megabyte, the others have nearly done so.
  for (const [i, connection] of connections.entries()) {
    connection.write(int(MIB - 1));
    if (i % 2 === 0) connection.write(new Uint8Array(MIB - 2));
  }
  const most = await serveOthers();
  expect(most.memoryMiB - before).toBeLessThan(250);
  for (const connection of connections) connection.destroy();
  await expectFilesClosed();
});

test("the largest requests of every kind hold nobody up for long", async () => {
  const session = await WireSession.open(bench.address, { timeoutMs: 20 * TICK_TIME_MS });
  const acl = OPEN_ACL;
  const ops = Array.from(
    { length: 15_000 },
    (_, i) => ({ type: OpCode.create, path: `/dropped/${i}`, data: null, acl, flags: 0 }) as const,
  );
  const failing = { type: OpCode.check, path: "/nope", version: -1 } as const;
  const startMs = performance.now();
  const multi = session.request({ type: OpCode.multi, ops: [...ops, failing] });
  const most = await serveOthers();
  expect((await multi).reply?.results.at(-1)).toEqual({ type: OpCode.error, err: -101 });
  expect(performance.now() - startMs).toBeLessThan(10_000);
  expect(most.waitMs).toBeLessThan(5_000);
  expect(await bench.control.getChildren("/dropped")).toEqual([]);
  await session.close();
});
