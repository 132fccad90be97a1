/**
 * Runs recipes under faults: `node test/faults/main.ts --recipe lock --seed 7 --runs 100`. Without a recipe all of them are
 * run; `--history` prints what happened. It ends with an error when anything was wrong, and says which seed repeats it.
 */
import { parseArgs } from "node:util";
import { run } from "./run.ts";
import { WORKLOADS } from "./workloads/index.ts";

const { values } = parseArgs({
  options: {
    recipe: { type: "string" },
    seed: { type: "string", default: "1" },
    runs: { type: "string", default: "1" },
    history: { type: "boolean", default: false },
  },
});

const names = values.recipe === undefined ? Object.keys(WORKLOADS) : [values.recipe];
const firstSeed = Number(values.seed);
let failures = 0;
for (const name of names) {
  const start = WORKLOADS[name];
  if (start === undefined) {
    throw new TypeError(`no recipe ${name}: there are ${Object.keys(WORKLOADS).join(", ")}`);
  }
  let rounds = 0;
  for (let seed = firstSeed; seed < firstSeed + Number(values.runs); seed++) {
    const result = await run(start, seed);
    rounds += result.rounds;
    if (values.history) print(...result.history, `hash ${result.hash}`);
    if (result.problems.length === 0) continue;
    failures++;
    print(`${name}, seed ${seed}:`, ...result.problems.map((problem) => `  ${problem}`));
  }
  print(`${name}: ${values.runs} runs, ${rounds} rounds, ${failures} failures so far`);
}
process.exitCode = failures === 0 ? 0 : 1;

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
