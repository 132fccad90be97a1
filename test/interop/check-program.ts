/**
 * Runs a program of checks in some client's own language, with a test for each of them. Such a program takes an address
 * and prints `ok NAME` or `not ok NAME: WHY` for every check, as it makes up its mind; given `--list` it prints the names
 * alone, without a server.
 */
import { execFileSync, spawn, type ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

const VERDICT = /^(ok|not ok) ([^:]+)(?:: (.*))?$/;

export type Verdict = "ok" | `not ok: ${string}`;

export interface CheckProgram {
  readonly name: string;
  readonly command: string;
  /** What comes before the address. */
  readonly arguments: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A test for each check of the program, and one that it has said all that it had to say. */
export function describeChecks(program: CheckProgram): void {
  const checks = listChecks(program);
  if (checks.length === 0) throw new Error(`${program.name} has no checks`);

  describe(program.name, () => {
    let run: CheckRun;

    beforeAll(() => {
      run = new CheckRun(program, inject("interopAddress"));
    });

    afterAll(async () => {
      await run.dispose();
    });

    it.each(checks)("%s", async (check) => {
      expect(await run.verdict(check)).toBe("ok");
    });

    it("makes all its checks, and nothing unexpected happens", async () => {
      expect(await run.exitCode).toBe(0);
      expect(run.checksAnswered).toEqual(checks);
      expect(run.surprises).toEqual([]);
    });
  });
}

function listChecks(program: CheckProgram): string[] {
  const output = execFileSync(program.command, [...program.arguments, "--list"], {
    encoding: "utf8",
    env: { ...process.env, ...program.env },
  });
  return output.split("\n").filter((line) => line !== "");
}

class CheckRun {
  readonly exitCode: Promise<number | null>;
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;
  readonly #verdicts = new Map<string, Verdict>();
  readonly #surprises: string[] = [];
  readonly #waiters = new Set<() => void>();
  #hasExited = false;

  constructor(program: CheckProgram, address: string) {
    this.#process = spawn(program.command, [...program.arguments, address], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...program.env },
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

  /** Waits until the program has made up its mind on this check, or has ended without. */
  async verdict(check: string): Promise<Verdict> {
    while (true) {
      const verdict = this.#verdicts.get(check);
      if (verdict !== undefined) return verdict;
      if (this.#hasExited) {
        return `not ok: the program ended without a verdict\n${this.#surprises.join("\n")}`;
      }
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  /** Ends the program however far it is; for `afterAll`. */
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
