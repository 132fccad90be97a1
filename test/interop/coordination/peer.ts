/**
 * Another client's recipes, in a process of their own: it reads lines `ID COMMAND ARGUMENT...`, works on each in a thread, and
 * prints `ID ok RESULT` or `ID error WHY`.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { CURATOR_JARS, JAVA, PYTHON } from "../requirements.ts";

const ANSWER = /^(\d+) (ok|error) ?(.*)$/;
const JVM_FLAGS = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx192m"];

interface Question {
  readonly resolve: (result: string) => void;
  readonly reject: (error: Error) => void;
}

export class Peer {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #questions = new Map<string, Question>();
  readonly #exited: Promise<void>;
  #asked = 0;

  constructor(command: string, args: readonly string[]) {
    this.#process = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    createInterface({ input: this.#process.stdout }).on("line", (line) => this.#hear(line));
    this.#exited = new Promise((resolve) => {
      this.#process.on("close", () => {
        for (const { reject } of this.#questions.values()) reject(new Error("the peer has ended"));
        resolve();
      });
    });
  }

  static curator(address: string): Peer {
    const source = join(import.meta.dirname, "CuratorPeer.java");
    return new Peer(JAVA, [...JVM_FLAGS, "-cp", CURATOR_JARS.join(":"), source, address]);
  }

  static kazoo(address: string): Peer {
    return new Peer(PYTHON, ["-B", join(import.meta.dirname, "kazoo_peer.py"), address]);
  }

  /** @throws Error with what the peer says of its failure. */
  ask(command: string, ...args: readonly (string | number)[]): Promise<string> {
    const id = `${++this.#asked}`;
    return new Promise((resolve, reject) => {
      this.#questions.set(id, { resolve, reject });
      this.#process.stdin.write(`${[id, command, ...args].join(" ")}\n`);
    });
  }

  async close(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#exited;
  }

  #hear(line: string): void {
    const [, id = "", verdict, text = ""] = ANSWER.exec(line) ?? [];
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    if (verdict === "ok") question?.resolve(text);
    else question?.reject(new Error(text));
  }
}
