/**
 * A client library at work in a process of its own, as its users have it. The process is given the server's address, and says
 * `ready` when it has a session; then, for every line `PATH SECONDS` that it reads, it acquires and releases the lock at the path for so
 * long, and answers with a line of microseconds: of all of it, and of each time. It ends when there is nothing more to read.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { within } from "../recipes/deadline.ts";

const READY_TIMEOUT_MS = 60_000;
const ANSWER_TIMEOUT_MS = 30_000;

export interface ProgramSource {
  readonly command: string;
  /** What comes before the address. */
  readonly arguments: readonly string[];
}

export interface Cycles {
  readonly elapsedMs: number;
  /** Of each acquisition with its release. */
  readonly latenciesMs: readonly number[];
}

export class LockProgram {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<void>;

  private constructor(source: ProgramSource, address: string) {
    // What it says on stderr is for whoever looks at the benchmark.
    this.#process = spawn(source.command, [...source.arguments, address], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#process.stdin.on("error", () => {}); // It has ended, which its answer will say.
    this.#ended = new Promise((resolve) => {
      this.#process.once("error", () => resolve());
      this.#process.once("close", () => resolve());
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
    process.once("exit", this.#kill);
  }

  /**
   * Starts it, and waits for its session.
   *
   * @throws Error when it ends before.
   */
  static async start(source: ProgramSource, address: string): Promise<LockProgram> {
    const program = new LockProgram(source, address);
    try {
      const line = await within(READY_TIMEOUT_MS, "a session", program.#nextLine());
      if (line !== "ready") throw new Error(`${source.command} says "${line}" instead of "ready"`);
      return program;
    } catch (error) {
      program.#kill();
      throw error;
    }
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** @throws Error when the program ends, or says nothing for long. */
  async cycle(path: string, seconds: number): Promise<Cycles> {
    this.#process.stdin.write(`${path} ${seconds}\n`);
    const timeoutMs = seconds * 1000 + ANSWER_TIMEOUT_MS;
    const line = await within(timeoutMs, "the end of the cycles", this.#nextLine());
    const [elapsedMs = Number.NaN, ...latenciesMs] = line.split(" ").map((us) => Number(us) / 1000);
    if (!(elapsedMs > 0)) throw new Error(`no figures: "${line.slice(0, 100)}"`);
    return { elapsedMs, latenciesMs };
  }

  async stop(): Promise<void> {
    this.#process.stdin.end();
    try {
      await within(ANSWER_TIMEOUT_MS, "the end of a client", this.#ended);
    } finally {
      this.#kill();
    }
  }

  async #nextLine(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the client has ended, see its message");
    return value;
  }

  readonly #kill = (): void => {
    process.off("exit", this.#kill);
    this.#process.kill("SIGKILL");
  };
}
