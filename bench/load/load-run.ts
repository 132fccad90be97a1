/**
 * All connections of one run, started in the same turn and loaded until the last reply.
 */
import { ErrorLog } from "../error-log.ts";
import { LatencyHistogram } from "../latency-histogram.ts";
import type { Sink } from "../meter.ts";
import type { LoadTarget } from "./load-target.ts";
import type { Workload } from "./workload.ts";

export interface LoadResult extends Sink {
  /** Replies that each connection received. */
  readonly operations: readonly number[];
}

export interface LoadAmount {
  readonly inFlight: number;
  readonly seconds: number;
  /** For each connection; without it, time is the only limit. */
  readonly operationsMax?: readonly number[];
}

/** A server that leaves a request without an answer for this long has failed. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Loads each connection with its workload. */
export async function runLoad(
  connections: readonly LoadTarget[],
  workloads: readonly Workload[],
  amount: LoadAmount,
): Promise<LoadResult> {
  const sink = { latencies: new LatencyHistogram(), errors: new ErrorLog() };
  const endAtMs = performance.now() + amount.seconds * 1000;
  const watchdog = setTimeout(
    () => {
      for (const connection of connections) connection.abort("no answer for 30 s");
    },
    amount.seconds * 1000 + ANSWER_TIMEOUT_MS,
  );
  const operations = await Promise.all(
    connections.map((connection, index) => {
      const operationsMax = amount.operationsMax?.[index] ?? Number.MAX_SAFE_INTEGER;
      const limits = { inFlight: amount.inFlight, endAtMs, operationsMax };
      return connection.run(workloads[index] as Workload, limits, sink);
    }),
  );
  clearTimeout(watchdog);
  return { ...sink, operations };
}
