/**
 * The entry behind every npm script: `node scripts/run.mjs <command> [arguments]`.
 *
 * It runs on the machine's own Node (20 and up), makes sure that the dependencies are there, and hands over to Node 24
 * from node_modules, which runs TypeScript as it is. The command's stdio, signals and exit code are its caller's.
 */
import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureDependencies, pinnedNode } from "./dependencies.mjs";
import { interruptible } from "./signals.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What each command runs, one after the other: a script of ours, or a tool of node_modules/.bin with arguments. */
const commands = {
  start: [["scripts/serve.ts"]],
  build: [["scripts/build.ts"]],
  bridge: [["scripts/bridge.ts"]],
  keys: [["scripts/keys.ts"]],
  bench: [["bench/main.ts"]],
  "bench:client": [["bench/client/main.ts"]],
  "bench:locks": [["bench/locks/main.ts"]],
  "bench:scale": [["bench/scale/main.ts"]],
  dev: [["wrangler", "dev", "--env", "dev"]],
  // Its top level, not "dev" of wrangler.toml, which has a TCP listener.
  deploy: [["wrangler", "deploy", "--env="]],
  test: [["vitest", "run", "--project", "!interop"]],
  "test:interop": [["vitest", "run", "--project", "interop"]],
  "test:differential": [["test/differential/main.ts"]],
  fuzz: [["test/fuzz/main.ts"]],
  check: [
    ["tsc", "-p", "tsconfig.neutral.json"],
    ["tsc", "-p", "tsconfig.client.json"],
    ["tsc", "-p", "tsconfig.worker.json"],
    ["tsc", "-p", "tsconfig.node.json"],
    ["tsc", "-p", "tsconfig.integration.json"],
    ["oxlint", "--type-aware"],
    ["oxfmt", "--check"],
  ],
};

process.exitCode = await main(process.argv[2], process.argv.slice(3));

async function main(name, args) {
  const steps = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (steps === undefined) {
    return refuse(`no command "${name}": there are ${Object.keys(commands).join(", ")}`);
  }
  if (steps.length > 1 && args.length > 0) return refuse(`${name} takes no arguments`);
  const failure = await ensureDependencies(root);
  if (failure !== 0) return failure;
  let exitCode = 0;
  for (const step of steps) {
    const code = await run(step, args);
    if (code > 128) return code; // Ended by a signal, which was not meant for this step alone.
    exitCode ||= code; // Every step runs, so that one run shows all there is to mend.
  }
  return exitCode;
}

async function run([program, ...fixed], args) {
  const isScript = program.endsWith(".ts");
  const bin = join(root, "node_modules", ".bin");
  const child = isScript
    ? spawnHere(pinnedNode(root), [join(root, program), ...fixed, ...args], bin)
    : spawnHere(join(bin, program), [...fixed, ...args], bin);
  // Our scripts take a signal twice; a tool may take the second Ctrl-C as an order to drop everything.
  return await interruptible(child, { terminalInterrupts: !isScript });
}

function spawnHere(file, args, bin) {
  const path = [bin, process.env.PATH ?? ""].join(delimiter);
  return spawn(file, args, { stdio: "inherit", env: { ...process.env, PATH: path } });
}

function refuse(message) {
  process.stderr.write(`edgekeeper: ${message}\n`);
  return 1;
}
