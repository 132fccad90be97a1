/**
 * Edgekeeper on a workerd of the benchmark's own, whose object reports every invocation of a handler.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { guardAgainstOrphan } from "../../../scripts/server/orphan-guard.ts";
import { writeWorkerConfig } from "../../servers/worker-config.ts";
import type { Address } from "../../tcp-channel.ts";

export interface CountedServer {
  readonly http: Address;
  readonly pid: number;
  /** Where the object's databases are. */
  readonly dataPath: string;
  /** Invocations so far of a namespace's object, by handler; its constructor is one of them. */
  invocations(namespace: string): ReadonlyMap<string, number>;
  /** What it printed beside that. */
  output(): string;
  stop(): Promise<void>;
}

const MAIN = "bench/scale/idle/worker/counted-worker.ts";
const HOST = "127.0.0.1";
const OUTPUT_CHARS_MAX = 20_000;

export async function startCountedServer(
  vars: Readonly<Record<string, unknown>>,
): Promise<CountedServer> {
  const folder = mkdtempSync(join(tmpdir(), "bench-scale-idle-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  const config = await writeWorkerConfig(folder, HOST, MAIN, {
    vars: { ACCESS: "open", ...vars },
  });
  const child = spawn(
    (createRequire(import.meta.url)("workerd") as { readonly default: string }).default,
    ["serve", config, "config", "--control-fd=3"],
    { cwd: folder, stdio: ["ignore", "pipe", "pipe", "pipe"] },
  );
  const guard = guardAgainstOrphan(child.pid as number);
  const exited = once(child, "exit");
  const counts = new Map<string, Map<string, number>>();
  let output = "";
  const [, stdout, stderr, control] = child.stdio;
  for (const stream of [stdout, stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => {
      const [, namespace, handler] = /^invocation (\S*) (\w+)$/.exec(line) ?? [];
      if (namespace === undefined || handler === undefined) {
        output = `${output}${line}\n`.slice(-OUTPUT_CHARS_MAX);
      } else {
        const handlers = counts.get(namespace) ?? new Map<string, number>();
        handlers.set(handler, (handlers.get(handler) ?? 0) + 1);
        counts.set(namespace, handlers);
      }
    });
  }
  const listening = readHttpPort(control as NodeJS.ReadableStream);
  const port = await Promise.race([listening, exited.then(() => undefined)]);
  if (port === undefined) throw new Error(`workerd did not start:\n${output}`);
  return {
    http: { host: HOST, port },
    pid: child.pid as number,
    dataPath: folder,
    invocations: (namespace) => new Map(counts.get(namespace)),
    output: () => output,
    stop: async () => {
      child.kill("SIGKILL");
      await exited;
      guard[Symbol.dispose]();
      process.off("exit", remove);
      remove();
    },
  };
}

async function readHttpPort(control: NodeJS.ReadableStream): Promise<number> {
  return await new Promise((resolve) => {
    createInterface({ input: control }).on("line", (line) => {
      const message = JSON.parse(line) as { event: string; socket: string; port: number };
      if (message.event === "listen" && message.socket === "http") resolve(message.port);
    });
  });
}
