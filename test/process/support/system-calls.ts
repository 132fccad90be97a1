/**
 * Watches the system calls of a running process, with strace.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { soon } from "./conditions.ts";

export interface SystemCall {
  readonly name: string;
  /** Of the file that its first argument stands for. */
  readonly path: string;
  /** What a receive got or a send sent. */
  readonly bytes: Buffer;
  /** Position among all that was seen at which it began, and at which it ended. */
  readonly began: number;
  readonly ended: number;
}

/** What strace is asked for: what carries requests and replies, and what makes writes durable. */
const TRACED = ["recvfrom", "read", "readv", "recvmsg", "sendto", "write", "writev", "sendmsg"];
const SYNCS = ["fsync", "fdatasync"];

export function isSync(call: SystemCall): boolean {
  return SYNCS.includes(call.name);
}

export class SystemCallTrace implements Disposable {
  readonly #strace: ChildProcess;
  readonly #folder: string;
  readonly #exited: Promise<void>;
  #complaints = "";

  private constructor(pid: number) {
    this.#folder = mkdtempSync(join(tmpdir(), "edgekeeper-strace-"));
    const options = ["-f", "-y", "-xx", "-s", "4096", "-o", this.#file];
    const trace = `trace=${[...TRACED, ...SYNCS].join()}`;
    this.#strace = spawn("strace", [...options, "-e", trace, "-p", `${pid}`], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#exited = new Promise((resolve) => this.#strace.once("close", () => resolve()));
  }

  /** Says why there can be no trace on this machine, and what to do about it. */
  static async whyNot(): Promise<string | undefined> {
    if (process.platform !== "linux") return "system calls are watched on Linux only";
    const { error } = spawnSync("strace", ["-V"]);
    if (error !== undefined) return "strace is not installed: run `apt-get install -y strace`";
    // Another child of ours is as much of a stranger to strace as a server is.
    const stranger = spawn(process.execPath, ["-e", "setInterval(() => {}, 60_000)"]);
    try {
      (await SystemCallTrace.attach(stranger.pid as number))[Symbol.dispose]();
      return undefined;
    } catch (refusal) {
      return `${String(refusal)}: it needs CAP_SYS_PTRACE, or kernel.yama.ptrace_scope=0`;
    } finally {
      stranger.kill("SIGKILL");
    }
  }

  /**
   * Begins to watch.
   *
   * @throws Error when the system does not allow it.
   */
  static async attach(pid: number): Promise<SystemCallTrace> {
    const trace = new SystemCallTrace(pid);
    const attached = new Promise<void>((resolve, reject) => {
      trace.#strace.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
        trace.#complaints += chunk;
        if (/attached/.test(trace.#complaints)) resolve();
      });
      void trace.#exited.then(() => reject(new Error(`strace: ${trace.#complaints.trim()}`)));
    });
    try {
      await soon("strace attaches", attached);
    } catch (error) {
      trace[Symbol.dispose]();
      throw error;
    }
    return trace;
  }

  /** Ends the watch and returns what was seen, in order. */
  async finish(): Promise<SystemCall[]> {
    this.#strace.kill("SIGINT");
    await soon("strace detaches", this.#exited);
    return parse(readFileSync(this.#file, "latin1"));
  }

  [Symbol.dispose](): void {
    this.#strace.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #file(): string {
    return join(this.#folder, "calls");
  }
}

/** Lines are `pid name(fd<path>, "bytes", ...) = result`, or two halves of one when threads take turns. */
function parse(text: string): SystemCall[] {
  const unfinished = new Map<string, { readonly line: string; readonly began: number }>();
  const calls: SystemCall[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    const [, pid = "", rest = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (rest.endsWith("<unfinished ...>")) {
      unfinished.set(pid, { line: rest.slice(0, -"<unfinished ...>".length), began: at });
      continue;
    }
    const first = unfinished.get(pid);
    const second = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1];
    const whole = second === undefined ? rest : `${first?.line ?? ""}${second}`;
    const began = second === undefined ? at : (first?.began ?? at);
    const call = /^(\w+)\(\d+<([^>]*)>(.*) = -?\d+/.exec(whole);
    if (call === null) continue;
    const [, name = "", path = "", args = ""] = call;
    const [, bytes = ""] = /"((?:\\x[0-9a-f]{2})*)"/.exec(args) ?? [];
    calls.push({ name, path: unescape(path).toString(), bytes: unescape(bytes), began, ended: at });
  }
  return calls;
}

function unescape(text: string): Buffer {
  return Buffer.from(text.replaceAll("\\x", ""), "hex");
}
