/**
 * Thousands of sessions that do nothing but stay alive, over WebSockets: what each costs in memory, and that they cost
 * nothing else once the object sleeps.
 */
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { OpCode } from "../../../src/protocol/op-code.ts";
import { OPEN_ACL } from "../../znode.ts";
import { ClientSession } from "../../client-session.ts";
import { webSocketPathOf } from "../../namespace.ts";
import { connectWebSocket } from "../../web-socket-channel.ts";
import { type PartContext, ReportBuilder, type ScalePart } from "../scale-part.ts";
import { readMemory } from "../server-memory.ts";
import { measureAlarms } from "./alarm-cost.ts";
import { type CountedServer, startCountedServer } from "./counted-server.ts";
import { changedFiles, readDatabaseState } from "./database-state.ts";
import { IdleClients, type IdleResult } from "./idle-clients.ts";

const NAMESPACE = "idle";
/** Twenty of these are the longest session timeout: no session's deadline falls into the measurement. */
const TICK_TIME_MS = 10_000;
const TIMEOUT_MS = 20 * TICK_TIME_MS;
const HEARTBEAT_INTERVAL_MS = 10_000;
/** workerd lets an object hibernate after 10 s. */
const HIBERNATION_MS = 13_000;
/** They warm up the server, so that its memory is what it is before they count. */
const FIRST_SESSIONS = 200;
/** Files that a server has open beside its connections. */
const OTHER_FILES = 100;
const FILES_A_CONNECTION = 2;
const MORE_SECONDS = 15;

export const idle: ScalePart = {
  name: "idle",
  run: async (context) => {
    const report = new ReportBuilder();
    // One after the other: esbuild, which bundles for both, is one process.
    const server = await startCountedServer({ TICK_TIME_MS });
    const alarms = measureAlarms(context, report);
    alarms.catch(() => {}); // Its end is awaited below.
    const clients = new IdleClients(server.http, NAMESPACE, TIMEOUT_MS);
    try {
      await new IdleRun(server, clients, context, report).run();
      await alarms;
    } catch (error) {
      context.onProgress(server.output());
      throw error;
    } finally {
      clients.stop();
      await server.stop();
    }
    report.note("ZooKeeper has no WebSockets and no hibernation: there is nothing to compare");
    const count = Math.min(context.sizes.sessions, sessionsMax());
    return report.build("idle", `${count.toLocaleString("en-US")} idle sessions`);
  },
};

class IdleRun {
  readonly #server: CountedServer;
  readonly #clients: IdleClients;
  readonly #context: PartContext;
  readonly #report: ReportBuilder;

  constructor(
    server: CountedServer,
    clients: IdleClients,
    context: PartContext,
    report: ReportBuilder,
  ) {
    this.#server = server;
    this.#clients = clients;
    this.#context = context;
    this.#report = report;
  }

  async run(): Promise<void> {
    const { sizes, onProgress } = this.#context;
    const count = Math.min(sizes.sessions, sessionsMax());
    await this.#measureMemory(count);
    onProgress(`idle: ${count} sessions open, hibernated`);
    await this.#watchHeartbeats(count);
    onProgress("idle: heartbeats watched");
    await this.#checkCounter();
    await this.#openMore(count, 2 * sizes.sessions);
  }

