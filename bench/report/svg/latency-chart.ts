/**
 * The latency that all but one in a hundred requests keep below, server by server.
 */
import type { ScenarioReport } from "../../report.ts";
import { Scale } from "./scale.ts";
import {
  BARS_AT,
  document,
  element,
  type Heading,
  label,
  palette,
  ROWS_AT,
} from "./svg-document.ts";

const BAR_HEIGHT = 14;
const BAR_GAP = 3;
const ROW_GAP = 14;
const BELOW = 62;

const bars = [
  { server: "edgekeeper", name: "Edgekeeper", fill: palette.good },
  { server: "edgekeeper-ws", name: "Edgekeeper over WebSocket", fill: palette.second },
  { server: "zookeeper", name: "ZooKeeper", fill: palette.faint },
] as const;

/** Undefined when there is nothing to show. */
export function latencyChart(
  heading: Heading,
  scenarios: readonly ScenarioReport[],
): string | undefined {
  const rows = scenarios.filter(({ comparisons }) =>
    comparisons.some(({ p99Passed }) => p99Passed !== null),
  );
  if (rows.length === 0) return undefined;
  const shown = bars.filter(({ server }) => rows.some(({ servers }) => servers[server]));
  const scale = new Scale(
    Math.max(
      ...rows.flatMap(({ servers }) => shown.map(({ server }) => servers[server]?.p99Ms ?? 0)),
    ),
  );
  const rowHeight = shown.length * (BAR_HEIGHT + BAR_GAP) + ROW_GAP;
  const bottom = ROWS_AT + rows.length * rowHeight;
  const drawRow = ({ title, servers }: ScenarioReport, index: number): string => {
    const top = ROWS_AT + index * rowHeight + ROW_GAP / 2;
    const middle = top + (rowHeight - ROW_GAP) / 2;
    const drawn = shown.map(({ server, fill }, bar) => {
      const p99Ms = servers[server]?.p99Ms;
      return p99Ms === undefined
        ? ""
        : drawBar(p99Ms, fill, scale, top + bar * (BAR_HEIGHT + BAR_GAP));
    });
    return [label(BARS_AT - 10, middle + 4, title, { "text-anchor": "end" }), ...drawn].join("");
  };
  const legend = shown.map(({ name, fill }, index) => {
    const x = 16 + index * 220;
    const square = { x, y: bottom + 32, width: 12, height: 12, rx: 2, fill };
    return element("rect", square) + label(x + 18, bottom + 42, name);
  });
  const parts = [...scale.grid(ROWS_AT - 4, bottom, " ms"), ...rows.map(drawRow), ...legend];
  return document(heading, bottom + BELOW, parts);
}

function drawBar(p99Ms: number, fill: string, scale: Scale, y: number): string {
  const width = scale.x(p99Ms) - BARS_AT;
  return [
    element("rect", { x: BARS_AT, y, width, height: BAR_HEIGHT, rx: 2, fill }),
    label(scale.x(p99Ms) + 8, y + 11, `${p99Ms.toFixed(1)} ms`, { "font-size": 11 }),
  ].join("");
}
