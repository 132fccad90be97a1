/**
 * One of the processes that hold idle sessions: a process may have only so many files open. It does what its parent
 * tells it, one order after the other.
 */
import { setTimeout as delay } from "node:timers/promises";
import { OpCode } from "../../../src/protocol/op-code.ts";
import { ClientSession } from "../../client-session.ts";
import { webSocketPathOf } from "../../namespace.ts";
import { connectWebSocket, type WebSocketChannel } from "../../web-socket-channel.ts";
import { type MultiplexedChannel, Multiplexer } from "./multiplexed-channel.ts";
import type { BeatResult, IdleOrder, IdleResult, OpenOptions } from "./idle-clients.ts";

/** Sessions that are opened, or ask something, at the same time. */
const AT_ONCE = 64;
const BEAT_TURN_MS = 20;
/** What is still on its way when the last heartbeat has left. */
const LAST_PONGS_MS = 2_000;

interface IdleSession {
  readonly channel: WebSocketChannel | MultiplexedChannel;
  readonly session: ClientSession;
}

const sessions: IdleSession[] = [];
let failures: string[] = [];
let pongs = 0;

async function open(options: OpenOptions): Promise<void> {
  const { count, http, namespace, timeoutMs, localAddress, isMultiplexed } = options;
  const multiplexer = isMultiplexed ? await Multiplexer.connect(http, namespace) : undefined;
  await inTurns(count, async () => {
    const channel =
      (await multiplexer?.open()) ??
      (await connectWebSocket(http, webSocketPathOf(namespace), { localAddress }));
    const session = await ClientSession.open(channel, timeoutMs);
    if (session.timeoutMs !== timeoutMs) failures.push(`a timeout of ${session.timeoutMs} ms`);
    channel.onText = () => {
      pongs += 1;
    };
    sessions.push({ channel, session });
  });
}

/** Sends every session's heartbeats, evenly over time. */
async function beat(seconds: number, intervalMs: number): Promise<BeatResult> {
  pongs = 0;
  let sent = 0;
  const startedMs = performance.now();
  for (let nowMs = startedMs; nowMs < startedMs + seconds * 1000; nowMs = performance.now()) {
    const due = Math.floor(((nowMs - startedMs) / intervalMs) * sessions.length);
    for (; sent < due; sent++) sessions[sent % sessions.length]?.channel.beat();
    await delay(BEAT_TURN_MS);
  }
  await delay(LAST_PONGS_MS);
  return { sent, answered: pongs };
}

/** Sends a request on every session; returns how many were answered. */
async function askAll(): Promise<number> {
  let answered = 0;
  await inTurns(sessions.length, async (index) => {
    await sessions[index]?.session.request({ type: OpCode.getData, path: "/", watch: false });
    answered += 1;
  });
  return answered;
}

/** Runs `act` for 0 to count - 1, some of them at the same time; what fails is noted. */
async function inTurns(count: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const turn = async (): Promise<void> => {
    while (next < count) {
      try {
        await act(next++);
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, turn));
}

async function obey(order: IdleOrder): Promise<IdleResult> {
  failures = [];
  const result: { answered?: number; beats?: BeatResult } = {};
  if (order.kind === "open") await open(order.options);
  else if (order.kind === "beat") result.beats = await beat(order.seconds, order.intervalMs);
  else if (order.kind === "ask") result.answered = await askAll();
  const ended = sessions.filter(({ session }) => session.ended !== undefined);
  for (const { session } of ended.slice(0, 3)) failures.push(`a session ended: ${session.ended}`);
  return { ...result, alive: sessions.length - ended.length, failures };
}

process.on("message", (order) => {
  void obey(order as IdleOrder).then((result) => process.send?.(result));
});
