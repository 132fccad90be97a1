/**
 * Sessions that do nothing but say that they are there, watched for a while, and what it costs to wake their object.
 */
import { setTimeout as delay } from "node:timers/promises";
import { OpCode } from "../../src/protocol/op-code.ts";
import { startEdgekeeper } from "../../test/support/edgekeeper-server.ts";
import type { ControlClient } from "../control-client.ts";
import { webSocketPathOf } from "../namespace.ts";
import { SESSION_TIMEOUT_MS, startSession } from "../session.ts";
import type { Address } from "../tcp-channel.ts";
import { connectWebSocket, type WebSocketChannel } from "../web-socket-channel.ts";
import { type Counters, readCounters, subtractCounters } from "./counters.ts";
import { openClient, webSocketTransport } from "./transport.ts";
import { type Usage, usageOf } from "./usage.ts";

/** What was counted of an object with so many idle sessions. */
export interface IdleWindow {
  readonly sessions: number;
  /** In multiples of the sessions' timeout. */
  readonly timeouts: number;
  readonly counted: Counters;
  /** Of one request to the object when it hibernates; undefined where it did not. */
  readonly wake: Usage | undefined;
}

export const IDLE_SESSIONS = [1, 1_000] as const;

/** A tenth of the default, so that sessions of 4 s behave as those of 40 s do otherwise. */
const TICK_TIME_MS = 200;

/** Long enough for several alarms. */
const WINDOW_MS = 24_000;

/** workerd, as Cloudflare, lets an object hibernate after 10 s. */
const ASLEEP_AFTER_MS = 12_000;

/** Clients ping so often within their timeout. */
export const PINGS_PER_TIMEOUT = 3;

/** Measures with servers of its own: their ticks must be short, and nobody else may wake the objects. */
export async function measureIdle(): Promise<IdleWindow[]> {
  await using busy = await startEdgekeeper({ tickTimeMs: TICK_TIME_MS });
  await using asleep = await startEdgekeeper();
  const measured = IDLE_SESSIONS.map(async (sessions) => {
    const [window, wake] = await Promise.all([
      watchIdle({ host: busy.host, port: busy.httpPort }, sessions),
      measureWake({ host: asleep.host, port: asleep.httpPort }, sessions),
    ]);
    return { ...window, wake };
  });
  return await Promise.all(measured);
}

async function watchIdle(http: Address, sessions: number): Promise<Omit<IdleWindow, "wake">> {
  const namespace = `idle-${sessions}`;
  const channels: WebSocketChannel[] = [];
  let timeoutMs = 0;
  for (let n = 0; n < sessions; n++) {
    const channel = await connectWebSocket(http, webSocketPathOf(namespace));
    timeoutMs = await startSession(channel, SESSION_TIMEOUT_MS);
    channels.push(channel);
  }
  using _pinging = pingAll(channels, timeoutMs / PINGS_PER_TIMEOUT);
  await delay(timeoutMs);
  const before = await readCounters(http, namespace);
  await delay(WINDOW_MS);
  const counted = subtractCounters(await readCounters(http, namespace), before);
  return { sessions, timeouts: WINDOW_MS / timeoutMs, counted };
}

/** Pings over each channel once a period, each at its own moment. */
function pingAll(channels: readonly WebSocketChannel[], periodMs: number): Disposable {
  const timers = new Set<NodeJS.Timeout>();
  channels.forEach((channel, index) => {
    const phaseMs = (periodMs * index) / channels.length;
    const start = setTimeout(() => {
      channel.beat();
      timers.add(setInterval(() => channel.beat(), periodMs));
    }, phaseMs);
    timers.add(start);
  });
  return { [Symbol.dispose]: () => timers.forEach((timer) => clearTimeout(timer)) };
}

/** The first request after a sleep: the object reads what it needs to be itself again. */
async function measureWake(http: Address, sessions: number): Promise<Usage | undefined> {
  const namespace = `asleep-${sessions}`;
  const open = async (): Promise<ControlClient> =>
    await openClient(webSocketTransport(http, namespace));
  const client = await open();
  for (let n = 1; n < sessions; n++) await open();
  const before = await readCounters(http, namespace);
  await delay(ASLEEP_AFTER_MS);
  const startedMs = performance.now();
  await client.request({ type: OpCode.ping });
  const activeSeconds = (performance.now() - startedMs) / 1000;
  const counted = await readCounters(http, namespace);
  if (counted.startedMs === before.startedMs) return undefined;
  return usageOf({ ...counted, calls: counted.calls - 1 }, activeSeconds);
}
