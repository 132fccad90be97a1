/**
 * Edgekeeper's own count of what it did, cumulative since its object started (src/objects/counters.ts).
 */
import type { Address } from "../tcp-channel.ts";

const names = [
  "startedMs",
  "rowsWritten",
  "rowsRead",
  "alarmsSet",
  "batches",
  "requests",
  "upgrades",
  "webSocketMessages",
  "webSocketCloses",
  "tcpConnections",
  "alarms",
  "calls",
] as const;

export type Counters = { readonly [name in (typeof names)[number]]: number };

/**
 * Reads the counters of a namespace. The reading is itself a call, which the counters include.
 *
 * @throws Error when the server does not answer with them.
 */
export async function readCounters(http: Address, namespace: string): Promise<Counters> {
  const url = `http://${http.host}:${http.port}/v1/${namespace}/counters`;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`GET ${url} answered ${response.status}`);
  const body = (await response.json()) as Counters;
  const missing = names.find((name) => typeof body[name] !== "number");
  if (missing !== undefined) throw new Error(`GET ${url} answered without ${missing}`);
  return body;
}

/**
 * What happened between two readings, without the second of them.
 *
 * @throws Error when the object started anew in between: what it had counted before is lost.
 */
export function subtractCounters(after: Counters, before: Counters): Counters {
  if (after.startedMs !== before.startedMs) throw new Error("the object started anew meanwhile");
  const change = names.map((name) => [name, after[name] - before[name]]);
  const counted = Object.fromEntries(change) as Counters;
  return { ...counted, startedMs: after.startedMs, calls: counted.calls - 1 };
}
