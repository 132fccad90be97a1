/**
 * `kill -9` at random moments, while several sessions write: every acknowledged write is there, nothing that was not
 * acknowledged is half there, no number is given out twice, and sessions go on with their ephemerals.
 *
 * `KILL_SEED=n` repeats the choices of a run, though not the speed of the machine. `KILL_ROUNDS=n` makes it longer.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CreateFlags } from "../../src/protocol/op-code.ts";
import { type EdgekeeperServer, startEdgekeeper } from "../support/edgekeeper-server.ts";
import { Observer, resume, VISITORS, Visitors } from "./support/kill-bystanders.ts";
import { Ledger } from "./support/kill-ledger.ts";
import { type ObservedZnode, SHARED } from "./support/kill-model.ts";
import { pathsOf, Writer } from "./support/kill-writer.ts";
import { Random } from "./support/random.ts";
import type { Address } from "./support/tcp-connection.ts";
import { SessionRefused, WireSession } from "./support/wire-session.ts";
import { findInconsistencies, readTree } from "./support/znode-reader.ts";

const seed = Number(process.env["KILL_SEED"] ?? Date.now() % 1_000_000_000);
const rounds = Number(process.env["KILL_ROUNDS"] ?? 22);
const TICK_TIME_MS = 1_000;
const WRITERS = ["w0", "w1", "w2", "w3"];
/** The longest that 20 ticks allow: nobody is to expire who is not told to. */
const TIMEOUT_MS = 20 * TICK_TIME_MS;

const random = new Random(seed);
const ledger = new Ledger();
const observer = new Observer(
  WRITERS.map((name) => `/kill/${name}/counter`),
  ledger,
);
const visitors = new Visitors(ledger);
const totals = { answered: 0, unanswered: 0, doneUnanswered: 0, roundsInFlight: 0 };

let dataDir: string;
let server: EdgekeeperServer;
let writers: { readonly writer: Writer; session: WireSession }[];
let observing: WireSession;

beforeAll(async () => {
  console.error(`KILL_SEED=${seed}`);
  dataDir = mkdtempSync(join(tmpdir(), "edgekeeper-kill-"));
  await start();
  const verifier = await open();
  for (const path of ["/kill", SHARED, VISITORS, ...WRITERS.flatMap(pathsOf)]) {
    await verifier.create(path);
  }
  const all = await readTree(verifier, "/kill");
  writers = [];
  for (const name of WRITERS) {
    const session = await open();
    const fork = new Random(random.below(2 ** 31));
    writers.push({ writer: new Writer(name, session.sessionId, fork, ledger, all), session });
  }
  observing = await open();
  await verifier.close();
});

