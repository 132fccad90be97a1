/**
 * `node test/fencing/main.ts --acquisitions 10000 --clients 50 --seed 1`: a long fencing run. `--bug "lock does not exclude"`
 * puts a bug in, which is then found. It ends with an error when anything was wrong.
 */
import { parseArgs } from "node:util";
import type { Bug } from "./guarded-lock.ts";
import { runFencing } from "./run.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    acquisitions: { type: "string", default: "10000" },
    clients: { type: "string", default: "50" },
    locks: { type: "string", default: "5" },
    "pause-one-in": { type: "string", default: "200" },
    bug: { type: "string" },
  },
});

const startedMs = performance.now();
let announced = 0;
const result = await runFencing({
  seed: Number(values.seed),
  acquisitions: Number(values.acquisitions),
  clients: Number(values.clients),
  locks: Number(values.locks),
  pauseOneIn: Number(values["pause-one-in"]),
  bug: values.bug as Bug | undefined,
  onProgress: (acquisitions) => {
    if (acquisitions < announced + 1_000) return;
    announced = acquisitions;
    process.stderr.write(`${acquisitions} acquisitions\n`);
  },
});

const { problems, acquisitions, turns, accepted, refused } = result;
const kinds = Object.entries(turns).map(([kind, count]) => `${count} ${kind}`);
const seconds = Math.round((performance.now() - startedMs) / 1_000);
process.stdout.write(
  `seed ${values.seed}: ${acquisitions} acquisitions (${kinds.join(", ")}) in ${seconds} s; ` +
    `${accepted} writes taken, ${refused} stale ones refused; ${problems.length} problems\n`,
);
for (const problem of problems.slice(0, 20)) process.stdout.write(`  ${problem}\n`);
if (problems.length > 0) process.exitCode = 1;
