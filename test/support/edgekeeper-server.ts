/**
 * Starts Edgekeeper as `npm start` does, on free loopback ports and a data directory of its own, for tests that talk to
 * the whole server from outside.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { guardAgainstOrphan } from "../../scripts/server/orphan-guard.ts";

export interface EdgekeeperOptions {
  /** Added after our own, so they win. */
  readonly args?: readonly string[];
  /** One that the caller removes. Without it there is a new one, which `stop()` removes. */
  readonly dataDir?: string;
  /** ZooKeeper's tickTime: session timeouts are clamped to [2, 20] ticks. */
  readonly tickTimeMs?: number;
}

export interface EdgekeeperServer extends AsyncDisposable {
  readonly host: string;
  readonly httpPort: number;
  readonly zkPort: number;
  readonly dataDir: string;
  /** The launcher's process id. */
  readonly pid: number;
  readonly workerdPid: number;
  /** SIGTERM to the launcher; resolves with its exit code, 128 and the signal's number if one killed it. Safe to repeat. */
  stop(): Promise<number>;
  /**
   * SIGKILL to workerd and the launcher, as in a crash, and waits until both are gone. The data stays until `stop()`,
   * for another server to start on it.
   */
  kill(): Promise<void>;
  /** What it printed so far, stdout and stderr together. */
  output(): string;
}

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const node = join(root, "node_modules", ".bin", "node");
export const serveScript = join(root, "scripts", "serve.ts");

const readyLine = /^edgekeeper ready http=http:\/\/(\S+):(\d+) zookeeper=\S+:(\d+) data=.*$/m;
const startTimeoutMs = 60_000;
const pollMs = 5;

/** Resolves when the server has said that it is ready. */
export async function startEdgekeeper(options: EdgekeeperOptions = {}): Promise<EdgekeeperServer> {
  const ownsData = options.dataDir === undefined;
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "edgekeeper-data-"));
  const args = ["--port", "0", "--zk-port", "0", "--data", dataDir];
  if (options.tickTimeMs !== undefined) args.push("--tick-time", String(options.tickTimeMs));
  const launcher = new Launcher([...args, ...(options.args ?? [])]);
  const cleanUp = (): void => {
    launcher.child.kill("SIGKILL"); // Its guard ends workerd.
    if (ownsData) rmSync(dataDir, { recursive: true, force: true });
  };
  process.once("exit", cleanUp);
  const finish = async (signal: NodeJS.Signals): Promise<number> => {
    launcher.child.kill(signal);
    const code = await launcher.exited;
    process.off("exit", cleanUp);
    if (ownsData) rmSync(dataDir, { recursive: true, force: true });
    return code;
  };
  let ready: RegExpMatchArray;
  try {
    ready = await launcher.ready();
  } catch (error) {
    await finish("SIGKILL");
    throw error;
  }
  const pid = launcher.child.pid as number;
  const workerdPid = findChild(pid, "workerd serve");
  if (workerdPid === undefined) throw new Error(`launcher ${pid} has no workerd`);
  const stop = async (): Promise<number> => await finish("SIGTERM");
  return {
    host: ready[1] as string,
    httpPort: Number(ready[2]),
    zkPort: Number(ready[3]),
    dataDir,
    pid,
    workerdPid,
    stop,
    kill: async () => {
      killIfThere(workerdPid);
      launcher.child.kill("SIGKILL");
      await launcher.exited;
      while (isRunning(workerdPid)) await delay(pollMs);
    },
    output: () => launcher.output,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

class Launcher {
  readonly child: ChildProcess;
  readonly exited: Promise<number>;
  output = "";

  constructor(args: readonly string[]) {
    this.child = spawn(node, [serveScript, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => (this.output += chunk));
    }
    // A test runner may be killed before it gets to clean up.
    const guard = this.child.pid === undefined ? undefined : guardAgainstOrphan(this.child.pid);
    this.child.once("exit", () => guard?.[Symbol.dispose]());
    this.exited = new Promise((resolve, reject) => {
      this.child.once("error", reject);
      this.child.once("close", (code, signal) =>
        resolve(code ?? 128 + constants.signals[signal as NodeJS.Signals]),
      );
    });
  }

  async ready(): Promise<RegExpMatchArray> {
    const timeout = AbortSignal.timeout(startTimeoutMs);
    return await new Promise((resolve, reject) => {
      const look = (): void => {
        const match = readyLine.exec(this.output);
        if (match) resolve(match);
      };
      this.child.stdout?.on("data", look);
      this.exited.then((code) => {
        look(); // A short-lived one may have said so before.
        reject(new Error(`Edgekeeper ended with exit code ${code}:\n${this.output}`));
      }, reject);
      timeout.addEventListener("abort", () =>
        reject(new Error(`Edgekeeper was not ready in ${startTimeoutMs} ms:\n${this.output}`)),
      );
    });
  }
}

/** The process id of the child of `parent` whose command line has `text` in it; undefined if there is none. */
export function findChild(parent: number, text: string): number | undefined {
  return childrenOf(parent).find(([, commandLine]) => commandLine.includes(text))?.[0];
}

function childrenOf(parent: number): (readonly [pid: number, commandLine: string])[] {
  if (process.platform === "linux") {
    const children = readIfRunning(`/proc/${parent}/task/${parent}/children`).trim();
    return children
      .split(" ")
      .filter((pid) => pid !== "")
      .map((pid) => [Number(pid), readIfRunning(`/proc/${pid}/cmdline`).replaceAll("\0", " ")]);
  }
  const list = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" });
  return Array.from(list.matchAll(/^\s*(\d+)\s+(\d+)\s+(.*)$/gm))
    .filter(([, , parentPid]) => Number(parentPid) === parent)
    .map(([, pid, , commandLine]) => [Number(pid), commandLine ?? ""]);
}

function readIfRunning(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // The process has ended.
  }
}

/** False also of a process that has ended but that nobody has waited for, as orphans in a container may stay. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false; // No such process.
  }
  return (
    process.platform !== "linux" || /^\d+ \(.*\) [^Z]/s.test(readIfRunning(`/proc/${pid}/stat`))
  );
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
