/**
 * One server beside another one in one scenario: the ratio of every round, since what the machine does meanwhile meets
 * both of them, and what is asked of it.
 */
import type { Figure, Scenario } from "../scenario.ts";
import { median } from "../statistics.ts";
import type { Summary } from "./summary.ts";

export interface Comparison {
  readonly server: string;
  readonly to: string;
  /** Above 1 when `server` is the better one, whatever the figure. The median of the rounds'. */
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
  /** Null for a round in which one of the two failed. */
  readonly ratioByRound: readonly (number | null)[];
  /** Null without one. */
  readonly goal: number | null;
  readonly reached: boolean | null;
  /** Whether p99 is not above that of `to`; null where that is not asked for. */
  readonly p99Passed: boolean | null;
}

/** Which servers are compared. The goals are for both ways to Edgekeeper. */
const pairs = [
  { server: "edgekeeper", to: "zookeeper" },
  { server: "edgekeeper", to: "echo" },
  { server: "edgekeeper", to: "etcd" },
  { server: "edgekeeper-ws", to: "zookeeper" },
] as const;

export function compareServers(
  scenario: Scenario,
  summaries: Readonly<Record<string, Summary>>,
): Comparison[] {
  return pairs.flatMap(({ server, to }) => {
    const [ours, theirs] = [summaries[server], summaries[to]];
    if (ours === undefined || theirs === undefined) return [];
    const ratioByRound = ratiosOf(scenario.figure, ours, theirs);
    const ratios = ratioByRound.filter((ratio) => ratio !== null);
    if (ratios.length === 0) return [];
    const ratio = median(ratios);
    const goal = to === "etcd" ? null : (scenario.goals[to] ?? null);
    const p99Passed = to === "zookeeper" && scenario.limitsP99 ? ours.p99Ms <= theirs.p99Ms : null;
    return {
      server,
      to,
      ratio,
      ratioMin: Math.min(...ratios),
      ratioMax: Math.max(...ratios),
      ratioByRound,
      goal,
      reached: goal === null ? null : ratio >= goal,
      p99Passed,
    };
  });
}

/** Of each round: above 1 when `ours` is the better one. */
export function ratiosOf({ better }: Figure, ours: Summary, theirs: Summary): (number | null)[] {
  return ours.valueByRound.map((value, round) => {
    const other = theirs.valueByRound[round] ?? null;
    if (value === null || other === null) return null;
    return better === "higher" ? value / other : other / value;
  });
}
