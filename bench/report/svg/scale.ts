import { BARS_AT, BARS_END, label, line, palette } from "./svg-document.ts";

const TICKS_MIN = 4;
const STEPS = [5, 2, 1];

/** A scale from 0 to a round number that is not below `max`. */
export class Scale {
  readonly #step: number;
  readonly #end: number;

  constructor(max: number) {
    const magnitude = 10 ** Math.floor(Math.log10(max));
    const factor = STEPS.find((step) => max / (step * magnitude) >= TICKS_MIN);
    this.#step = magnitude * (factor ?? 0.5);
    if (max / this.#step < TICKS_MIN) this.#step = magnitude / 5;
    this.#end = Math.ceil(max / this.#step) * this.#step;
  }

  /** Where the value is, from left to right. */
  x(value: number): number {
    return BARS_AT + (value / this.#end) * (BARS_END - BARS_AT);
  }

  /** Faint lines at round numbers, with the numbers below. */
  grid(top: number, bottom: number, unit: string): string[] {
    const count = Math.round(this.#end / this.#step);
    return Array.from({ length: count + 1 }, (_, index) => {
      const value = Number((index * this.#step).toPrecision(12));
      const x = this.x(value);
      const attributes = { "text-anchor": "middle", "font-size": 11 };
      return [
        line(x, top, x, bottom, { stroke: palette.faint, "stroke-opacity": 0.3 }),
        label(x, bottom + 16, `${value}${unit}`, attributes),
      ].join("");
    });
  }
}
