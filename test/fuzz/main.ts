/**
 * `npm run fuzz`: spoiled frames against the decoder, the connection and the state machine, in one process; with `--http`,
 * requests to a whole server's HTTP API. Exits with 0 when nothing was found.
 */
import { parseArgs } from "node:util";
import { startEdgekeeper } from "../support/edgekeeper-server.ts";
import { printReport } from "./http/report.ts";
import { fuzzHTTP } from "./http/run.ts";
import { fuzz, type Tally } from "./round.ts";

const help = `Usage: npm run fuzz -- [options]

Sends spoiled frames of several attackers to a server in this process, and looks at it after each.

Options:
  --frames <number>   how many (1000000)
  --seed <number>     of the random choices; without it a random one
  --round <number>    the round to begin with (0)

With --http it sends requests to a server of its own instead, made from its OpenAPI document:
  --requests <number>     how many (20000)
  --concurrency <number>  how many at a time (1, which is what a seed repeats)
`;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    frames: { type: "string", default: "1000000" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    round: { type: "string", default: "0" },
    http: { type: "boolean", default: false },
    requests: { type: "string", default: "20000" },
    concurrency: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});
const numbers = [values.frames, values.seed, values.round, values.requests, values.concurrency].map(
  Number,
);
const [frames, seed, round, requests, concurrency] = numbers;
if (values.help || !numbers.every(Number.isSafeInteger)) {
  process.stdout.write(help);
  process.exitCode = values.help ? 0 : 1;
} else if (values.http) {
  await runHTTP(requests ?? 0, seed ?? 0, concurrency ?? 1);
} else {
  run(frames ?? 0, seed ?? 0, round ?? 0);
}

async function runHTTP(count: number, from: number, atATime: number): Promise<void> {
  print(`${count} requests, seed ${from}`);
  await using server = await startEdgekeeper();
  const startMs = performance.now();
  const came = await fuzzHTTP({
    host: server.host,
    port: server.httpPort,
    requests: count,
    seed: from,
    concurrency: atATime,
    onProgress: (sent) => print(`${sent} requests`),
  });
  printReport(came, print);
  print(`${((performance.now() - startMs) / 1_000).toFixed(0)} s`);
  if (came.findings.length + came.unreached.length > 0) process.exitCode = 1;
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
