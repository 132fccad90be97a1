/** Somebody who contends with another client's recipes, in a process of its own. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { CURATOR_JARS, JAVA, PYTHON } from "../requirements.ts";

export class ContenderProgram {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #said: string[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #exited: Promise<void>;
  #hasExited = false;

  constructor(command: string, args: readonly string[]) {
    this.#process = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    createInterface({ input: this.#process.stdout }).on("line", (line) => {
      this.#said.push(line);
      this.#wake();
    });
    this.#exited = new Promise((resolve) => {
      this.#process.on("close", () => {
        this.#hasExited = true;
        this.#wake();
        resolve();
      });
    });
  }

  static curator(address: string): ContenderProgram {
    const flags = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx192m"];
    const source = join(import.meta.dirname, "CuratorContender.java");
    return new ContenderProgram(JAVA, [...flags, "-cp", CURATOR_JARS.join(":"), source, address]);
  }

  static kazoo(address: string): ContenderProgram {
    return new ContenderProgram(PYTHON, [join(import.meta.dirname, "kazoo_contender.py"), address]);
  }

  tell(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  /** Whether it has said this, and nobody has heard it yet. */
  hasSaid(line: string): boolean {
    return this.#said.includes(line);
  }

  /**
   * Waits until it says one of these.
   *
   * @throws Error when it fails, or ends before.
   */
  async hear(...lines: readonly string[]): Promise<string> {
    const names = lines.map((line) => line.split(" ").at(-1) ?? line);
    for (;;) {
      const heard = lines.find((line) => this.#said.includes(line));
      if (heard !== undefined) {
        // The next time is another time.
        this.#said.splice(this.#said.indexOf(heard), 1);
        return heard;
      }
      const failure = this.#said.find((line) => names.some((name) => isFailureOf(line, name)));
      if (failure !== undefined) throw new Error(failure);
      if (this.#hasExited) throw new Error(`ended without saying ${lines.join(" or ")}`);
      await new Promise<void>((resolve) => this.#listeners.add(resolve));
    }
  }

  async close(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#exited;
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}

function isFailureOf(line: string, name: string): boolean {
  return line.startsWith("failed") && line.endsWith(` ${name}`);
}
