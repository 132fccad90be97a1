/** The thread behind {@link Bystanders}. */
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { workerData } from "node:worker_threads";
import { OpCode } from "../../../src/protocol/op-code.ts";
import { ClientSession } from "../../client-session.ts";
import { webSocketPathOf } from "../../namespace.ts";
import { connectWebSocket } from "../../web-socket-channel.ts";
import { answerWith } from "../asked-thread.ts";
import { openTcpSession } from "../sessions.ts";
import type { BystanderData, BystanderResult } from "./bystanders.ts";

const RESOLUTION_MS = 5;
const RSS_INTERVAL_MS = 100;

const { address, http, perTransport, timeoutMs, pid } = workerData as BystanderData;

interface Bystander {
  readonly session: ClientSession;
  readonly transport: "tcp" | "webSocket";
  readonly beat: () => void;
  /** When the heartbeat that is not answered left; undefined when all are. */
  sentMs: number | undefined;
}

const bystanders: Bystander[] = [];
const ownDelay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
let maxMs = { tcp: 0, webSocket: 0 };
let rss: number[] = [];

function answered(bystander: Bystander): void {
  noteWait(bystander);
  bystander.sentMs = undefined;
}

function noteWait({ transport, sentMs }: Bystander): void {
  if (sentMs !== undefined)
    maxMs[transport] = Math.max(maxMs[transport], performance.now() - sentMs);
}

async function openTcp(): Promise<void> {
  const session = await openTcpSession(address, timeoutMs);
  const bystander: Bystander = {
    session,
    transport: "tcp",
    beat: () => session.send({ type: OpCode.ping }, () => answered(bystander)),
    sentMs: undefined,
  };
  bystanders.push(bystander);
}

async function openWebSocket(url: NonNullable<typeof http>): Promise<void> {
  const channel = await connectWebSocket(url, webSocketPathOf());
  const session = await ClientSession.open(channel, timeoutMs);
  const bystander: Bystander = {
    session,
    transport: "webSocket",
    beat: () => channel.beat(),
    sentMs: undefined,
  };
  channel.onText = () => answered(bystander);
  bystanders.push(bystander);
}

function beatAll(): void {
  for (const bystander of bystanders) {
    if (bystander.sentMs !== undefined || bystander.session.ended !== undefined) continue;
    bystander.sentMs = performance.now();
    bystander.beat();
  }
}

async function take(): Promise<BystanderResult> {
  for (const bystander of bystanders) noteWait(bystander);
  const asked = await Promise.allSettled(
    bystanders.map(({ session }) =>
      session.request({ type: OpCode.getData, path: "/", watch: false }),
    ),
  );
  const failures = asked
    .filter(({ status }) => status === "rejected")
    .map((failed) => String((failed as PromiseRejectedResult).reason));
  const result = {
    sessions: bystanders.length,
    tcpMaxMs: maxMs.tcp,
    webSocketMaxMs: maxMs.webSocket,
    ownMaxMs: Math.max(0, ownDelay.max / 1e6 - RESOLUTION_MS),
    rss,
    failures,
  };
  maxMs = { tcp: 0, webSocket: 0 };
  rss = [];
  ownDelay.reset();
  return result;
}

for (let i = 0; i < perTransport; i++) {
  await openTcp();
  if (http !== undefined) await openWebSocket(http);
}
// ZooKeeper's clients send one after a third of the timeout in which they had nothing to say.
setInterval(beatAll, timeoutMs / 3);
setInterval(() => {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  rss.push(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024);
}, RSS_INTERVAL_MS);
ownDelay.enable();
answerWith(take);
