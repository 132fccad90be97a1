/**
 * Streams that once failed, in `regressions/`: they are played first, every time.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Step } from "./steps.ts";

export interface Regression {
  readonly name: string;
  readonly sessions: number;
  readonly enforceQuota: boolean;
  readonly steps: readonly Step[];
}

const folder = join(import.meta.dirname, "regressions");

export function readRegressions(): Regression[] {
  mkdirSync(folder, { recursive: true });
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as Regression);
}

/** Returns where it is now. */
export function writeRegression(regression: Regression): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${regression.name}.json`);
  const { steps, ...rest } = regression;
  const head = JSON.stringify(rest).slice(1, -1);
  const lines = steps.map((step) => `    ${JSON.stringify(step)}`).join(",\n");
  writeFileSync(file, `{\n  ${head},\n  "steps": [\n${lines}\n  ]\n}\n`);
  return file;
}
