/**
 * A single etcd (Debian's package etcd-server) on a loopback port, with its defaults: fsync is on.
 */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { guardAgainstOrphan } from "../../scripts/server/orphan-guard.ts";
import type { Server } from "../servers.ts";
import type { Address } from "../tcp-stream.ts";
import { EtcdControl } from "./etcd-control.ts";
import { freePort } from "../free-port.ts";

export const ETCD_MISSING =
  "etcd: not installed, run `apt-get install -y etcd-server` (Debian 12 has 3.4.23).";

const host = "127.0.0.1";
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
/** Nothing is compacted meanwhile: every version of every key stays. */
const QUOTA_BYTES = 8 * 2 ** 30;
const OUTPUT_CHARACTERS_MAX = 4_000;

/** Undefined when it is not installed. */
export async function startEtcd(): Promise<Server | undefined> {
  const version = await etcdVersion();
  if (version === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "bench-etcd-"));
  const address = { host, port: await freePort(host) };
  const child = spawn("etcd", argumentsOf(folder, address, await freePort(host)), {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const guard = child.pid === undefined ? undefined : guardAgainstOrphan(child.pid);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-OUTPUT_CHARACTERS_MAX);
    });
  }
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const onExit = (): void => {
    child.kill("SIGKILL");
    remove();
  };
  process.once("exit", onExit);
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exited;
    guard?.[Symbol.dispose]();
    process.off("exit", onExit);
    remove();
  };
  if (!(await serves(address))) {
    await stop();
    throw new Error(`etcd did not serve within ${START_TIMEOUT_MS} ms:\n${output}`);
  }
  const pid = child.pid === undefined ? {} : { pid: child.pid };
  return { name: "etcd", protocol: "etcd", address, version, ...pid, output: () => output, stop };
}

async function etcdVersion(): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)("etcd", ["--version"]).catch(() => ({ stdout: "" }));
  return /etcd Version: (\S+)/.exec(stdout)?.[1];
}

function argumentsOf(folder: string, { port }: Address, peerPort: number): string[] {
  const [client, peer] = [`http://${host}:${port}`, `http://${host}:${peerPort}`];
  return [
    ["--name", "bench"],
    ["--data-dir", join(folder, "data")],
    ["--listen-client-urls", client],
    ["--advertise-client-urls", client],
    ["--listen-peer-urls", peer],
    ["--initial-advertise-peer-urls", peer],
    ["--initial-cluster", `bench=${peer}`],
    ["--quota-backend-bytes", String(QUOTA_BYTES)],
    ["--logger", "zap"],
    ["--log-level", "error"],
  ].flat();
}

/** Whether it answers a read, which needs a leader, in time. */
async function serves(address: Address): Promise<boolean> {
  const giveUpAtMs = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < giveUpAtMs) {
    const control = await EtcdControl.open(address).catch(() => undefined);
    const keys = await control?.list("/nothing").catch(() => undefined);
    control?.destroy();
    if (keys !== undefined) return true;
    await delay(POLL_MS);
  }
  return false;
}
