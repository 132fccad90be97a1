/**
 * The report as tables for a terminal.
 */
import { formatCost } from "./cost/cost-tables.ts";
import type { Environment } from "./environment.ts";
import type { Report, ScenarioReport, Summary } from "./report.ts";
import { formatTable } from "./text-table.ts";

const NOTHING = "-";

export function formatReport(report: Report): string {
  const { rounds, seconds, environment, scenarios, failures } = report;
  const parts = [formatEnvironment(environment)];
  if (scenarios.length > 0) {
    const how = `median of ${rounds} rounds of ${seconds} s after one to warm up, servers in turn`;
    parts.push(`Operations per second (${how}):\n${formatRates(scenarios)}`);
    parts.push(
      `Latency and processor time (medians of the same rounds):\n${formatCosts(scenarios)}`,
    );
  }
  if (report.cost) parts.push(formatCost(report.cost));
  if (report.costSkipped) parts.push(`Cost: ${report.costSkipped}`);
  parts.push(
    failures.length === 0
      ? "No errors; everything written was read back."
      : `FAILED:\n${failures.map((failure) => `  ${failure}`).join("\n")}`,
  );
  return `${parts.join("\n\n")}\n`;
}

export function formatEnvironment(environment: Environment): string {
  const { date, commit, cpu, cores, memoryGiB, system, fsyncMs } = environment;
  return [
    `${date}, commit ${commit}`,
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, fsync ${fsyncMs.toFixed(2)} ms`,
    `node ${environment.node}, workerd ${environment.workerd}, ` +
      `zookeeper ${environment.zookeeper}, java ${environment.java}`,
  ].join("\n");
}

function formatRates(scenarios: readonly ScenarioReport[]): string {
  const header = ["connections x in flight", "edgekeeper", "zookeeper", "ratio", "goal", ""];
  const rows = scenarios.map(({ title, servers, ratio, goal }) => [
    title,
    formatRate(servers["edgekeeper"]),
    formatRate(servers["zookeeper"]),
    ratio === null ? NOTHING : ratio.toFixed(2),
    goal === null ? NOTHING : goal.toFixed(1),
    ratio === null || goal === null ? "" : ratio >= goal ? "ok" : "BELOW",
  ]);
  return formatTable(header, rows);
}

function formatRate(summary: Summary | undefined): string {
  if (summary === undefined) return NOTHING;
  const { opsPerSecond, opsPerSecondMin, opsPerSecondMax } = summary;
  return `${whole(opsPerSecond)} (${whole(opsPerSecondMin)}-${whole(opsPerSecondMax)})`;
}

function formatCosts(scenarios: readonly ScenarioReport[]): string {
  const header = ["", "server", "p50 ms", "p99 ms", "server us/op", "generator busy"];
  const rows = scenarios.flatMap(({ title, servers }) =>
    Object.entries(servers).map(([name, summary]) => [
      title,
      name,
      summary.p50Ms.toFixed(2),
      summary.p99Ms.toFixed(2),
      summary.serverUsPerOp?.toFixed(0) ?? NOTHING,
      `${(summary.generatorBusy * 100).toFixed(0)}%`,
    ]),
  );
  return formatTable(header, rows);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
