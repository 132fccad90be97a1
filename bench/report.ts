/**
 * The figures of a run as plain data: what `--json` prints and what the tables show.
 */
import type { CostReport } from "./cost/cost-report.ts";
import type { Environment } from "./environment.ts";
import type { RoundsResult, ScenarioResult } from "./rounds.ts";
import type { Measurement } from "./scenario.ts";
import type { ServerName } from "./servers.ts";
import { median } from "./statistics.ts";

/** Of one scenario on one server. All but the extremes are medians over the rounds. */
export interface Summary {
  readonly rounds: number;
  readonly opsPerSecond: number;
  readonly opsPerSecondMin: number;
  readonly opsPerSecondMax: number;
  /** In the order of the rounds. */
  readonly opsPerSecondByRound: readonly number[];
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly generatorBusy: number;
  /** Null when unknown. */
  readonly serverUsPerOp: number | null;
}

export interface ScenarioReport {
  readonly name: string;
  readonly title: string;
  readonly servers: Readonly<Record<string, Summary>>;
  /** Edgekeeper's operations per second by ZooKeeper's; null unless both were measured. */
  readonly ratio: number | null;
  /** Null for a scenario without a goal. */
  readonly goal: number | null;
}

export interface Report {
  readonly environment: Environment;
  readonly rounds: number;
  readonly seconds: number;
  readonly scenarios: readonly ScenarioReport[];
  /** Null when it was not measured; `costSkipped` then says why. */
  readonly cost: CostReport | null;
  readonly costSkipped: string | null;
  readonly failures: readonly string[];
}

export function buildReport(
  run: { readonly rounds: number; readonly seconds: number },
  environment: Environment,
  { results, failures }: RoundsResult,
  cost: CostReport | string,
): Report {
  return {
    environment,
    rounds: run.rounds,
    seconds: run.seconds,
    scenarios: results.map(reportScenario),
    cost: typeof cost === "string" ? null : cost,
    costSkipped: typeof cost === "string" ? cost : null,
    failures,
  };
}

export function reportScenario({ scenario, measured }: ScenarioResult): ScenarioReport {
  const servers: Record<string, Summary> = {};
  for (const [name, measurements] of measured) {
    if (measurements.length > 0) servers[name] = summarize(measurements);
  }
  const { edgekeeper, zookeeper } = servers satisfies { [name in ServerName]?: Summary };
  const ratio = edgekeeper && zookeeper ? edgekeeper.opsPerSecond / zookeeper.opsPerSecond : null;
  const { name, title, goal } = scenario;
  return { name, title, servers, ratio, goal: goal ?? null };
}

function summarize(measurements: readonly Measurement[]): Summary {
  const rates = measurements.map(({ opsPerSecond }) => opsPerSecond);
  const serverUs = measurements.flatMap(({ serverUsPerOp }) => serverUsPerOp ?? []);
  return {
    rounds: measurements.length,
    opsPerSecond: median(rates),
    opsPerSecondMin: Math.min(...rates),
    opsPerSecondMax: Math.max(...rates),
    opsPerSecondByRound: rates,
    p50Ms: median(measurements.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(measurements.map(({ p99Ms }) => p99Ms)),
    generatorBusy: median(measurements.map(({ generatorBusy }) => generatorBusy)),
    serverUsPerOp: serverUs.length > 0 ? median(serverUs) : null,
  };
}