afterAll(async () => {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(): Promise<void> {
  server = await startEdgekeeper({ dataDir, tickTimeMs: TICK_TIME_MS });
}

function address(): Address {
  return { host: server.host, port: server.zkPort };
}

async function open(timeoutMs: number = TIMEOUT_MS): Promise<WireSession> {
  return WireSession.open(address(), { timeoutMs });
}

async function resumed(session: WireSession): Promise<WireSession> {
  const again = await resume(address(), session);
  if (again === undefined) throw new Error(`session ${session.sessionId} was lost`);
  expect(again.sessionId).toBe(session.sessionId);
  expect(Buffer.from(again.passwd).equals(session.passwd)).toBe(true);
  return again;
}

/** Everybody works until the server is killed, after a while or after a number of answers. */
async function workUntilKilled(): Promise<void> {
  const running = [
    ...writers.map(({ writer, session }) => writer.run(session, random.pick([1, 4, 32, 128]))),
    observer.run(observing),
    visitors.run(address()),
  ];
  const afterAnswers = random.below(3) === 0;
  let answersLeft = afterAnswers ? random.between(1, 2_000) : Infinity;
  const timer = setTimeout(kill9, afterAnswers ? 1_000 : random.between(1, 500));
  for (const { writer } of writers) {
    writer.onAnswer = () => {
      answersLeft -= 1;
      if (answersLeft !== 0) return;
      clearTimeout(timer);
      kill9();
    };
  }
  await Promise.all(running);
  await killed();
}

function kill9(): void {
  process.kill(server.workerdPid, "SIGKILL");
}

/** Waits until nothing of the server is left. */
async function killed(): Promise<void> {
  await server.kill();
  // Forgets it. The data is ours.
  await server.stop();
}

/** Compares what the server has with what it said. */
async function verify(): Promise<Map<string, ObservedZnode>> {
  const verifier = await open();
  const zxid = await verifier.ping();
  expect(zxid, "zxids go back").toBeGreaterThan(ledger.zxidMax);
  const all = await readTree(verifier, "/kill");
  expect(findInconsistencies(all)).toEqual([]);
  observer.check(all);
  let unanswered = 0;
  for (const { writer } of writers) {
    const recovered = writer.recover(all);
    unanswered += recovered.unanswered;
    totals.doneUnanswered += recovered.done;
  }
  totals.unanswered += unanswered;
  if (unanswered > 0) totals.roundsInFlight += 1;
  expectOwnersKnown(all);
  await visitors.check(address(), all);
  await expectNextSequence(verifier, all);
  ledger.saw(verifier.lastZxid);
  await verifier.close();
  expect(ledger.failures).toEqual([]);
  ledger.beginIncarnation();
  return all;
}

/** No ephemeral belongs to a session that nobody has. */
function expectOwnersKnown(all: ReadonlyMap<string, ObservedZnode>): void {
  const known = new Set([
    0,
    ...writers.map(({ session }) => session.sessionId),
    ...visitors.openSessions,
  ]);
  for (const [path, { stat }] of all) {
    expect(known.has(stat.ephemeralOwner), `${path} belongs to somebody`).toBe(true);
  }
}

/** The counter behind the shared znodes' names is the number of those ever created. */
async function expectNextSequence(
  verifier: WireSession,
  all: ReadonlyMap<string, ObservedZnode>,
): Promise<void> {
  const { cversion = 0, numChildren = 0 } = all.get(SHARED)?.stat ?? {};
  const path = await verifier.create(`${SHARED}/s-`, "verifier", CreateFlags.persistentSequential);
  const number = Number(path.slice(-10));
  expect(number).toBe((cversion + numChildren) / 2);
  ledger.gaveSequence(number, "verifier");
  await verifier.delete(path);
}

test(`${rounds} kills`, { timeout: rounds * 10_000 }, async () => {
  for (let round = 0; round < rounds; round++) {
    await workUntilKilled();
    await start();
    const all = await verify();
    for (const entry of writers) entry.session = await resumed(entry.session);
    observing = await resumed(observing);
    await observer.restoreWatches(observing, all);
  }
  totals.answered = writers.reduce((sum, { writer }) => sum + writer.answered, 0);
  console.error(`${rounds} kills: ${JSON.stringify({ ...totals, visits: visitors.closed })}`);
  // Otherwise the server was killed while nothing happened, which shows nothing.
  expect(totals.answered).toBeGreaterThan(rounds * 100);
  expect(totals.roundsInFlight).toBeGreaterThan(rounds / 2);
});

test("a session whose client does not come back after a kill expires, not before its time", async () => {
  const lost = await open(2 * TICK_TIME_MS);
  await lost.create(`${VISITORS}/lost`, "", CreateFlags.ephemeral);
  kill9();
  await killed();
  const startMs = performance.now();
  await start();
  const watching = await open();
  expect((await watching.exists(`${VISITORS}/lost`, true))?.ephemeralOwner).toBe(lost.sessionId);
  await watching.connection.until(
    "the ephemeral is gone",
    () => watching.log.at(-1)?.kind === "event" || undefined,
    10_000,
  );
  expect(performance.now() - startMs).toBeGreaterThan(lost.timeoutMs);
  await expect(WireSession.open(address(), { resume: lost })).rejects.toThrow(SessionRefused);
  await watching.close();
});

test("whoever ends a session in order leaves nothing behind, also after a kill", async () => {
  for (const { session } of writers) await (await resumed(session)).close();
  await (await resumed(observing)).close();
  await killed();
  await start();
  const verifier = await open();
  const all = await readTree(verifier, "/kill");
  expect([...all.values()].filter(({ stat }) => stat.ephemeralOwner !== 0)).toEqual([]);
  for (const { session } of writers) {
    await expect(WireSession.open(address(), { resume: session })).rejects.toThrow(SessionRefused);
  }
  await verifier.close();
});
