/**
 * Edgekeeper's own count of what it did in storage, cumulative since its start.
 */
import type { Address } from "./tcp-channel.ts";

export interface Counters {
  readonly rowsWritten: number;
  /** Null from a server that does not count them. */
  readonly rowsRead: number | null;
  /** How often the object set its alarm, which costs a row, too. */
  readonly alarmsSet: number;
  readonly batches: number;
  readonly requests: number;
}

const names = ["rowsWritten", "alarmsSet", "batches", "requests"] as const;

/**
 * Reads the counters of the namespace that the TCP port serves.
 *
 * @throws Error when the server does not answer with them.
 */
export async function readCounters(http: Address): Promise<Counters> {
  const url = `http://${http.host}:${http.port}/v1/default/counters`;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`GET ${url} answered ${response.status}`);
  const body = (await response.json()) as Counters;
  const missing = names.find((name) => typeof body[name] !== "number");
  if (missing !== undefined) throw new Error(`GET ${url} answered without ${missing}`);
  return { ...body, rowsRead: body.rowsRead ?? null };
}

/** What happened between two readings. */
export function subtractCounters(after: Counters, before: Counters): Counters {
  const bothRead = after.rowsRead !== null && before.rowsRead !== null;
  return {
    rowsWritten: after.rowsWritten - before.rowsWritten,
    rowsRead: bothRead ? after.rowsRead - before.rowsRead : null,
    alarmsSet: after.alarmsSet - before.alarmsSet,
    batches: after.batches - before.batches,
    requests: after.requests - before.requests,
  };
}
