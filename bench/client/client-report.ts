/**
 * What was measured, and this repository's client on Edgekeeper beside each other library on the real ZooKeeper.
 */
import type { Environment } from "../environment.ts";
import { ratiosOf } from "../report/comparison.ts";
import { formatFigure } from "../report/figure.ts";
import { summarize, type Summary } from "../report/summary.ts";
import type { ScenarioResult } from "../rounds.ts";
import type { Scenario } from "../scenario.ts";
import { median } from "../statistics.ts";
import { formatEnvironment } from "../text-report.ts";
import { formatTable } from "../text-table.ts";
import { libraryNames } from "./client-library.ts";
import { contestantName } from "./contestant.ts";

/** As fast as the others on ZooKeeper. */
const GOAL = 1;

export interface ClientComparison {
  /** Names of contestants. */
  readonly one: string;
  readonly other: string;
  /** The median of the rounds', above 1 when `one` is faster. */
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
  /** Null without one: for what is only of interest. */
  readonly goal: number | null;
}

export interface ClientReport {
  readonly environment: Environment;
  readonly rounds: number;
  readonly seconds: number;
  /** By the contestant's name. `generatorBusy` is the client's own. */
  readonly summaries: Readonly<Record<string, Summary>>;
  readonly comparisons: readonly ClientComparison[];
  readonly notes: readonly string[];
  readonly failures: readonly string[];
}

/** Whom ours is compared with, and whether it has to be as fast. */
export function compareClients(
  { figure }: Pick<Scenario, "figure">,
  summaries: Readonly<Record<string, Summary>>,
): ClientComparison[] {
  const ours = ["edgekeeper", "edgekeeper-ws"].map((server) => contestantName("ours", server));
  return ours.flatMap((one) =>
    libraryNames.flatMap((library) => {
      const other = contestantName(library, "zookeeper");
      const [mine, theirs] = [summaries[one], summaries[other]];
      if (mine === undefined || theirs === undefined) return [];
      const ratios = ratiosOf(figure, mine, theirs).filter((ratio) => ratio !== null);
      if (ratios.length === 0) return [];
      const [ratioMin, ratioMax] = [Math.min(...ratios), Math.max(...ratios)];
      const goal = library === "ours" ? null : GOAL;
      return [{ one, other, ratio: median(ratios), ratioMin, ratioMax, goal }];
    }),
  );
}

export function summarizeContestants({ measured }: ScenarioResult): Record<string, Summary> {
  const summaries: Record<string, Summary> = {};
  for (const [name, byRound] of measured) {
    const summary = summarize(byRound);
    if (summary) summaries[name] = summary;
  }
  return summaries;
}

export function formatClientReport(
  report: ClientReport,
  { scenario: { title, figure } }: ScenarioResult,
): string {
  const { environment, rounds, seconds, summaries, comparisons, notes, failures } = report;
  const measured = Object.entries(summaries).map(([name, summary]) => {
    const { value, valueMin, valueMax, p50Ms, p99Ms, generatorBusy, serverUsPerOp } = summary;
    const [middle, min, max] = [value, valueMin, valueMax].map((one) => formatFigure(figure, one));
    const clientUs = (generatorBusy * 1e6) / value;
    return [
      name,
      `${middle} (${min}-${max})`,
      p50Ms.toFixed(2),
      p99Ms.toFixed(2),
      clientUs.toFixed(0),
      serverUsPerOp?.toFixed(0) ?? "-",
    ];
  });
  const compared = comparisons.map(({ one, other, ratio, ratioMin, ratioMax, goal }) => [
    `${one} : ${other}`,
    `${ratio.toFixed(2)} (${ratioMin.toFixed(2)}-${ratioMax.toFixed(2)})`,
    goal?.toFixed(1) ?? "-",
    goal === null ? "" : ratio >= goal ? "reached" : "NOT REACHED",
  ]);
  const parts = [
    formatEnvironment(environment),
    `A lock: ${title}, one client in a process of its own. Medians of ${rounds} rounds of ${seconds} s after one to ` +
      `warm up, in turns; from least to most in parentheses.`,
    formatTable(["", figure.unit, "p50 ms", "p99 ms", "client us", "server us"], measured),
    formatTable(["", "ratio", "goal", ""], compared),
    ...notes,
    failures.length === 0
      ? "No errors: every lock was held, with a number above the last one's, and left nothing behind."
      : `FAILED:\n${failures.map((failure) => `  ${failure}`).join("\n")}`,
  ];
  return `${parts.join("\n\n")}\n`;
}
