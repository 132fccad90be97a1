/**
 * The figures of a run as plain data: what `--json` prints and what the tables show.
 */
import type { CostReport } from "./cost/cost-report.ts";
import type { Environment } from "./environment.ts";
import type { RoundsResult, ScenarioResult } from "./rounds.ts";
import { type Comparison, compareServers } from "./report/comparison.ts";
import { summarize, type Summary } from "./report/summary.ts";
import type { Figure } from "./scenario.ts";

/** A generator that is busier than this may be what limits the figure. */
export const GENERATOR_BUSY_MAX = 0.85;

export interface ScenarioReport {
  readonly name: string;
  readonly title: string;
  readonly figure: Figure;
  /** By name: those that the scenario was measured on. */
  readonly servers: Readonly<Record<string, Summary>>;
  readonly comparisons: readonly Comparison[];
  /** The servers whose figure may be the generator's own limit. */
  readonly generatorBound: readonly string[];
}

export interface Report {
  readonly environment: Environment;
  readonly rounds: number;
  readonly seconds: number;
  readonly scenarios: readonly ScenarioReport[];
  /** Null when it was not measured; `costSkipped` then says why. */
  readonly cost: CostReport | null;
  readonly costSkipped: string | null;
  /** What a reader must know beside the figures: a server that was left out, say. */
  readonly notes: readonly string[];
  readonly failures: readonly string[];
}

export function buildReport(
  run: { readonly rounds: number; readonly seconds: number; readonly notes: readonly string[] },
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
    notes: run.notes,
    failures,
  };
}

export function reportScenario({ scenario, measured }: ScenarioResult): ScenarioReport {
  const servers: Record<string, Summary> = {};
  for (const [name, byRound] of measured) {
    const summary = summarize(byRound);
    if (summary) servers[name] = summary;
  }
  const busy = Object.entries(servers).filter(
    ([, { generatorBusy }]) => generatorBusy > GENERATOR_BUSY_MAX,
  );
  return {
    name: scenario.name,
    title: scenario.title,
    figure: scenario.figure,
    servers,
    comparisons: compareServers(scenario, servers),
    generatorBound: busy.map(([name]) => name),
  };
}
