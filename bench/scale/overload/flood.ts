/**
 * Load over some connections: as much as is answered, or as much as was decided beforehand.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { FloodConnection } from "./flood-connection.ts";

const CLOSED_LOOP_IN_FLIGHT = 256;
const TURN_MS = 10;
const DRAIN_TIMEOUT_MS = 120_000;
const DRAIN_POLL_MS = 5;

export interface FloodResult {
  /** Requests that were to be sent. */
  readonly offered: number;
  readonly sent: number;
  readonly answered: number;
  readonly refused: number;
  /** How long requests were offered. */
  readonly elapsedMs: number;
  /** How long it took from there to the last reply. */
  readonly drainMs: number;
}

/** Keeps some requests in flight on every connection; the rate of the answers is what the server can do. */
export async function measureCapacity(
  connections: readonly FloodConnection[],
  seconds: number,
): Promise<number> {
  const startedMs = performance.now();
  const endAtMs = startedMs + seconds * 1000;
  const before = total(connections, ({ answered }) => answered);
  for (const connection of connections) {
    connection.onReplies = () => {
      if (performance.now() < endAtMs)
        connection.send(CLOSED_LOOP_IN_FLIGHT - connection.outstanding);
    };
    connection.send(CLOSED_LOOP_IN_FLIGHT);
  }
  await delay(seconds * 1000);
  await drain(connections);
  const answered = total(connections, (connection) => connection.answered) - before;
  for (const connection of connections) connection.onReplies = undefined;
  return (answered / (performance.now() - startedMs)) * 1000;
}

/**
 * Offers so many requests a second, answered or not, and then waits for the replies to all that was sent. A connection
 * with `unansweredMax` requests in flight sends no more: what TCP does not let through would fill the sender's memory.
 */
export async function flood(
  connections: readonly FloodConnection[],
  perSecond: number,
  seconds: number,
  unansweredMax: number,
): Promise<FloodResult> {
  const counts = (): number[] => [
    total(connections, ({ sent }) => sent),
    total(connections, ({ answered }) => answered),
    total(connections, ({ refused }) => refused),
  ];
  const before = counts();
  const startedMs = performance.now();
  let offered = 0;
  for (let ms = 0; ms < seconds * 1000; ms = performance.now() - startedMs) {
    const due = Math.floor((ms * perSecond) / 1000);
    const each = Math.ceil((due - offered) / connections.length);
    for (const connection of connections) {
      connection.send(Math.max(0, Math.min(each, unansweredMax - connection.outstanding)));
    }
    offered += each * connections.length;
    await delay(TURN_MS);
  }
  const elapsedMs = performance.now() - startedMs;
  await drain(connections);
  const drainMs = performance.now() - startedMs - elapsedMs;
  const [sent = 0, answered = 0, refused = 0] = counts().map(
    (count, index) => count - (before[index] ?? 0),
  );
  return { offered, sent, answered, refused, elapsedMs, drainMs };
}

/** Waits until everything is answered, or a connection has failed. */
async function drain(connections: readonly FloodConnection[]): Promise<void> {
  const giveUpAtMs = performance.now() + DRAIN_TIMEOUT_MS;
  while (connections.some(isWaiting) && performance.now() < giveUpAtMs) await delay(DRAIN_POLL_MS);
}

function isWaiting({ outstanding, failure }: FloodConnection): boolean {
  return outstanding > 0 && failure === undefined;
}

function total(
  connections: readonly FloodConnection[],
  value: (connection: FloodConnection) => number,
): number {
  return connections.reduce((sum, connection) => sum + value(connection), 0);
}
