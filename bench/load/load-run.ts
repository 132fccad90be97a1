/**
 * All connections of one run, started in the same turn and measured until the last reply.
 */
import { ErrorLog } from "../error-log.ts";
import { LatencyHistogram } from "../latency-histogram.ts";
import type { LoadConnection } from "./load-connection.ts";
import type { Workload } from "./workload.ts";

export interface LoadResult {
  /** Replies that each connection received. */
  readonly operations: readonly number[];
  readonly elapsedMs: number;
  readonly latencies: LatencyHistogram;
  readonly errors: ErrorLog;
  /** Share of the time that the generator's own thread was computing: well below 1, or it is the bottleneck. */
  readonly generatorBusy: number;
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
  connections: readonly LoadConnection[],
  workloads: readonly Workload[],
  amount: LoadAmount,
): Promise<LoadResult> {
  const sink = { latencies: new LatencyHistogram(), errors: new ErrorLog() };
  const cpu = process.threadCpuUsage();
  const startedMs = performance.now();
  const endAtMs = startedMs + amount.seconds * 1000;
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
  const elapsedMs = performance.now() - startedMs;
  clearTimeout(watchdog);
  const { user, system } = process.threadCpuUsage(cpu);
  return { ...sink, operations, elapsedMs, generatorBusy: (user + system) / 1000 / elapsedMs };
}
