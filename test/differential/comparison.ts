/**
 * Whether two servers showed the same during a step.
 */
import { type Difference, differences, joinSurrogates } from "./differences.ts";
import type { TreeText } from "./observer.ts";
import type { StepRecord } from "./player.ts";
import type { Entry } from "./slot.ts";
import { endsSession, type Step } from "./steps.ts";

/** A step during which the servers differed. */
export interface Finding {
  readonly step: Step | "end";
  readonly what: string;
}

/** How much was compared. */
export interface Tally {
  replies: number;
  events: number;
  skipped: number;
  /** Intended differences, by name. */
  readonly intended: Map<string, number>;
}

export function newTally(): Tally {
  return { replies: 0, events: 0, skipped: 0, intended: new Map() };
}

/** Compares what was seen during a step; undefined when the servers agree, or differ as intended. */
export function compareStep(
  step: Step | "end",
  real: StepRecord,
  own: StepRecord,
  tally: Tally,
): Finding | undefined {
  count(real, tally);
  if (isSame(step, real, own)) return undefined;
  const explanation = explain(step, real, own);
  if (explanation === undefined) return { step, what: describe(step, real, own) };
  for (const difference of explanation) countIntended(difference, tally);
  return undefined;
}

/** The intended differences that make the records differ, and nothing else does; undefined when something else does. */
function explain(
  step: Step | "end",
  real: StepRecord,
  own: StepRecord,
): readonly Difference[] | undefined {
  const concerned = differences.filter((difference) => difference.concerns(step));
  const explains = (some: readonly Difference[]): boolean => {
    const normalise = (record: StepRecord): StepRecord =>
      some.reduce((normal, difference) => difference.normalise(normal, step), record);
    return isSame(step, normalise(real), normalise(own));
  };
  const alone = concerned.find((difference) => explains([difference]));
  if (alone !== undefined) return [alone];
  return explains(concerned) ? concerned : undefined;
}

/** Compares whole trees; undefined when they are the same. */
export function compareTrees(real: TreeText, own: TreeText): Finding | undefined {
  const paths = [...new Set([...real.keys(), ...own.keys()])].sort();
  const lines = paths
    .filter((path) => normalTree(real.get(path)) !== normalTree(own.get(path)))
    .map((path) => `  ${path}\n    real ${real.get(path)}\n    own  ${own.get(path)}`);
  if (lines.length === 0) return undefined;
  return { step: "end", what: `the trees differ:\n${lines.slice(0, 20).join("\n")}` };
}

/** A tree is read with its identities in order, so that of the intended differences this is left. */
function normalTree(text: string | undefined): string | undefined {
  return text === undefined ? undefined : joinSurrogates(text);
}

function isSame(step: Step | "end", real: StepRecord, own: StepRecord): boolean {
  if (real.isSkipped !== own.isSkipped || real.flushed !== own.flushed) return false;
  const slots = new Set([...real.seen.keys(), ...own.seen.keys()]);
  return [...slots].every((slot) => isSameLog(step, logOf(real, slot), logOf(own, slot)));
}

function isSameLog(step: Step | "end", real: readonly Entry[], own: readonly Entry[]): boolean {
  if (real.length !== own.length) return false;
  const isUnordered = step !== "end" && endsSession(step);
  const a = isUnordered ? withSortedEvents(real) : real;
  const b = isUnordered ? withSortedEvents(own) : own;
  return a.every((entry, index) => entry.text === b[index]?.text);
}

/** The events between two replies in alphabetical order. */
function withSortedEvents(log: readonly Entry[]): readonly Entry[] {
  const sorted: Entry[] = [];
  let events: Entry[] = [];
  for (const entry of log) {
    if (entry.kind === "event") {
      events.push(entry);
      continue;
    }
    sorted.push(...events.sort(byText), entry);
    events = [];
  }
  return [...sorted, ...events.sort(byText)];
}

function byText(a: Entry, b: Entry): number {
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
}

function logOf(record: StepRecord, slot: number): readonly Entry[] {
  return record.seen.get(slot) ?? [];
}

function count(record: StepRecord, tally: Tally): void {
  if (record.isSkipped) tally.skipped += 1;
  for (const log of record.seen.values()) {
    for (const { kind } of log) {
      if (kind === "event") tally.events += 1;
      else tally.replies += 1;
    }
  }
}

function countIntended({ name }: Difference, tally: Tally): void {
  tally.intended.set(name, (tally.intended.get(name) ?? 0) + 1);
}

/** Both sides, where they differ. */
function describe(step: Step | "end", real: StepRecord, own: StepRecord): string {
  const lines: string[] = [];
  if (real.isSkipped !== own.isSkipped) {
    lines.push(`  skipped: real ${real.isSkipped}, own ${own.isSkipped}`);
  }
  if (real.flushed !== own.flushed) {
    lines.push(`  pings afterwards:\n    real ${real.flushed}\n    own  ${own.flushed}`);
  }
  const slots = new Set([...real.seen.keys(), ...own.seen.keys()]);
  for (const slot of [...slots].sort((a, b) => a - b)) {
    const [a, b] = [logOf(real, slot), logOf(own, slot)];
    if (isSameLog(step, a, b)) continue;
    lines.push(`  client ${slot} saw`, ...logLines("real", a), ...logLines("own ", b));
  }
  return lines.join("\n");
}

function logLines(name: string, entries: readonly Entry[]): string[] {
  if (entries.length === 0) return [`    ${name} nothing`];
  return entries.flatMap(({ text, hex }) => [
    `    ${name} ${text}`,
    ...(hex === "" ? [] : [`         ${hex}`]),
  ]);
}
