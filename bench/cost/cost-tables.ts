/**
 * What operations cost, as tables for a terminal.
 */
import { formatTable } from "../text-table.ts";
import { isOver } from "./budgets.ts";
import type { CostReport } from "./cost-report.ts";
import type { IdleHour } from "./idle-hour.ts";
import type { IdleWindow } from "./idle-window.ts";
import type { CostResult } from "./measure-cost.ts";
import type { OperationCost } from "./operation-cost.ts";
import { AWAKE_MONTH_DOLLARS } from "./prices.ts";

const NOTHING = "-";

export function formatCost(report: CostReport): string {
  const over = (name: string): CostResult[] =>
    report.operations.filter(({ transport }) => transport === name);
  const [webSocket, tcp] = [over("websocket"), over("tcp")];
  const seconds = report.idleTimeoutMs / 1000;
  return [
    "Cost at Cloudflare's prices, past what is included. Rows written, rows read and requests per operation; requests as",
    "billed, to the object and to the Worker in front of it; ms that the object runs, at most; dollars per million operations.",
    `\nOver a WebSocket, one at a time:\n${formatOperations(webSocket, ({ single }) => single)}`,
    `\nOver a WebSocket, up to 200 at once:\n${formatOperations(webSocket, ({ batch }) => batch)}`,
    `\nOver TCP, which only a server of your own has, so that no request is billed (its object never sleeps; on`,
    `Cloudflare that alone would be $${AWAKE_MONTH_DOLLARS.toFixed(2)} a month):\n${formatTCP(tcp)}`,
    `\nAn hour of idle sessions with a timeout of ${seconds} s, extrapolated; dollars per million hours of a session, and per`,
    `month of the object:\n${formatIdle(report.idleHours)}`,
    ...report.idleWindows.map(formatWake),
  ].join("\n");
}

function formatOperations(
  results: readonly CostResult[],
  costOf: (result: CostResult) => OperationCost | undefined,
): string {
  const header = ["", "written", "read", "requests", "Worker", "ms", "$/million", "budget", ""];
  const rows = results.flatMap((result) => {
    const cost = costOf(result);
    if (cost === undefined) return [];
    return [
      [
        result.title,
        cost.rowsWritten.toFixed(2),
        cost.rowsRead.toFixed(2),
        cost.objectRequests.toFixed(4),
        cost.workerRequests.toFixed(0),
        (cost.activeSeconds * 1000).toFixed(2),
        cost.dollarsPerMillion.toFixed(3),
        ...formatBudget(result, cost),
      ],
    ];
  });
  return formatTable(header, rows);
}

function formatTCP(results: readonly CostResult[]): string {
  const header = ["", "written", "read", "ms", "at once: written", "read", "ms"];
  const rows = results.map(({ title, single, batch }) => [
    title,
    ...formatRows(single),
    ...formatRows(batch),
  ]);
  return formatTable(header, rows);
}

function formatRows(cost: OperationCost | undefined): string[] {
  if (cost === undefined) return [NOTHING, NOTHING, NOTHING];
  const { rowsWritten, rowsRead, activeSeconds } = cost;
  return [rowsWritten.toFixed(2), rowsRead.toFixed(2), (activeSeconds * 1000).toFixed(2)];
}

function formatBudget(result: CostResult, cost: OperationCost): string[] {
  const { budget, single } = result;
  if (budget === undefined) return [NOTHING, ""];
  const most = cost === single ? budget.single : budget.batch;
  return [most.toString(), isOver(cost.rowsWritten, most) ? "OVER" : "ok"];
}

function formatIdle(hours: readonly IdleHour[]): string {
  const header = ["", "sessions", "alarms set", "read", "requests", "s", "$/million", "$/month"];
  const rows = hours.map(({ title, sessions, usage, ...dollars }) => [
    title,
    whole(sessions),
    whole(usage.alarmsSet),
    whole(usage.rowsRead),
    whole(usage.objectRequests),
    usage.activeSeconds.toFixed(1),
    dollars.dollarsPerMillionSessionHours.toFixed(2),
    dollars.dollarsPerMonth.toFixed(2),
  ]);
  return formatTable(header, rows);
}

function formatWake({ sessions, wake }: IdleWindow): string {
  const whose = `${whole(sessions)} session${sessions === 1 ? "" : "s"}`;
  if (wake === undefined) return `  The object of ${whose} did not hibernate.`;
  const { rowsRead, activeSeconds } = wake;
  const ms = (activeSeconds * 1000).toFixed(0);
  return `  Waking the object of ${whose} reads ${whole(rowsRead)} rows and takes ${ms} ms.`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