  async #measureMemory(count: number): Promise<void> {
    await this.#open(FIRST_SESSIONS, FIRST_SESSIONS);
    const before = (await readMemory([this.#server.pid])).rss;
    const startedMs = performance.now();
    await this.#open(count - FIRST_SESSIONS, count);
    const openedMs = performance.now() - startedMs;
    const rate = ((count - FIRST_SESSIONS) / openedMs) * 1000;
    this.#measured("sessions opened per second", Math.round(rate));
    const perSession = async (): Promise<number> => {
      const { rss } = await readMemory([this.#server.pid]);
      return Math.round((rss - before) / (count - FIRST_SESSIONS));
    };
    this.#measured("bytes of server memory a session, awake", await perSession());
    await delay(HIBERNATION_MS);
    this.#measured("bytes a session, hibernated", await perSession());
  }

  /** Goal: heartbeats write nothing and wake nobody. */
  async #watchHeartbeats(count: number): Promise<void> {
    const { sizes } = this.#context;
    const seconds = sizes["idle-seconds"];
    const [invocationsBefore, stateBefore] = [this.#invocations(), this.#state()];
    if (stateBefore.connected !== count) {
      this.#fail(`the database has ${stateBefore.connected} connected sessions of ${count}`);
    }
    const result = await this.#clients.beat(seconds, HEARTBEAT_INTERVAL_MS);
    const { beats = { sent: 0, answered: 0 } } = result;
    this.#checkResult(result, count);
    if (beats.answered !== beats.sent) {
      this.#fail(`${beats.answered} of ${beats.sent} heartbeats were answered`);
    }
    const invocations = this.#invocations() - invocationsBefore;
    const changed = changedFiles(stateBefore, this.#state());
    const what = `in ${seconds} s with ${beats.sent.toLocaleString("en-US")} heartbeats`;
    this.#measured(`handler invocations ${what}`, invocations);
    this.#measured(`database files changed ${what}`, changed.length);
    this.#report.goal("no handler runs for heartbeats", invocations === 0, String(invocations));
    this.#report.goal("heartbeats write no rows", changed.length === 0, `${changed.length} files`);
  }

  /** A counter that counts nothing would be believed: a request is counted, a write is seen, the object had slept. */
  async #checkCounter(): Promise<void> {
    const [before, stateBefore] = [this.#server.invocations(NAMESPACE), this.#state()];
    const startedMs = performance.now();
    const channel = await connectWebSocket(this.#server.http, webSocketPathOf(NAMESPACE));
    const session = await ClientSession.open(channel, TIMEOUT_MS);
    this.#measured(
      "ms until a new session is there, out of hibernation",
      performance.now() - startedMs,
    );
    const data = new Uint8Array(0);
    const path = "/counted";
    await session.request({ type: OpCode.create, path, data, acl: OPEN_ACL, flags: 0 });
    await session.close();
    await delay(500);
    const after = this.#server.invocations(NAMESPACE);
    const counted = (handler: string): number =>
      (after.get(handler) ?? 0) - (before.get(handler) ?? 0);
    if (counted("constructor") !== 1) {
      this.#fail(`${counted("constructor")} constructors: the object had not hibernated`);
    }
    // The handshake, the create and the close of the session.
    if (counted("fetch") !== 1 || counted("webSocketMessage") !== 3) {
      this.#fail(`the counter missed a request: ${JSON.stringify([...after])}`);
    }
    if (changedFiles(stateBefore, this.#state()).length === 0) this.#fail("no write was seen");
  }

  async #openMore(from: number, to: number): Promise<void> {
    const direct = Math.min(to, sessionsMax());
    await this.#open(direct - from, direct);
    if (direct < to) {
      const why = `a process may have ${filesMax()} files open here, two of each connection`;
      this.#report.note(`${to - direct} of ${to} WebSockets shared a connection: ${why}`);
      this.#checkResult(await this.#clients.open(to - direct, true), to);
    }
    const beats = await this.#clients.beat(MORE_SECONDS, HEARTBEAT_INTERVAL_MS);
    this.#checkResult(beats, to);
    const startedMs = performance.now();
    const asked = await this.#clients.ask();
    this.#checkResult(asked, to);
    if (asked.answered !== to) this.#fail(`${asked.answered} of ${to} sessions got an answer`);
    this.#measured(`ms for a request on each of ${to}`, Math.round(performance.now() - startedMs));
    const { rss } = await readMemory([this.#server.pid]);
    this.#measured(`resident MiB with ${to}`, Math.round(rss / 2 ** 20));
    const works = asked.answered === to && asked.alive === to;
    this.#report.goal(`${to} sessions all live and answer`, works, `${asked.answered} answered`);
  }

  async #open(count: number, total: number): Promise<void> {
    this.#checkResult(await this.#clients.open(count), total);
  }

  #checkResult({ alive, failures }: IdleResult, expected: number): void {
    for (const failure of failures) this.#fail(failure);
    if (alive !== expected) this.#fail(`${alive} sessions of ${expected} are alive`);
  }

  #invocations(): number {
    let sum = 0;
    for (const count of this.#server.invocations(NAMESPACE).values()) sum += count;
    return sum;
  }

  #state() {
    return readDatabaseState(this.#server.dataPath);
  }

  #measured(what: string, value: number): void {
    this.#report.measured("edgekeeper", what, value);
  }

  #fail(message: string): void {
    this.#context.errors.add(`idle: ${message}`);
  }
}

/**
 * How many connections a server that we start can have: it inherits our limit. workerd 1.20261023.1 has two descriptors
 * of each, and ends when it gets no more.
 */
function sessionsMax(): number {
  return Math.floor((filesMax() - OTHER_FILES) / FILES_A_CONNECTION);
}

function filesMax(): number {
  const limits = readFileSync("/proc/self/limits", "utf8");
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 1024);
}
