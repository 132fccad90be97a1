/**
 * Drives one interactive `zkCli.sh`: a command in, its output lines back, and the watch events that
 * it prints kept apart. zkCli gives no sign that a command has ended, so every command is followed
 * by one that does not exist, which zkCli refuses by name whether it is connected or not.
 */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import { ZKCLI } from "./requirements.ts";

const COMMAND_TIMEOUT_MS = 20_000;

/** Start-up lines, the frame around events, and the usage text that an unknown command brings. */
const NOISE = [
  /^$/,
  /^SLF4J:/,
  /^Connecting to /,
  /^Welcome to ZooKeeper!$/,
  /^JLine support is /,
  /^WATCHER::$/,
  /^ZooKeeper -server host:port /,
  /^\t/,
];
/** With JLine, zkCli prints a prompt such as `[zk: 127.0.0.1:2181(CONNECTED) 3] `. */
const PROMPT = /^\[zk: [^\]]*\] ?/;
const WATCHED_EVENT = /^WatchedEvent state:(\S+) type:(\S+) path:(.*)$/;

export interface PrintedEvent {
  readonly state: string;
  readonly type: string;
  readonly path: string;
}

export interface ZkCliRun {
  readonly exitCode: number | null;
  readonly lines: readonly string[];
}

export class ZkCli {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #exited: Promise<number | null>;
  readonly #lines: string[] = [];
  readonly #events: PrintedEvent[] = [];
  readonly #waiters = new Set<() => void>();
  #commandCount = 0;
  #hasExited = false;

  constructor(address: string) {
    this.#process = spawnZkCli(["-server", address]);
    this.#exited = new Promise((resolve) => {
      this.#process.on("close", (code) => {
        this.#hasExited = true;
        this.#wake();
        resolve(code);
      });
    });
    // Writing to a zkCli that has just quit fails; who waits for its answer hears that it exited.
    this.#process.stdin.on("error", () => this.#wake());
    createInterface({ input: this.#process.stdout }).on("line", (line) => this.#read(line));
  }

  /** Runs one command and returns the lines it printed, errors included, in order. */
  async run(command: string): Promise<string[]> {
    this.#commandCount += 1;
    const end = `end-of-command-${this.#commandCount}`;
    const isEnd = (line: string): boolean => line.endsWith(`Command not found ${end}`);
    this.#process.stdin.write(`${command}\n${end}\n`);
    await this.#until(() => this.#lines.some(isEnd), `"${command}" to end`);
    const output = this.#lines.splice(0, this.#lines.findIndex(isEnd) + 1);
    return output.slice(0, -1);
  }

  /** Takes the oldest watch event not taken yet, or waits for one; connection events are none. */
  async nextEvent(timeoutMs: number = COMMAND_TIMEOUT_MS): Promise<PrintedEvent> {
    await this.#until(() => this.#events.length > 0, "a watch event", timeoutMs);
    const event = this.#events.shift();
    if (event === undefined) throw new Error("an event was seen, and then it was not there");
    return event;
  }

  /** Types `quit` and returns the exit code. */
  async quit(): Promise<number | null> {
    // The exit code is that of the command before `quit`, so let that be one that exists.
    this.#process.stdin.write("printwatches on\nquit\n");
    await this.#until(() => this.#hasExited, "zkCli to quit");
    return await this.#exited;
  }

  /** Ends the process however it stands; for `afterAll`. */
  async dispose(): Promise<void> {
    if (!this.#hasExited) killGroup(this.#process);
    await this.#exited;
  }

  #read(rawLine: string): void {
    const line = rawLine.replace(PROMPT, "");
    if (NOISE.some((pattern) => pattern.test(line))) return;
    const [, state, type, path] = WATCHED_EVENT.exec(line) ?? [];
    if (state === undefined || type === undefined || path === undefined) this.#lines.push(line);
    else if (type !== "None") this.#events.push({ state, type, path });
    this.#wake();
  }

  #wake(): void {
    for (const waiter of this.#waiters) waiter();
  }

  #until(
    condition: () => boolean,
    what: string,
    timeoutMs: number = COMMAND_TIMEOUT_MS,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer);
        this.#waiters.delete(check);
        if (error === undefined) resolve();
        else reject(error);
      };
      const seen = (): string => `output so far:\n${this.#lines.join("\n")}`;
      const check = (): void => {
        if (condition()) settle();
        else if (this.#hasExited)
          settle(new Error(`zkCli exited while waiting for ${what}; ${seen()}`));
      };
      const timer = setTimeout(
        () => settle(new Error(`waited ${timeoutMs} ms for ${what}; ${seen()}`)),
        timeoutMs,
      );
      this.#waiters.add(check);
      check();
    });
  }
}

/** Runs `zkCli.sh -server ADDRESS COMMAND…`, the form that scripts use, to its end. */
export async function runZkCli(address: string, command: readonly string[]): Promise<ZkCliRun> {
  const child = spawnZkCli(["-server", address, ...command]);
  child.stdin.end();
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    const timer = setTimeout(() => {
      killGroup(child);
      reject(
        new Error(
          `zkCli ${command.join(" ")} did not end in ${COMMAND_TIMEOUT_MS} ms; ` +
            `it printed:\n${lines.join("\n")}`,
        ),
      );
    }, COMMAND_TIMEOUT_MS);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
  return {
    exitCode,
    lines: lines.filter(
      (line) => !WATCHED_EVENT.test(line) && !NOISE.some((pattern) => pattern.test(line)),
    ),
  };
}

/** Reads the `name = value` lines that zkCli prints for a Stat; other lines are left out. */
export function parseStat(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value] = /^(\w+) = (.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}

function spawnZkCli(args: readonly string[]): ChildProcessWithoutNullStreams {
  // One pipe for both outputs: zkCli spreads a command's answer over the two, and only the order
  // tells what belongs to which command.
  return spawn("/bin/bash", ["-c", 'exec "$0" "$@" 2>&1', ZKCLI, ...args], {
    env: { ...process.env, CLIENT_JVMFLAGS: "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx128m" },
    detached: true,
  });
}

/** `zkCli.sh` is a shell with a JVM as its child: both have to go. */
function killGroup(child: ChildProcessWithoutNullStreams): void {
  if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
}
