/**
 * Installs what package-lock.json asks for, when that is not what node_modules holds. Runs on the machine's own Node (20 and up).
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { interruptible } from "./signals.mjs";

const progressIntervalMs = 10_000;
const turnPollMs = 200;
/** No installation takes this long: whoever holds the turn since then has died, and its process id belongs to another. */
const turnMsMax = 15 * 60_000;

/** Node 24, which the package `node` puts there. */
export function pinnedNode(root) {
  return join(root, "node_modules", ".bin", "node");
}

/** Returns 0 when the dependencies are there, otherwise the exit code to end with: the reason was printed. */
export async function ensureDependencies(root) {
  if (isInstalled(root)) return 0;
  const endTurn = await waitForTurn(root);
  try {
    if (isInstalled(root)) return 0; // By whoever had the turn before.
    return await install(root);
  } finally {
    endTurn();
  }
}

/** The hash of the lock file that was installed last; npm removes it with everything else when it starts anew. */
function stampFile(root) {
  return join(root, "node_modules", ".edgekeeper-installed");
}

function isInstalled(root) {
  if (!existsSync(pinnedNode(root))) return false;
  const lockFile = readFileSync(join(root, "package-lock.json"), "utf8");
  const wanted = stampOf(lockFile);
  if (readIfThere(stampFile(root)) === wanted) return true;
  if (!isWhatNpmRecorded(root, JSON.parse(lockFile))) return false;
  writeStamp(root, wanted);
  return true;
}

function stampOf(lockFile) {
  const hash = createHash("sha256").update(lockFile).digest("hex");
  return `${process.platform} ${process.arch} ${hash}\n`;
}

function writeStamp(root, stamp) {
  try {
    writeFileSync(stampFile(root), stamp);
  } catch {
    // A tree that is installed, but not ours to write to: the next run compares once more, which is all that is lost.
  }
}

/**
 * npm records what it installed in node_modules/.package-lock.json when it has finished, so that nothing needs doing
 * after somebody's own `npm ci` or `npm install`.
 */
function isWhatNpmRecorded(root, lock) {
  const record = readIfThere(join(root, "node_modules", ".package-lock.json"));
  if (record === undefined) return false;
  const installed = JSON.parse(record).packages;
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (path === "") return true;
    const found = installed[path];
    if (found === undefined) return wanted.optional === true; // For other machines, mostly.
    return (
      found.version === wanted.version &&
      found.integrity === wanted.integrity &&
      isForThisMachine(found) // Not copied from another one, that is.
    );
  });
}

function isForThisMachine({ os, cpu }) {
  return (os?.includes(process.platform) ?? true) && (cpu?.includes(process.arch) ?? true);
}

async function install(root) {
  const began = Date.now();
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
  say("installing dependencies with `npm ci`, once; it may take a minute");
  const progress = setInterval(() => say(`still installing (${seconds()})`), progressIntervalMs);
  const code = await npmCi(root);
  clearInterval(progress);
  if (code !== 0) {
    say(`\`npm ci\` failed with exit code ${code}`);
    return code;
  }
  if (!existsSync(pinnedNode(root))) {
    say("`npm ci` did not install Node 24: let it run the install script of the package `node`");
    return 1;
  }
  writeStamp(root, stampOf(readFileSync(join(root, "package-lock.json"), "utf8")));
  say(`dependencies installed in ${seconds()}`);
  return 0;
}

async function npmCi(root) {
  // Not the Node of node_modules/.bin, which npm is about to remove, nor for the install scripts that it starts.
  const bin = join(root, "node_modules", ".bin");
  const path = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => resolve(folder) !== bin)
    .join(delimiter);
  // Errors only: the warnings are about this machine's Node, which runs nothing but npm. Development dependencies are
  // what the commands consist of, whatever NODE_ENV says. npm's output is kept out of our stdout.
  const options = [
    "ci",
    "--include=dev",
    "--include=optional",
    "--loglevel=error",
    "--no-audit",
    "--no-fund",
  ];
  const npm = spawn("npm", options, {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ["ignore", 2, 2],
  });
  return await interruptible(npm, { terminalInterrupts: true });
}

/** Two commands started at once on a fresh clone install one after the other. Returns what ends the turn. */
async function waitForTurn(root) {
  const id = createHash("sha256").update(root).digest("hex").slice(0, 16);
  const file = join(tmpdir(), `edgekeeper-install-${id}.pid`);
  for (let waited = false; ; waited = true) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (isStale(file)) {
      rmSync(file, { force: true });
    } else {
      if (!waited) say("waiting for another command to install the dependencies");
      await delay(turnPollMs);
    }
  }
}

function isStale(file) {
  const holder = Number(readIfThere(file));
  if (!holder) return false; // Gone, or not written yet.
  if (Date.now() - statSync(file, { throwIfNoEntry: false })?.mtimeMs > turnMsMax) return true;
  try {
    process.kill(holder, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

function readIfThere(file) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function say(message) {
  process.stderr.write(`edgekeeper: ${message}\n`);
}
