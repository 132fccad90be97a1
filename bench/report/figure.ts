import type { Figure } from "../scenario.ts";

export function formatFigure({ digits }: Figure, value: number): string {
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
