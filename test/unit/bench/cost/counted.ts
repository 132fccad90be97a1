import type { Counters } from "../../../../bench/cost/counters.ts";

/** Counters of a server that did nothing but what `some` says. */
export function counted(some: Partial<Counters>): Counters {
  return {
    startedMs: 0,
    rowsWritten: 0,
    rowsRead: 0,
    alarmsSet: 0,
    batches: 0,
    requests: 0,
    upgrades: 0,
    webSocketMessages: 0,
    webSocketCloses: 0,
    tcpConnections: 0,
    alarms: 0,
    calls: 0,
    ...some,
  };
}
