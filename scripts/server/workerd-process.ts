/**
 * A running workerd: what it listens on, what it says, how it ends.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { UserError } from "../command.ts";
import { guardAgainstOrphan } from "./orphan-guard.ts";
import type { SocketName } from "./workerd-config.ts";

/** Time for what is in flight, when told to stop. Connections that stay open would make it wait forever. */
const drainMs = 500;

export type Ports = Readonly<Record<SocketName, number>>;

/** A listener that could not be had. */
export interface BindFailure {
  readonly socket: SocketName;
  readonly reason: string;
}

export class WorkerdProcess {
  readonly #child: ChildProcess;
  /** What it printed before `showOutput`. */
  #heldOutput = "";
  #isOutputHeld = true;
  /** Resolves with how it ended, in words, when it has and all its output was read. */
  readonly ended: Promise<string>;
  /** Resolves when it listens on both sockets. */
  readonly listening: Promise<Ports>;

  constructor(configFile: string) {
    const args = ["serve", configFile, "config", "--control-fd=3"];
    this.#child = spawn(workerdBinary(), args, {
      cwd: dirname(configFile),
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      // Its own process group: a Ctrl-C is for us, who then stop it in order.
      detached: true,
    });
    const [, stdout, stderr, control] = this.#child.stdio as Readable[];
    for (const stream of [stdout, stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => this.#print(chunk));
    }
    this.listening = readPorts(control as Readable);
    this.ended = this.#watchEnd();
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Passes on what it has printed so far and will print, to stderr: our stdout carries the line that says ready. */
  showOutput(): void {
    this.#isOutputHeld = false;
    process.stderr.write(this.#heldOutput);
    this.#heldOutput = "";
  }

  /** The listeners that it reported as failed; it exits by itself then. */
  get bindFailures(): readonly BindFailure[] {
    const lines = this.#heldOutput.matchAll(
      /^Socket "(http|zookeeper)": \w+\(\): (.*?)(?: \(os error \d+\))?$/gm,
    );
    return Array.from(lines, ([, socket, reason]) => ({
      socket: socket as SocketName,
      reason: reason as string,
    }));
  }

  /** Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const impatience = setTimeout(() => this.#child.kill("SIGKILL"), drainMs);
    await this.ended;
    clearTimeout(impatience);
  }

  #print(chunk: string): void {
    if (this.#isOutputHeld) this.#heldOutput += chunk;
    else process.stderr.write(chunk);
  }

  async #watchEnd(): Promise<string> {
    const { pid } = this.#child;
    const guard = pid === undefined ? undefined : guardAgainstOrphan(pid);
    return await new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(`could not be started (${error.message})`));
      this.#child.once("exit", () => guard?.[Symbol.dispose]());
      this.#child.once("close", (code, signal) =>
        resolve(signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`),
      );
    });
  }
}

/** The file itself: the package's bin may be a script around it, in front of which our signals would end. */
function workerdBinary(): string {
  try {
    const workerd = createRequire(import.meta.url)("workerd") as { readonly default: string };
    return workerd.default;
  } catch (error) {
    const message = error instanceof Error ? error.message.trim() : String(error);
    throw new UserError(`no workerd for this machine: ${message.split("\n")[0]}`);
  }
}

async function readPorts(control: Readable): Promise<Ports> {
  const ports: Partial<Record<SocketName, number>> = {};
  return await new Promise((resolve) => {
    control.on("error", () => {
      // The pipe breaks with the process, whose end is told elsewhere.
    });
    createInterface({ input: control }).on("line", (line) => {
      const message = JSON.parse(line) as { event: string; socket: SocketName; port: number };
      if (message.event !== "listen") return;
      ports[message.socket] = message.port;
      const { http, zookeeper } = ports;
      if (http !== undefined && zookeeper !== undefined) resolve({ http, zookeeper });
    });
  });
}
