/**
 * `npm run fuzz`: spoiled frames against the decoder, the connection and the state machine, in one process. Exits with 0
 * when nothing was found.
 */
import { parseArgs } from "node:util";
import { fuzz, type Tally } from "./round.ts";

const help = `Usage: npm run fuzz -- [options]

Sends spoiled frames of several attackers to a server in this process, and looks at it after each.

Options:
  --frames <number>   how many (1000000)
  --seed <number>     of the random choices; without it a random one
  --round <number>    the round to begin with (0)
`;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    frames: { type: "string", default: "1000000" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    round: { type: "string", default: "0" },
    help: { type: "boolean", default: false },
  },
});
const [frames, seed, round] = [values.frames, values.seed, values.round].map(Number);
if (values.help || ![frames, seed, round].every(Number.isSafeInteger)) {
  process.stdout.write(help);
  process.exitCode = values.help ? 0 : 1;
} else {
  run(frames ?? 0, seed ?? 0, round ?? 0);
}

function run(count: number, from: number, firstRound: number): void {
  print(`${count} frames, seed ${from}`);
  const startMs = performance.now();
  try {
    report(fuzz(from, count, firstRound, progress), (performance.now() - startMs) / 1_000);
  } catch (error) {
    let cause = error;
    while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
    print(`FOUND: ${error instanceof Error ? error.message : String(error)}`);
    print(cause instanceof Error ? String(cause.stack) : String(cause));
    process.exitCode = 1;
  }
}

function progress(index: number, tally: Tally): void {
  if ((index + 1) % 100 === 0) print(`${tally.frames} frames`);
}

function report(tally: Tally, seconds: number): void {
  const { sent, bytes, outcomes, slowestMs } = tally;
  for (const [outcome, times] of [...outcomes].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    print(`${String(times).padStart(9)}  ${outcome}`);
  }
  print(`${tally.frames} frames handled; ${sent} sent, ${bytes} bytes`);
  print(`${seconds.toFixed(0)} s; the slowest frame took ${slowestMs.toFixed(1)} ms`);
  print("nothing found");
}
