/**
 * One part of the scale benchmark: what it is given, and what it says in the end.
 */
import type { ErrorLog } from "../error-log.ts";
import type { ServerName } from "./server-name.ts";
import type { ScaleSizes } from "./scale-options.ts";

export interface PartContext {
  readonly servers: readonly ServerName[];
  readonly sizes: ScaleSizes;
  readonly onProgress: (line: string) => void;
  /** What was answered wrongly. Anything in here fails the run. */
  readonly errors: ErrorLog;
}

/** A measurement: a text where a number alone would not say it. */
export type Value = number | string;

export interface Measurement {
  readonly what: string;
  readonly values: { readonly [server in ServerName]?: Value };
}

export interface Goal {
  readonly what: string;
  readonly holds: boolean;
  /** The figure that decided. */
  readonly measured: string;
}

export interface PartReport {
  readonly name: string;
  readonly title: string;
  readonly measurements: readonly Measurement[];
  readonly goals: readonly Goal[];
  /** What a reader must know of how it was measured. */
  readonly notes: readonly string[];
}

export interface ScalePart {
  readonly name: string;
  run(context: PartContext): Promise<PartReport>;
}

/** Gathers a part's report line by line. */
export class ReportBuilder {
  readonly #measurements = new Map<string, { [server in ServerName]?: Value }>();
  readonly #goals: Goal[] = [];
  readonly #notes: string[] = [];

  measured(server: ServerName, what: string, value: Value): void {
    const values = this.#measurements.get(what) ?? {};
    values[server] = value;
    this.#measurements.set(what, values);
  }

  goal(what: string, holds: boolean, measured: string): void {
    this.#goals.push({ what, holds, measured });
  }

  note(text: string): void {
    if (!this.#notes.includes(text)) this.#notes.push(text);
  }

  build(name: string, title: string): PartReport {
    const measurements = Array.from(this.#measurements, ([what, values]) => ({ what, values }));
    return { name, title, measurements, goals: this.#goals, notes: this.#notes };
  }
}
