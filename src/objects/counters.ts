/**
 * What an object did, in the units that Cloudflare bills (docs/cost.md): the benchmark and whoever operates it read them.
 */

/** Counted since the object was constructed. */
export interface Counters extends Events {
  /** When it was constructed, in milliseconds since 1970: two readings of which it differs are of two incarnations. */
  readonly startedMs: number;
  readonly rowsWritten: number;
  /** Those that were read to start included. */
  readonly rowsRead: number;
  /** Each is billed as a row written, too. One alarm serves all sessions, so this grows with time and not with them. */
  readonly alarmsSet: number;
  readonly batches: number;
  readonly requests: number;
}

/** What made the object run. Each is billed as a request, unless said otherwise. */
export interface Events {
  /** Upgrades to a WebSocket, refused ones included. */
  readonly upgrades: number;
  /** Twenty are billed as one request. */
  readonly webSocketMessages: number;
  /** Ends of WebSockets, in order or not. */
  readonly webSocketCloses: number;
  readonly tcpConnections: number;
  readonly alarms: number;
  /** RPC: health checks, commands of the AdminServer, and readings of these counters. */
  readonly calls: number;
}

/** To be counted up by whoever handles an event. */
export function noEvents(): { -readonly [event in keyof Events]: number } {
  return {
    upgrades: 0,
    webSocketMessages: 0,
    webSocketCloses: 0,
    tcpConnections: 0,
    alarms: 0,
    calls: 0,
  };
}
