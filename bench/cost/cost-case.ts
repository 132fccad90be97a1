/**
 * An operation whose cost is measured, over and over.
 */
import type { ControlClient } from "../control-client.ts";
import type { Budget } from "./budgets.ts";
import type { Transport, TransportName } from "./transport.ts";

export type Step = () => Promise<unknown>;

/** One after another, or all at once. */
export type Mode = "single" | "batch";

export interface CostCase {
  /** For the JSON report. */
  readonly name: string;
  /** For the tables. */
  readonly title: string;
  /** Undefined where none is set. */
  readonly budget: Budget | undefined;
  /** Where it is not the same thing over both. */
  readonly only?: TransportName;
  /** Undefined where a mode means nothing. */
  plan(mode: Mode): CostPlan | undefined;
}

export interface CostPlan {
  /** Operations that the steps are together. */
  readonly operations: number;
  readonly steps: readonly Step[];
  /** Done before, and not counted. */
  readonly setUp?: Step;
  /** Done after, and not counted. */
  readonly tearDown?: Step;
}

/** What the cases work with. */
export interface CostScene {
  readonly transport: Transport;
  readonly control: ControlClient;
  /** A znode for what they create. */
  readonly root: string;
}

/** Requests in flight in a batch, and repetitions of what is done one at a time. */
export const OPERATIONS = 200;

/** A plan of which each step is one operation. */
export function planOf(
  steps: readonly Step[],
  around: Omit<CostPlan, "operations" | "steps"> = {},
) {
  return { operations: steps.length, steps, ...around };
}

export function repeat(times: number, step: (number: number) => Promise<unknown>): Step[] {
  return Array.from({ length: times }, (_, number) => () => step(number));
}
