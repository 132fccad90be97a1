/**
 * The comparisons as tables for a terminal: one for each server that Edgekeeper is beside, and one for its WebSockets.
 */
import type { ScenarioReport } from "../report.ts";
import type { Figure } from "../scenario.ts";
import { formatTable } from "../text-table.ts";
import type { Comparison } from "./comparison.ts";
import { formatFigure } from "./figure.ts";
import type { Summary } from "./summary.ts";

/** What was not measured, or is not asked for. */
const NOTHING = "—";

const titles = [
  { server: "edgekeeper", to: "zookeeper", title: "Edgekeeper beside ZooKeeper" },
  { server: "edgekeeper-ws", to: "zookeeper", title: "Edgekeeper's WebSockets beside ZooKeeper" },
  {
    server: "edgekeeper",
    to: "echo",
    title: "Edgekeeper beside a workerd that sends back what it reads",
  },
  {
    server: "edgekeeper",
    to: "etcd",
    title: "Edgekeeper beside etcd, whose generator is another one",
  },
] as const;

export function formatComparisons(scenarios: readonly ScenarioReport[]): string[] {
  return titles.flatMap(({ server, to, title }) => {
    const rows = scenarios
      .filter(({ servers }) => servers[server] !== undefined && (to === "etcd" || servers[to]))
      .map((scenario) => formatRow(scenario, server, to));
    const measured = scenarios.some(({ servers }) => servers[to] !== undefined);
    if (rows.length === 0 || !measured) return [];
    const header = [
      "connections x in flight",
      "",
      server,
      to,
      "ratio",
      "goal",
      "",
      `p99 ${server}`,
    ];
    const table = formatTable([...header, `p99 ${to}`, ""], rows);
    return [`${title}:`, table, ...footnotes(scenarios, server, to)].join("\n");
  });
}

function footnotes(scenarios: readonly ScenarioReport[], server: string, to: string): string[] {
  const notes: string[] = [];
  if (
    scenarios.some(({ generatorBound }) => [server, to].some((n) => generatorBound.includes(n)))
  ) {
    notes.push("  * The generator was busy most of the time: the server may be able to do more.");
  }
  if (to === "etcd") {
    const busy = scenarios.flatMap(({ servers }) => servers[to]?.generatorBusy ?? []);
    const [least, most] = [Math.min(...busy), Math.max(...busy)].map((n) => Math.round(n * 100));
    notes.push(
      "  etcd is loaded by another client, which makes gRPC calls, each a stream of HTTP/2; " +
        `it was ${least} to ${most}% busy.`,
    );
  }
  return notes;
}

function formatRow(scenario: ScenarioReport, server: string, to: string): string[] {
  const { title, figure, servers, comparisons, generatorBound } = scenario;
  const comparison = comparisons.find((one) => one.server === server && one.to === to);
  const [ours, theirs] = [servers[server], servers[to]];
  const mark = (name: string): string => (generatorBound.includes(name) ? "*" : "");
  return [
    title,
    figure.unit,
    formatSummary(figure, ours) + mark(server),
    formatSummary(figure, theirs) + mark(to),
    formatRatio(comparison),
    comparison?.goal?.toFixed(1) ?? NOTHING,
    verdict(comparison?.reached, "reached", "NOT REACHED"),
    ours?.p99Ms.toFixed(2) ?? NOTHING,
    theirs?.p99Ms.toFixed(2) ?? NOTHING,
    verdict(comparison?.p99Passed, "pass", "FAIL"),
  ];
}

function formatSummary(figure: Figure, summary: Summary | undefined): string {
  if (summary === undefined) return NOTHING;
  const [value, min, max] = [summary.value, summary.valueMin, summary.valueMax].map((number) =>
    formatFigure(figure, number),
  );
  return summary.rounds > 1 ? `${value} (${min}-${max})` : `${value}`;
}

function formatRatio(comparison: Comparison | undefined): string {
  if (comparison === undefined) return NOTHING;
  const { ratio, ratioMin, ratioMax, ratioByRound } = comparison;
  if (ratioByRound.length === 1) return ratio.toFixed(2);
  return `${ratio.toFixed(2)} (${ratioMin.toFixed(2)}-${ratioMax.toFixed(2)})`;
}

function verdict(passed: boolean | null | undefined, yes: string, no: string): string {
  if (passed === null || passed === undefined) return "";
  return passed ? yes : no;
}
