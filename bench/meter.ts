/**
 * The clock and the processor time around a piece of work, of the generator and of the server.
 */
import type { ErrorLog } from "./error-log.ts";
import type { LatencyHistogram } from "./latency-histogram.ts";
import { processorSeconds } from "./process-usage.ts";
import type { Measurement } from "./scenario.ts";
import type { Server } from "./servers.ts";

export interface Metered<Result> {
  readonly result: Result;
  readonly elapsedMs: number;
  /** Share of the time that the generator's own thread was computing. */
  readonly generatorBusy: number;
  /** Undefined when unknown. */
  readonly serverSeconds: number | undefined;
}

/** The same clocks for work that comes in pieces, of which not everything between them counts. */
export class Stopwatch {
  elapsedMs = 0;
  #busyMs = 0;

  /** Adds this piece, and returns how long it took. */
  async time(work: () => Promise<unknown>): Promise<number> {
    const cpu = process.threadCpuUsage();
    const startedMs = performance.now();
    await work();
    const elapsedMs = performance.now() - startedMs;
    const { user, system } = process.threadCpuUsage(cpu);
    this.elapsedMs += elapsedMs;
    this.#busyMs += (user + system) / 1000;
    return elapsedMs;
  }

  get generatorBusy(): number {
    return this.#busyMs / this.elapsedMs;
  }
}

/** Where what happens to the requests of a run is counted. */
export interface Sink {
  readonly latencies: LatencyHistogram;
  readonly errors: ErrorLog;
}

export async function meter<Result>(
  server: Server,
  work: () => Promise<Result>,
): Promise<Metered<Result>> {
  const { pid } = server;
  const before = pid === undefined ? undefined : await processorSeconds(pid);
  const cpu = process.threadCpuUsage();
  const startedMs = performance.now();
  const result = await work();
  const elapsedMs = performance.now() - startedMs;
  const { user, system } = process.threadCpuUsage(cpu);
  const after = pid === undefined ? undefined : await processorSeconds(pid);
  return {
    result,
    elapsedMs,
    generatorBusy: (user + system) / 1000 / elapsedMs,
    serverSeconds: before === undefined || after === undefined ? undefined : after - before,
  };
}

/** What metered work measured; its figure is the rate of operations unless `value` says otherwise. */
export function measurementOf(
  metered: Pick<Metered<unknown>, "elapsedMs" | "generatorBusy" | "serverSeconds">,
  operations: number,
  { latencies, errors }: Sink,
  value: number = (operations / metered.elapsedMs) * 1000,
): Measurement {
  if (operations === 0) errors.add("not one operation was answered");
  const { serverSeconds, generatorBusy } = metered;
  return {
    operations,
    value,
    p50Ms: latencies.percentileMs(0.5),
    p99Ms: latencies.percentileMs(0.99),
    generatorBusy,
    serverUsPerOp: serverSeconds === undefined ? undefined : (serverSeconds * 1e6) / operations,
    errors,
  };
}
