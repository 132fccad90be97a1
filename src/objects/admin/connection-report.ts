/**
 * `cons`, and the list of clients in `stat`: the connections one by one (`ServerCnxn`).
 */
import type { AdminFields } from "./admin-json.ts";
import type { AdminView, ConnectionRecord } from "./admin-view.ts";
import { javaAddress, javaHex } from "./java-text.ts";

/** `cons`. */
export function connectionsText(view: AdminView): string {
  return `${view
    .connections()
    .map((connection) => `${connectionLine(connection)}\n`)
    .join("")}\n`;
}

/** `crst`. */
export function resetConnectionStatistics(view: AdminView): void {
  for (const { statistics } of view.connections()) statistics.reset();
}

/** A connection without what concerns its session. */
export function briefConnectionLine(connection: ConnectionRecord): string {
  return ` ${addressAndCounts(connection)})`;
}

function connectionLine(connection: ConnectionRecord): string {
  if (connection.sessionId === 0) return briefConnectionLine(connection);
  const { statistics } = connection;
  const { latency, lastCxid } = statistics;
  const fields = [
    `sid=0x${javaHex(connection.sessionId)}`,
    `lop=${statistics.lastOperation}`,
    `est=${statistics.establishedMs}`,
    `to=${connection.sessionTimeoutMs}`,
    ...(lastCxid < 0 ? [] : [`lcxid=0x${javaHex(lastCxid)}`]),
    `lzxid=0x${javaHex(statistics.lastZxid)}`,
    `lresp=${statistics.lastResponseMs}`,
    `llat=${statistics.lastLatencyMs}`,
    `minlat=${latency.minMs}`,
    `avglat=${Math.floor(latency.meanMs)}`,
    `maxlat=${latency.maxMs}`,
  ];
  return ` ${addressAndCounts(connection)},${fields.join(",")})`;
}

function addressAndCounts(connection: ConnectionRecord): string {
  const { address, interestOps, outstanding, statistics } = connection;
  const counts = `queued=${outstanding},recved=${statistics.packetsReceived},sent=${statistics.packetsSent}`;
  return `${javaAddress(address)}[${javaHex(interestOps)}](${counts}`;
}

/** A connection as the AdminServer shows it; `brief` without what concerns its session. */
function connectionFields(connection: ConnectionRecord, brief: boolean): AdminFields {
  const { statistics } = connection;
  const { latency } = statistics;
  const counts = {
    remote_socket_address: connection.address,
    interest_ops: connection.interestOps,
    outstanding_requests: connection.outstanding,
    packets_received: statistics.packetsReceived,
    packets_sent: statistics.packetsSent,
  };
  if (brief) return counts;
  return {
    ...counts,
    session_id: connection.sessionId,
    last_operation: statistics.lastOperation,
    established: statistics.establishedMs,
    session_timeout: connection.sessionTimeoutMs,
    last_cxid: statistics.lastCxid,
    last_zxid: statistics.lastZxid,
    last_response_time: statistics.lastResponseMs,
    last_latency: statistics.lastLatencyMs,
    min_latency: latency.minMs,
    avg_latency: Math.floor(latency.meanMs),
    max_latency: latency.maxMs,
  };
}

/** The AdminServer's two lists of connections. There is no TLS port of ZooKeeper's kind. */
export function connectionLists(view: AdminView, brief: boolean): AdminFields {
  return {
    connections: view.connections().map((connection) => connectionFields(connection, brief)),
    secure_connections: [],
  };
}
