/**
 * What is billed, as an amount of each kind.
 */
import type { Counters } from "./counters.ts";
import { MESSAGES_PER_REQUEST } from "./prices.ts";

export interface Usage {
  readonly rowsWritten: number;
  readonly rowsRead: number;
  /** Each is billed as a row written. */
  readonly alarmsSet: number;
  /** As billed: a WebSocket message is a fraction of one. */
  readonly objectRequests: number;
  /** Requests that reach the Worker in front of the object. */
  readonly workerRequests: number;
  /** How long the object was running, at most. */
  readonly activeSeconds: number;
}

/** The usage behind a difference of counters, without the readings of the counters themselves. */
export function usageOf(counted: Counters, activeSeconds: number): Usage {
  // The prices do not name the end of a WebSocket. It wakes the object as a message does, and is counted as one.
  const messages = counted.webSocketMessages + counted.webSocketCloses;
  return {
    rowsWritten: counted.rowsWritten,
    rowsRead: counted.rowsRead,
    alarmsSet: counted.alarmsSet,
    objectRequests:
      counted.upgrades +
      counted.tcpConnections +
      counted.alarms +
      counted.calls +
      messages / MESSAGES_PER_REQUEST,
    workerRequests: counted.upgrades,
    activeSeconds,
  };
}

export function scaleUsage(usage: Usage, factor: number): Usage {
  return mapUsage(usage, (amount) => amount * factor);
}

export function addUsage(a: Usage, b: Usage): Usage {
  return mapUsage(a, (amount, kind) => amount + b[kind]);
}

function mapUsage(usage: Usage, change: (amount: number, kind: keyof Usage) => number): Usage {
  const of = (kind: keyof Usage): number => change(usage[kind], kind);
  return {
    rowsWritten: of("rowsWritten"),
    rowsRead: of("rowsRead"),
    alarmsSet: of("alarmsSet"),
    objectRequests: of("objectRequests"),
    workerRequests: of("workerRequests"),
    activeSeconds: of("activeSeconds"),
  };
}
