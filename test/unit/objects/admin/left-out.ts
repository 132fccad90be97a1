/**
 * Names that ZooKeeper 3.8.0 shows and that we leave out, because there is nothing truthful to say under them: the
 * tables in monitor-report.ts, configuration-report.ts and server-report.ts, as patterns.
 */

export const LEFT_OUT_METRICS: readonly RegExp[] = [
  // Of a process, and of Java.
  /^(open|max)_file_descriptor_count$/,
  /_jvm_pause_time_ms$/,
  // Latencies one by one.
  /^p(50|95|99|999)_/,
  // Of a log and snapshots in files.
  /_(fsynctime|snapshottime|dbinittime|startup_\w+|sync_process\w*)$/,
  /^sync_processor_request_queued$/,
  // Of stages that a batch does not have.
  /_(prep_process\w*|close_session_prep_time|commit_process_time|\w*commit_?proc\w*)$/,
  /_(\w+_session_queue\w*|session_queues_drained|pending_session_queue_size)$/,
  /_(\w+_committed_time_ms|\w+_final_proc_time_ms|write_batch_time_in_commit_processor)$/,
  /^(prep_processor_request_queued|outstanding_changes_\w+|request_commit_queued)$/,
  /^requests_not_forwarded_to_commit_processor$/,
  // Of an ensemble.
  /^(looking|diff|snap|commit|proposal|quit_leading_due_to_disloyal_voter|unrecoverable_error)_?(count)?$/,
  /_(propagation_latency|\w+_sync_time|election_time|inflight_\w+|proposal_\w+|commit_propagation_latency)$/,
  /_(quorum_ack_latency|ack_latency|om_\w+|learner_\w+|(leader_)?unavailable_time)$/,
  /^revalidate_count$/,
  /^(learner_\w+|ensemble_auth_\w+|skip_learner_\w+)$/,
  // Of a TLS port and Netty.
  /^(non_mtls_\w+|auth_failed_count|outstanding_tls_handshake|tls_handshake_exceeded)$/,
  /^(unsuccessful_handshake|insecure_admin_count|cnxn_closed_without_zk_server_running)$/,
  /_netty_queued_buffer_capacity$/,
  // Of caches, digests and throttles.
  /^(response_packet_\w+|dead_watchers_\w+|add_dead_watcher_stall_time|digest_mismatches_count)$/,
  /_dead_watchers_cleaner_latency$/,
  /^(request_throttle_\w+|stale_re\w+|large_requests_rejected)$/,
  /_(request_throttle_queue_time_ms|connection_token_deficit|socket_closing_time)$/,
  // Not counted.
  /_node_(created|deleted|changed|children)_watch_count$/,
  /_per_namespace$/,
];

export const LEFT_OUT_ENVIRONMENT: readonly RegExp[] = [/^java\./, /^user\./, /^os\./];

export const LEFT_OUT_SERVER_STATS: readonly RegExp[] = [
  /^fsync_threshold_exceed_count$/,
  /^auth_failed_count$/,
  /^non_mtls(remote|local)_?conn_count$|^non_mtls_(remote|local)_conn_count$/,
];

/** The names that have to be there: all but those left out. */
export function without(names: readonly string[], leftOut: readonly RegExp[]): string[] {
  return names.filter((name) => !leftOut.some((pattern) => pattern.test(name)));
}
