/** A program that is told a command a line and answers each with a line. */
import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { CURATOR_JARS, DISCOVERY_JARS, JAVA, JAVA_COMPILER, PYTHON } from "../requirements.ts";

export class Peer implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #cleanUp: () => void;

  private constructor(command: string, options: readonly string[], cleanUp: () => void) {
    this.#process = spawn(command, options, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
    this.#cleanUp = cleanUp;
  }

  static curator(address: string): Peer {
    const classes = mkdtempSync(join(tmpdir(), "edgekeeper-views-"));
    const classPath = [classes, ...CURATOR_JARS, ...DISCOVERY_JARS].join(":");
    const source = join(import.meta.dirname, "Peer.java");
    execFileSync(JAVA_COMPILER, ["-nowarn", "-d", classes, "-cp", classPath, source]);
    const options = ["-XX:TieredStopAtLevel=1", "-Xmx192m", "-cp", classPath, "Peer", address];
    return new Peer(JAVA, options, () => rmSync(classes, { recursive: true }));
  }

  static kazoo(address: string): Peer {
    return new Peer(PYTHON, [join(import.meta.dirname, "peer.py"), address], () => {});
  }

  async ask(command: string): Promise<string> {
    this.#process.stdin.write(`${command}\n`);
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`the peer ended instead of an answer to "${command}"`);
    return value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("close", resolve));
    this.#process.stdin.end();
    await ended;
    this.#cleanUp();
  }
}
