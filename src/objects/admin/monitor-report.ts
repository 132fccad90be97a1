/**
 * `mntr`: the numbers that monitoring systems collect, under ZooKeeper's names (`ZooKeeperServer.registerMetrics`,
 * `ServerMetrics`). What has no truthful value here is left out rather than made up:
 *
 * | left out | because |
 * |---|---|
 * | `open_file_descriptor_count`, `max_file_descriptor_count`, `jvm_*` | there is no process that an object could ask about |
 * | `p50_*` … `p999_*` | latencies are not kept one by one |
 * | `fsynctime`, `sync_processor_*`, `snapshottime`, `dbinittime`, `startup_*` | the platform writes, and does not say how long it took |
 * | `prep_*`, `commit_*`, `*_commitproc_*`, `requests_in_session_queue`, … | stages that a batch does not have |
 * | `proposal_*`, `learner_*`, `*_sync_time`, `election_time`, `looking_count`, … | there is no ensemble |
 * | `non_mtls_*`, `auth_failed_count`, `*tls*`, `unsuccessful_handshake` | there is no TLS port of ZooKeeper's |
 * | `response_packet_*`, `dead_watchers_*`, `digest_mismatches_count`, `request_throttle_*`, `stale_re*` | there is no such cache, cleaner, digest or queue |
 * | `node_*_watch_count`, `*_per_namespace` | not counted |
 */
import type { AdminFields } from "./admin-json.ts";
import type { AdminView } from "./admin-view.ts";
import { javaDouble } from "./java-text.ts";
import type { LatencyCounter } from "./latency-counter.ts";
import { SERVER_STATE } from "./server-report.ts";
import { watchCount } from "./watch-report.ts";

type Metric = readonly [name: string, value: string | number];

/** Numbers that Java has as `double`, and prints with a point. */
const DOUBLES = /^avg_|_probability$/;

/** `mntr`. */
export function monitorText(view: AdminView): string {
  return metrics(view)
    .map(([name, value]) => `zk_${name}\t${metricText(name, value)}\n`)
    .join("");
}

/** The AdminServer's `monitor`: the same without the prefix. */
export function monitorFields(view: AdminView): AdminFields {
  return Object.fromEntries(metrics(view));
}

function metricText(name: string, value: string | number): string {
  return typeof value === "number" && DOUBLES.test(name) ? javaDouble(value) : String(value);
}

function metrics(view: AdminView): readonly Metric[] {
  const { statistics } = view;
  const { latency, readLatency, updateLatency, responseSizes } = statistics;
  const sessions = view.sessions();
  const { znodeCount, approximateDataSize } = view.tree();
  return [
    ["version", view.version],
    ["server_state", SERVER_STATE],
    ["uptime", view.nowMs - view.startedMs],
    ["avg_latency", latency.meanMs],
    ["max_latency", latency.maxMs],
    ["min_latency", latency.minMs],
    ["packets_received", statistics.packetsReceived],
    ["packets_sent", statistics.packetsSent],
    ["num_alive_connections", view.connections().length],
    ["outstanding_requests", view.outstanding],
    ["znode_count", znodeCount],
    ["watch_count", watchCount(view)],
    [
      "ephemerals_count",
      sessions.reduce((sum, { ephemeralPaths }) => sum + ephemeralPaths.length, 0),
    ],
    ["approximate_data_size", approximateDataSize],
    ["global_sessions", sessions.length],
    // Every session is one of the whole namespace, and no connection is dropped by chance.
    ["local_sessions", 0],
    ["connection_drop_probability", 0],
    ["last_client_response_size", responseSizes.last],
    ["max_client_response_size", responseSizes.max],
    ["min_client_response_size", responseSizes.min],
    ["bytes_received_count", statistics.bytesReceived],
    ["response_bytes", statistics.responseBytes],
    ["watch_bytes", statistics.watchBytes],
    ["connection_request_count", statistics.connectionRequests],
    ["connection_revalidate_count", statistics.connectionRevalidations],
    ["connection_rejected", statistics.connectionsRejected],
    ["connection_drop_count", statistics.connectionsDropped],
    ["stale_sessions_expired", statistics.sessionsExpired],
    ["sessionless_connections_expired", statistics.sessionlessConnectionsExpired],
    ["throttled_ops", statistics.operationsThrottled],
    ...summary("readlatency", readLatency),
    ...summary("updatelatency", updateLatency),
  ];
}

function summary(name: string, latency: LatencyCounter): readonly Metric[] {
  return [
    [`avg_${name}`, latency.meanMs],
    [`min_${name}`, latency.minMs],
    [`max_${name}`, latency.maxMs],
    [`cnt_${name}`, latency.count],
    [`sum_${name}`, latency.totalMs],
  ];
}
