/**
 * A single Redis (Debian's package redis-server) on a loopback port, which syncs every write to disk before it answers, as
 * Edgekeeper does.
 */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { guardAgainstOrphan } from "../../scripts/server/orphan-guard.ts";
import { freePort } from "../free-port.ts";
import { RedisConnection } from "./redis-connection.ts";

export const REDIS_MISSING =
  "Redis: not measured, it is not installed (apt-get install redis-server).";

export interface RedisServer {
  readonly pid: number | undefined;
  readonly version: string;
  readonly port: number;
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";
const START_TIMEOUT_MS = 10_000;
const POLL_MS = 20;

/** Undefined when it is not installed. */
export async function startRedis(): Promise<RedisServer | undefined> {
  const { stdout } = await promisify(execFile)("redis-server", ["--version"]).catch(() => ({
    stdout: "",
  }));
  const version = / v=(\S+)/.exec(stdout)?.[1];
  if (version === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "bench-redis-"));
  const port = await freePort(HOST);
  const child = spawn(
    "redis-server",
    [
      ["--bind", HOST, "--port", String(port), "--dir", folder],
      ["--appendonly", "yes", "--appendfsync", "always", "--save", ""],
    ].flat(),
    { stdio: "ignore" },
  );
  const guard = child.pid === undefined ? undefined : guardAgainstOrphan(child.pid);
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exited;
    guard?.[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  };
  if (!(await answers(port))) {
    await stop();
    throw new Error(`Redis did not answer within ${START_TIMEOUT_MS} ms`);
  }
  return { pid: child.pid, version, port, stop };
}

async function answers(port: number): Promise<boolean> {
  const giveUpAtMs = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < giveUpAtMs) {
    const connection = await RedisConnection.open(HOST, port).catch(() => undefined);
    const answer = await connection?.ask("PING").catch(() => undefined);
    connection?.close();
    if (answer === "PONG") return true;
    await delay(POLL_MS);
  }
  return false;
}
