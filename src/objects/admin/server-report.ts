/**
 * `srvr` and `stat`: what monitoring looks at first (`StatCommand`, `ServerStats`).
 */
import type { AdminFields } from "./admin-json.ts";
import type { AdminView } from "./admin-view.ts";
import { briefConnectionLine, connectionLists } from "./connection-report.ts";
import { javaDouble, javaHex } from "./java-text.ts";

/** There is one server and no ensemble. Leaders and followers are what ZooKeeper would say otherwise. */
export const SERVER_STATE = "standalone";

/** `srvr`. */
export function serverText(view: AdminView): string {
  return `${versionLine(view)}${statisticsLines(view)}`;
}

/** `stat`: the same with a line for each client. */
export function statText(view: AdminView): string {
  const clients = view.connections().map((connection) => `${briefConnectionLine(connection)}\n`);
  return `${versionLine(view)}Clients:\n${clients.join("")}\n${statisticsLines(view)}`;
}

function versionLine(view: AdminView): string {
  return `Zookeeper version: ${view.version}\n`;
}

function statisticsLines(view: AdminView): string {
  const { statistics } = view;
  const { minMs, meanMs, maxMs } = statistics.latency;
  const lines = [
    `Latency min/avg/max: ${minMs}/${javaDouble(meanMs)}/${maxMs}`,
    `Received: ${statistics.packetsReceived}`,
    `Sent: ${statistics.packetsSent}`,
    `Connections: ${view.connections().length}`,
    `Outstanding: ${view.outstanding}`,
    `Zxid: 0x${javaHex(view.lastZxid)}`,
    `Mode: ${SERVER_STATE}`,
    `Node count: ${view.tree().znodeCount}`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** The AdminServer's `server_stats`. */
export function serverFields(view: AdminView): AdminFields {
  return {
    version: view.version,
    read_only: false,
    server_stats: statisticsFields(view),
    client_response: responseFields(view),
    node_count: view.tree().znodeCount,
  };
}

/** The AdminServer's `stats`. */
export function statFields(view: AdminView): AdminFields {
  return { ...serverFields(view), ...connectionLists(view, true) };
}

/**
 * The numbers of `ServerStats`. Not there: `fsync_threshold_exceed_count` (the platform syncs, and does not say how
 * long it took), and `auth_failed_count` and the two of `non_mtls_*`, which count on a TLS port of ZooKeeper's.
 */
function statisticsFields(view: AdminView): AdminFields {
  const { statistics } = view;
  const { minMs, meanMs, maxMs } = statistics.latency;
  return {
    packets_sent: statistics.packetsSent,
    packets_received: statistics.packetsReceived,
    client_response_stats: responseFields(view),
    provider_null: false,
    server_state: SERVER_STATE,
    uptime: view.nowMs - view.startedMs,
    outstanding_requests: view.outstanding,
    min_latency: minMs,
    avg_latency: meanMs,
    max_latency: maxMs,
    data_dir_size: view.dataDirSize(),
    log_dir_size: 0,
    last_processed_zxid: view.lastZxid,
    num_alive_client_connections: view.connections().length,
  };
}

function responseFields(view: AdminView): AdminFields {
  const { last, min, max } = view.statistics.responseSizes;
  return { last_buffer_size: last, min_buffer_size: min, max_buffer_size: max };
}
