/**
 * Runs one of the Python scripts in `kazoo/` and hands out its verdicts, check by check, as it
 * prints them. What the scripts print is described in `kazoo/support/harness.py`.
 */
import { execFileSync, spawn, type ChildProcessByStdio } from "node:child_process";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { PYTHON } from "./requirements.ts";

const SCRIPT_DIRECTORY = join(import.meta.dirname, "kazoo");
const VERDICT = /^(ok|not ok) ([^:]+)(?:: (.*))?$/;

export type Verdict = "ok" | `not ok: ${string}`;

export function kazooScripts(): string[] {
  const files = readdirSync(SCRIPT_DIRECTORY).filter((file) => file.endsWith(".py"));
  return files.toSorted().map((file) => basename(file, ".py"));
}

/** Asks a script which checks it is going to make, without a server. */
export function kazooChecks(script: string): string[] {
  const output = execFileSync(PYTHON, pythonArguments(script, "--list"), { encoding: "utf8" });
  return output.split("\n").filter((line) => line !== "");
}

export class KazooScript {
  readonly exitCode: Promise<number | null>;
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;
  readonly #verdicts = new Map<string, Verdict>();
  readonly #surprises: string[] = [];
  readonly #waiters = new Set<() => void>();
  #hasExited = false;

  constructor(script: string, address: string) {
    this.#process = spawn(PYTHON, pythonArguments(script, address), {
      stdio: ["ignore", "pipe", "pipe"],
    });
    createInterface({ input: this.#process.stdout }).on("line", (line) => this.#read(line));
    createInterface({ input: this.#process.stderr }).on("line", (line) => {
      this.#surprises.push(line);
    });
    this.exitCode = new Promise((resolve) => {
      this.#process.on("close", (code) => {
        this.#hasExited = true;
        this.#wake();
        resolve(code);
      });
    });
  }

  /** Lines that are no verdict, or a second one for the same check: tracebacks, warnings. */
  get surprises(): readonly string[] {
    return this.#surprises;
  }

  get checksAnswered(): string[] {
    return [...this.#verdicts.keys()];
  }

  /** Waits until the script has made up its mind on this check, or has ended without. */
  async verdict(check: string): Promise<Verdict> {
    while (true) {
      const verdict = this.#verdicts.get(check);
      if (verdict !== undefined) return verdict;
      if (this.#hasExited) {
        return `not ok: the script ended without a verdict\n${this.#surprises.join("\n")}`;
      }
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  /** Ends the script however far it is; for `afterAll`. */
  async dispose(): Promise<void> {
    if (!this.#hasExited) this.#process.kill("SIGKILL");
    await this.exitCode;
  }

  #read(line: string): void {
    const [, state, check, why] = VERDICT.exec(line) ?? [];
    if (state === undefined || check === undefined || this.#verdicts.has(check)) {
      this.#surprises.push(line);
    } else {
      this.#verdicts.set(check, state === "ok" ? "ok" : `not ok: ${why ?? "no reason given"}`);
      this.#wake();
    }
  }

  #wake(): void {
    for (const waiter of this.#waiters) waiter();
    this.#waiters.clear();
  }
}

function pythonArguments(script: string, argument: string): string[] {
  // -B: the scripts import a module beside them, which must not leave a __pycache__ in the tree.
  return ["-B", join(SCRIPT_DIRECTORY, `${script}.py`), argument];
}
