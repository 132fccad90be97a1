/**
 * `scripts/run.mjs` in a small tree of its own, with an `npm` that installs at once: a link to this Node.
 */
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { constants, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { root } from "../../support/edgekeeper-server.ts";

let tree: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  tree = realpathSync(mkdtempSync(join(tmpdir(), "edgekeeper-run-")));
  mkdirSync(join(tree, "scripts"));
  mkdirSync(join(tree, "bin"));
  for (const file of ["run.mjs", "dependencies.mjs", "signals.mjs"]) {
    copyFileSync(join(root, "scripts", file), join(tree, "scripts", file));
  }
  writeLock("1.0.0");
  writeNpm(`
mkdir -p node_modules/.bin
ln -sf '${process.execPath}' node_modules/.bin/node
cp package-lock.json node_modules/.package-lock.json`);
  writeServe("process.exitCode = Number(process.argv[2] ?? 0);");
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(tree, { recursive: true, force: true });
});

function writeLock(version: string): void {
  const packages = {
    "": { name: "tree" },
    "node_modules/one": { version, integrity: "sha512-x" },
    "node_modules/elsewhere": { version, optional: true, os: ["nowhere"] },
  };
  writeFileSync(join(tree, "package-lock.json"), JSON.stringify({ packages }));
}

/** An `npm` that notes each call. */
function writeNpm(body: string): void {
  const file = join(tree, "bin", "npm");
  writeFileSync(file, `#!/bin/sh\necho "$1" >> '${join(tree, "npm-calls")}'${body}\n`);
  chmodSync(file, 0o755);
}

function writeServe(body: string): void {
  writeFileSync(join(tree, "scripts", "serve.ts"), `${body}\n`);
}

function writeTool(name: string, body: string): void {
  const file = join(tree, "node_modules", ".bin", name);
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
}

function npmCalls(): number {
  const file = join(tree, "npm-calls");
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").length - 1 : 0;
}

interface Run {
  readonly child: ChildProcess;
  readonly exited: Promise<number>;
  stdout: string;
  stderr: string;
}

function run(...args: string[]): Run {
  const child = spawn(process.execPath, [join(tree, "scripts", "run.mjs"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PATH: `${join(tree, "bin")}${delimiter}${process.env["PATH"]}` },
  });
  children.push(child);
  const result: Run = {
    child,
    stdout: "",
    stderr: "",
    exited: new Promise((resolve) => {
      child.once("close", (code, signal) =>
        resolve(code ?? 128 + constants.signals[signal as NodeJS.Signals]),
      );
    }),
  };
  child.stdout.on("data", (chunk: Buffer) => (result.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (result.stderr += chunk.toString()));
  return result;
}

test("installs once, visibly, and says nothing when there is nothing to do", async () => {
  const first = run("start");
  expect(await first.exited).toBe(0);
  expect(first.stderr).toContain("edgekeeper: installing dependencies");
  expect(first.stdout).toBe("");
  const second = run("start");
  expect(await second.exited).toBe(0);
  expect(second.stderr).toBe("");
  expect(npmCalls()).toBe(1);
});

test("installs again when the lock file has changed", async () => {
  expect(await run("start").exited).toBe(0);
  writeLock("2.0.0");
  expect(await run("start").exited).toBe(0);
  expect(npmCalls()).toBe(2);
});

test("does not repeat what somebody installed with npm", async () => {
  expect(await run("start").exited).toBe(0);
  writeLock("2.0.0");
  const packages = { "node_modules/one": { version: "2.0.0", integrity: "sha512-x" } };
  const record = join(tree, "node_modules", ".package-lock.json");
  writeFileSync(record, JSON.stringify({ packages }));
  expect(await run("start").exited).toBe(0);
  expect(npmCalls()).toBe(1);
});

test("commands started at once install once", async () => {
  const runs = [run("start", "1"), run("start", "2"), run("start", "3")];
  expect(await Promise.all(runs.map(({ exited }) => exited))).toEqual([1, 2, 3]);
  expect(npmCalls()).toBe(1);
});

test("does nothing else when the installation fails", async () => {
  writeNpm("\necho broken >&2\nexit 7");
  const failed = run("start");
  expect(await failed.exited).toBe(7);
  expect(failed.stderr).toMatch(/broken\nedgekeeper: `npm ci` failed with exit code 7\n$/);
});

test("says so when npm installed no Node 24", async () => {
  writeNpm("\nmkdir -p node_modules");
  const failed = run("start");
  expect(await failed.exited).toBe(1);
  expect(failed.stderr).toContain("did not install Node 24");
});

test("passes on arguments, the exit code and a PATH that begins with the tools", async () => {
  writeServe(
    "console.log(JSON.stringify([process.argv.slice(2), process.env.PATH])); process.exit(42);",
  );
  const started = run("start", "--data", "a b", "--", "$HOME");
  expect(await started.exited).toBe(42);
  const [args, path] = JSON.parse(started.stdout) as [string[], string];
  expect(args).toEqual(["--data", "a b", "--", "$HOME"]);
  expect(path.split(delimiter)[0]).toBe(join(tree, "node_modules", ".bin"));
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("passes on %s", async (signal) => {
  writeServe(
    `process.on("${signal}", () => process.exit(5)); setInterval(() => {}, 1000); console.log("up");`,
  );
  const started = run("start");
  await vi.waitFor(() => expect(started.stdout).toBe("up\n"), { timeout: 4000 });
  started.child.kill(signal);
  expect(await started.exited).toBe(5);
});

test("ends as a shell would when a signal kills the command", async () => {
  writeServe('process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000);');
  expect(await run("start").exited).toBe(137);
});

test("check runs every step and fails when one does", async () => {
  await run("start").exited;
  writeTool("tsc", "echo types; exit 2");
  writeTool("oxlint", "echo lint; exit 0");
  writeTool("oxfmt", "echo format; exit 1");
  const check = run("check");
  expect(await check.exited).toBe(2);
  expect(check.stdout).toMatch(/^(types\n)+lint\nformat\n$/);
});

test("names the commands when it is given another", async () => {
  const failed = run("serve");
  expect(await failed.exited).toBe(1);
  expect(failed.stderr).toMatch(
    /^edgekeeper: no command "serve": there are start, build, bridge, .*\n$/,
  );
});
