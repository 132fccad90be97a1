/**
 * Is the differential test any good? Puts one bug after the other into a copy of the code, and says which of them a few
 * streams find.
 *
 * `node_modules/.bin/node test/differential/mutations.ts [part of a name]`, some ten minutes. Ends with exit code 0 when all were found.
 */
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import { type Mutation, mutations } from "./mutation-table.ts";

const root = dirname(dirname(import.meta.dirname));
const OPS = 4_000;
const SEEDS = [1, 2, 3];
/** What a copy needs to serve and to be tested. */
const COPIED = ["src", "scripts", "test", "wrangler.toml", "package.json", "tsconfig.json"];

interface Verdict {
  readonly name: string;
  readonly seed: number | undefined;
  readonly step: string;
}

const wanted = process.argv[2] ?? "";
const copy = mkdtempSync(join(tmpdir(), "edgekeeper-mutation-"));
process.once("exit", () => rmSync(copy, { recursive: true, force: true }));
for (const name of COPIED) {
  cpSync(join(root, name), join(copy, name), {
    recursive: true,
    filter: (source) => !source.includes(`${sep}regressions${sep}`),
  });
}
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));

const verdicts: Verdict[] = [];
const sound = await judge({ name: "(none)", file: "src/core/auth.ts", from: "", to: "" });
if (sound.seed !== undefined) throw new Error(`the code fails as it is, at seed ${sound.seed}`);
for (const mutation of mutations.filter(({ name }) => name.includes(wanted))) {
  const verdict = await judge(mutation);
  verdicts.push(verdict);
  const where =
    verdict.seed === undefined ? verdict.step : `seed ${verdict.seed}, step ${verdict.step}`;
  const found = verdict.seed === undefined ? "LIVES" : "found";
  process.stdout.write(`${found} | ${verdict.name} | ${where}\n`);
}
const found = verdicts.filter(({ seed }) => seed !== undefined).length;
process.stdout.write(`${found} of ${verdicts.length} found\n`);
process.exitCode = found === verdicts.length ? 0 : 1;

/** Plays streams on the copy with a bug in it, until one fails. */
async function judge({ name, file, from, to, args = [] }: Mutation): Promise<Verdict> {
  const path = join(copy, file);
  const source = readFileSync(path, "utf8");
  if (from !== "" && source.split(from).length !== 2) {
    return { name, seed: undefined, step: `its text is not there exactly once in ${file}` };
  }
  writeFileSync(path, from === "" ? source : source.replace(from, () => to));
  try {
    for (const seed of SEEDS) {
      const output = await play(["--seed", String(seed), ...args]);
      if (/ 1 streams passed, 0 failed$|^1 streams passed, 0 failed$/m.test(output)) continue;
      const step = /DIFFERENT at step (\d+)/.exec(output)?.[1];
      if (step !== undefined) return { name, seed, step };
      return { name, seed: undefined, step: `it does not run: ${output.slice(-300).trim()}` };
    }
    return { name, seed: undefined, step: "" };
  } finally {
    writeFileSync(path, source);
  }
}

async function play(args: readonly string[]): Promise<string> {
  const script = join(copy, "test", "differential", "main.ts");
  const fixed = ["--ops", String(OPS), "--no-shrink", "--no-regressions"];
  const child = spawn(process.execPath, [script, ...fixed, ...args], { cwd: copy });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  }
  await new Promise((resolve) => child.once("close", resolve));
  return output;
}
