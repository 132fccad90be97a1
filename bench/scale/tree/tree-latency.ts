/**
 * What get and set cost on random znodes of two trees of one server, in turn, so that a slow minute of the machine slows
 * down both.
 */
import type { ErrorLog } from "../../error-log.ts";
import { LatencyHistogram } from "../../latency-histogram.ts";
import { median } from "../../statistics.ts";
import { runJobs } from "../pipeline.ts";
import { closeAll, openTcpSessions } from "../sessions.ts";
import type { ScaleServer } from "../scale-server.ts";
import type { TestTree } from "./test-tree.ts";

export interface LoadedTree {
  readonly server: ScaleServer;
  readonly tree: TestTree;
}

export interface LatencyCase {
  readonly name: string;
  readonly op: "get" | "set";
  readonly sessions: number;
  readonly inFlight: number;
}

export interface LatencyResult {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly opsPerSecond: number;
}

export const latencyCases: readonly LatencyCase[] = [
  { name: "get 1x1", op: "get", sessions: 1, inFlight: 1 },
  { name: "set 1x1", op: "set", sessions: 1, inFlight: 1 },
  { name: "get 8x32", op: "get", sessions: 8, inFlight: 32 },
  { name: "set 8x32", op: "set", sessions: 8, inFlight: 32 },
];

/** The medians of the rounds, after one to warm up, of each tree. */
export async function compareLatency(
  trees: readonly LoadedTree[],
  latencyCase: LatencyCase,
  amount: { readonly rounds: number; readonly seconds: number },
  errors: ErrorLog,
): Promise<LatencyResult[]> {
  const rounds: LatencyResult[][] = [];
  for (let round = 0; round <= amount.rounds; round++) {
    const results: LatencyResult[] = [];
    for (const tree of trees) {
      results.push(await measureOnce(tree, latencyCase, amount.seconds, errors));
    }
    if (round > 0) rounds.push(results);
  }
  return trees.map((_, index) => {
    const results = rounds.map((round) => round[index] as LatencyResult);
    return {
      p50Ms: median(results.map(({ p50Ms }) => p50Ms)),
      p99Ms: median(results.map(({ p99Ms }) => p99Ms)),
      opsPerSecond: median(results.map(({ opsPerSecond }) => opsPerSecond)),
    };
  });
}

async function measureOnce(
  { server, tree }: LoadedTree,
  { op, sessions: count, inFlight }: LatencyCase,
  seconds: number,
  errors: ErrorLog,
): Promise<LatencyResult> {
  const sessions = await openTcpSessions(server.address, count);
  const jobs = sessions.map((_, session) =>
    op === "get" ? tree.getJob(session, count, inFlight) : tree.setJob(session, count, inFlight),
  );
  const latencies = new LatencyHistogram();
  const startedMs = performance.now();
  const endAtMs = startedMs + seconds * 1000;
  const operations = await runJobs(sessions, jobs, { inFlight, errors, latencies, endAtMs });
  const elapsedMs = performance.now() - startedMs;
  await closeAll(sessions);
  return {
    p50Ms: latencies.percentileMs(0.5),
    p99Ms: latencies.percentileMs(0.99),
    opsPerSecond: (operations / elapsedMs) * 1000,
  };
}
