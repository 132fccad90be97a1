import type { Measurement } from "../scenario.ts";
import { median } from "../statistics.ts";

/** Of one scenario on one server. All but the extremes are medians over the rounds. */
export interface Summary {
  readonly rounds: number;
  /** In the unit of the scenario's figure, as the next three. */
  readonly value: number;
  readonly valueMin: number;
  readonly valueMax: number;
  /** Null for a round in which something went wrong. */
  readonly valueByRound: readonly (number | null)[];
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly generatorBusy: number;
  /** Null when unknown. */
  readonly serverUsPerOp: number | null;
}

/** Undefined without a single measurement. */
export function summarize(byRound: readonly (Measurement | undefined)[]): Summary | undefined {
  const measurements = byRound.filter((measurement) => measurement !== undefined);
  if (measurements.length === 0) return undefined;
  const values = measurements.map(({ value }) => value);
  const serverUs = measurements.flatMap(({ serverUsPerOp }) => serverUsPerOp ?? []);
  return {
    rounds: measurements.length,
    value: median(values),
    valueMin: Math.min(...values),
    valueMax: Math.max(...values),
    valueByRound: byRound.map((measurement) => measurement?.value ?? null),
    p50Ms: median(measurements.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(measurements.map(({ p99Ms }) => p99Ms)),
    generatorBusy: median(measurements.map(({ generatorBusy }) => generatorBusy)),
    serverUsPerOp: serverUs.length > 0 ? median(serverUs) : null,
  };
}
