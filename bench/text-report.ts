/**
 * The report as tables for a terminal.
 */
import { formatCost } from "./cost/cost-tables.ts";
import type { Environment } from "./environment.ts";
import { formatFigure } from "./report/figure.ts";
import { formatComparisons } from "./report/comparison-tables.ts";
import { GENERATOR_BUSY_MAX, type Report, type ScenarioReport } from "./report.ts";
import { formatTable } from "./text-table.ts";

const NOTHING = "-";

export function formatReport(report: Report): string {
  const { rounds, seconds, environment, scenarios, failures } = report;
  const parts = [formatEnvironment(environment)];
  if (scenarios.length > 0) {
    parts.push(
      `Medians of ${rounds} rounds of ${seconds} s after one to warm up, servers in turn; from least to most in ` +
        `parentheses. A ratio is the median of the rounds' ratios, above 1 where Edgekeeper is the better one.`,
      ...formatComparisons(scenarios),
      `Each server, with latencies and processor time (medians of the same rounds):\n${formatCosts(scenarios)}`,
    );
  }
  parts.push(...report.notes);
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
      `zookeeper ${environment.zookeeper}, java ${environment.java}, etcd ${environment.etcd}`,
  ].join("\n");
}

function formatCosts(scenarios: readonly ScenarioReport[]): string {
  const header = ["", "server", "", "", "p50 ms", "p99 ms", "server us/op", "generator busy", ""];
  const rows = scenarios.flatMap(({ title, figure, servers }) =>
    Object.entries(servers).map(([name, summary]) => [
      title,
      name,
      formatFigure(figure, summary.value),
      figure.unit,
      summary.p50Ms.toFixed(2),
      summary.p99Ms.toFixed(2),
      summary.serverUsPerOp?.toFixed(0) ?? NOTHING,
      `${(summary.generatorBusy * 100).toFixed(0)}%`,
      summary.generatorBusy > GENERATOR_BUSY_MAX ? "GENERATOR-BOUND" : "",
    ]),
  );
  return formatTable(header, rows);
}
