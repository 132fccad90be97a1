/**
 * Ratios as bars: how much the rounds differ as whiskers, what is to be reached as a mark.
 */
import type { ScenarioReport } from "../../report.ts";
import type { Comparison } from "../comparison.ts";
import { Scale } from "./scale.ts";
import {
  BARS_AT,
  document,
  element,
  type Heading,
  label,
  line,
  palette,
  ROWS_AT,
} from "./svg-document.ts";

const ROW_HEIGHT = 28;
const BAR_HEIGHT = 16;
const VALUE_GAP = 10;
const VALUE_WIDTH = 40;
/** For the numbers below the bars, and for the legend below them. */
const BELOW = 62;

/** Undefined when there is nothing to show. */
export function ratioChart(
  heading: Heading,
  scenarios: readonly ScenarioReport[],
  server: string,
  to: string,
): string | undefined {
  const rows = scenarios.flatMap(({ title, comparisons }) => {
    const comparison = comparisons.find((one) => one.server === server && one.to === to);
    return comparison ? [{ title, comparison }] : [];
  });
  if (rows.length === 0) return undefined;
  const ends = rows.flatMap(({ comparison }) => [comparison.ratioMax, comparison.goal ?? 1]);
  const scale = new Scale(Math.max(...ends));
  const bottom = ROWS_AT + rows.length * ROW_HEIGHT;
  const parts = [
    ...scale.grid(ROWS_AT - 4, bottom, "×"),
    ...rows.map(({ title, comparison }, index) =>
      drawRow(title, comparison, scale, ROWS_AT + index * ROW_HEIGHT),
    ),
    line(scale.x(1), ROWS_AT - 4, scale.x(1), bottom, { "stroke-dasharray": "4 3" }),
    ...drawLegend(bottom + 42),
  ];
  return document(heading, bottom + BELOW, parts);
}

function drawRow(title: string, comparison: Comparison, scale: Scale, top: number): string {
  const { ratio, ratioMin, ratioMax, goal, reached } = comparison;
  const middle = top + ROW_HEIGHT / 2;
  const [y, height] = [middle - BAR_HEIGHT / 2, BAR_HEIGHT];
  const fill = reached === null ? palette.other : reached ? palette.good : palette.bad;
  const whisker = [scale.x(ratioMin), scale.x(ratioMax)] as const;
  const free = Math.max(whisker[1], goal === null ? 0 : scale.x(goal)) + VALUE_GAP;
  const isCrossed = free < scale.x(1) && free + VALUE_WIDTH > scale.x(1);
  const valueAt = isCrossed ? scale.x(1) + VALUE_GAP : free;
  return [
    label(BARS_AT - 10, middle + 4, title, { "text-anchor": "end" }),
    element("rect", { x: BARS_AT, y, width: scale.x(ratio) - BARS_AT, height, rx: 2, fill }),
    line(whisker[0], middle, whisker[1], middle, { "stroke-width": 1.5 }),
    ...whisker.map((x) => line(x, middle - 4, x, middle + 4, { "stroke-width": 1.5 })),
    ...(goal === null ? [] : [drawGoal(scale.x(goal), middle)]),
    label(valueAt, middle + 4, `${ratio.toFixed(2)}×`, { "font-weight": 600 }),
  ].join("");
}

function drawGoal(x: number, middle: number): string {
  return line(x, middle - 11, x, middle + 11, { stroke: palette.goal, "stroke-width": 3 });
}

function drawLegend(y: number): string[] {
  const square = (x: number, fill: string): string =>
    element("rect", { x, y: y - 10, width: 12, height: 12, rx: 2, fill });
  return [
    square(16, palette.good),
    label(34, y, "goal reached"),
    square(130, palette.bad),
    label(148, y, "not reached"),
    square(238, palette.other),
    label(256, y, "no goal"),
    drawGoal(326, y - 4),
    label(336, y, "goal"),
    line(386, y - 4, 412, y - 4, { "stroke-width": 1.5 }),
    line(386, y - 8, 386, y, { "stroke-width": 1.5 }),
    line(412, y - 8, 412, y, { "stroke-width": 1.5 }),
    label(420, y, "from the worst to the best round"),
  ];
}
