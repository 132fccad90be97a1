/**
 * `npm run test:differential`: the same random operations on a real ZooKeeper 3.8.0 and on Edgekeeper. Exits with 0 when
 * nobody could tell the two apart.
 */
import { differences } from "./differences.ts";
import { help, parseOptions } from "./options.ts";
import { readRegressions } from "./regressions.ts";
import { Runner } from "./runner.ts";

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const options = parseOptions(process.argv.slice(2));
if (options === undefined) {
  process.stdout.write(help);
} else {
  const startMs = performance.now();
  await using runner = new Runner(options, print);
  print(
    `seeds ${options.seeds.join(", ")}, ${options.ops} steps each, ${options.sessions} clients`,
  );
  if (options.playsRegressions) {
    for (const regression of readRegressions()) await runner.playRegression(regression);
  }
  for (const seed of options.seeds) await runner.playSeed(seed);
  const { replies, events, skipped, intended } = runner.tally;
  const seconds = Math.round((performance.now() - startMs) / 1000);
  print(
    `${runner.steps} steps in ${seconds} s, ${skipped} of them without meaning where they stood`,
  );
  print(`${replies} replies and ${events} events compared`);
  for (const { name, reason } of differences) {
    print(`intended: ${name}, ${intended.get(name) ?? 0} times (${reason})`);
  }
  print(`${runner.passed} streams passed, ${runner.failed} failed`);
  process.exitCode = runner.failed === 0 ? 0 : 1;
}
