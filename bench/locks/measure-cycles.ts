/**
 * Cycles of one contestant for a while, so many at a time, each of a lock of its own.
 */
import { LatencyHistogram } from "../latency-histogram.ts";
import { processorSeconds } from "../process-usage.ts";
import type { LockContestant } from "./contestants.ts";

export interface CycleRate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Share of the time that this process was computing: near 1, it is what limits. */
  readonly clientBusy: number;
  /** Processor time of the server for each; NaN when unknown. */
  readonly serverMs: number;
}

export async function measureCycles(
  contestant: LockContestant,
  concurrency: number,
  seconds: number,
): Promise<CycleRate> {
  const latencies = new LatencyHistogram();
  const before = process.cpuUsage();
  const serverBefore = await serverSeconds(contestant);
  const startedMs = performance.now();
  const endAtMs = startedMs + seconds * 1_000;
  let cycles = 0;
  const cycle = async (lock: string): Promise<void> => {
    let nowMs = performance.now();
    while (nowMs < endAtMs) {
      await contestant.cycle(lock);
      const doneMs = performance.now();
      latencies.record(doneMs - nowMs);
      nowMs = doneMs;
      cycles += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, (_, i) => cycle(`lock-${i}`)));
  const elapsedMs = performance.now() - startedMs;
  const serverAfter = await serverSeconds(contestant);
  const { user, system } = process.cpuUsage(before);
  return {
    perSecond: (cycles / elapsedMs) * 1_000,
    p50Ms: latencies.percentileMs(0.5),
    p99Ms: latencies.percentileMs(0.99),
    clientBusy: (user + system) / 1_000 / elapsedMs,
    serverMs: ((serverAfter - serverBefore) * 1_000) / cycles,
  };
}

async function serverSeconds({ pid }: LockContestant): Promise<number> {
  return (pid === undefined ? undefined : await processorSeconds(pid)) ?? Number.NaN;
}
