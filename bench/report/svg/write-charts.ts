/**
 * The report as plots, for documents.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Report } from "../../report.ts";
import { latencyChart } from "./latency-chart.ts";
import { ratioChart } from "./ratio-chart.ts";

/** Writes those for which something was measured, and returns their names. */
export async function writeCharts(report: Report, folder: string): Promise<string[]> {
  const { environment, rounds, seconds, scenarios } = report;
  const subtitle = [
    `${environment.date.slice(0, 10)}, commit ${environment.commit}`,
    `${environment.cpu}, ${environment.cores} cores`,
    `median of ${rounds} ${rounds === 1 ? "round" : "rounds"} of ${seconds} s`,
  ].join(" · ");
  const against = `ZooKeeper ${environment.zookeeper}`;
  const charts = {
    "throughput.svg": ratioChart(
      { title: `Edgekeeper over TCP, ratio to ${against}`, subtitle },
      scenarios,
      "edgekeeper",
      "zookeeper",
    ),
    "p99.svg": latencyChart(
      { title: "p99 latency with many requests in flight", subtitle },
      scenarios,
    ),
    "websocket.svg": ratioChart(
      { title: `Edgekeeper over WebSocket, ratio to ${against}`, subtitle },
      scenarios,
      "edgekeeper-ws",
      "zookeeper",
    ),
  };
  await mkdir(folder, { recursive: true });
  const written: string[] = [];
  for (const [name, chart] of Object.entries(charts)) {
    if (chart === undefined) continue;
    await writeFile(join(folder, name), chart);
    written.push(name);
  }
  return written;
}
