/**
 * The report as tables for a terminal.
 */
import type { Environment } from "../environment.ts";
import type { ErrorLog } from "../error-log.ts";
import type { ServerName } from "./server-name.ts";
import { formatEnvironment } from "../text-report.ts";
import { formatTable } from "../text-table.ts";
import type { PartReport, Value } from "./scale-part.ts";

export function formatScaleReport(
  environment: Environment,
  servers: readonly ServerName[],
  reports: readonly PartReport[],
  errors: ErrorLog,
): string {
  const parts = reports.map((report) => formatPart(report, servers));
  const outcome =
    errors.count === 0
      ? "No errors: every reply was what it had to be."
      : `FAILED, ${errors.count} errors, such as:\n${errors.examples.map((text) => `  ${text}`).join("\n")}`;
  return `${[formatEnvironment(environment), ...parts, outcome].join("\n\n")}\n`;
}

function formatPart(report: PartReport, servers: readonly ServerName[]): string {
  const rows = report.measurements.map(({ what, values }) => [
    what,
    ...servers.map((server) => formatValue(values[server])),
  ]);
  const goals = report.goals.map(
    ({ what, holds, measured }) => `  ${holds ? "holds " : "MISSED"}  ${what}: ${measured}`,
  );
  const notes = report.notes.map((note) => `  (${note})`);
  return [
    `${report.name}: ${report.title}`,
    formatTable(["", ...servers], rows),
    ...goals,
    ...notes,
  ].join("\n");
}

function formatValue(value: Value | undefined): string {
  if (value === undefined) return "-";
  if (typeof value === "string") return value;
  return Number.isInteger(value) || Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString("en-US")
    : value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}
