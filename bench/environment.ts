/**
 * What a reader must know to believe the figures: the machine, the versions, the commit, the cost of an fsync.
 */
import { execFile } from "node:child_process";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { cpus, release, tmpdir, totalmem, type } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { median } from "./statistics.ts";
import type { Server } from "./servers.ts";
import type { Address } from "./tcp-channel.ts";

export interface Environment {
  readonly date: string;
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  /** Median time of a write of 4 KiB and its fsync, in the directory that the servers' data is in by default. */
  readonly fsyncMs: number;
  readonly node: string;
  readonly workerd: string;
  readonly zookeeper: string;
  readonly java: string;
  readonly etcd: string;
}

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const UNKNOWN = "unknown";
const NOT_MEASURED = "not measured";
const FSYNC_SAMPLES = 101;
const FSYNC_BYTES = 4096;
const ANSWER_TIMEOUT_MS = 5_000;

export async function describeEnvironment(servers: readonly Server[]): Promise<Environment> {
  const processors = cpus();
  const zookeeper = servers.find(({ name }) => name === "zookeeper");
  const etcd = servers.find(({ name }) => name === "etcd");
  return {
    date: new Date().toISOString(),
    commit: await describeCommit(),
    cpu: processors[0]?.model.trim() ?? UNKNOWN,
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    fsyncMs: await measureFsync(),
    node: process.version.slice(1),
    workerd: await installedVersion("workerd"),
    zookeeper: zookeeper ? await zookeeperVersion(zookeeper.address) : NOT_MEASURED,
    java: zookeeper?.pid === undefined ? UNKNOWN : await javaVersion(),
    etcd: etcd ? (etcd.version ?? UNKNOWN) : NOT_MEASURED,
  };
}

async function describeCommit(): Promise<string> {
  const commit = await run("git", ["-C", repository, "rev-parse", "--short", "HEAD"]);
  const changes = await run("git", ["-C", repository, "status", "--porcelain"]);
  if (commit === undefined) return "none";
  return changes === "" ? commit : `${commit} with changes`;
}

async function installedVersion(name: string): Promise<string> {
  const file = join(repository, "node_modules", name, "package.json");
  const text = await readFile(file, "utf8").catch(() => "{}");
  return (JSON.parse(text) as { version?: string }).version ?? UNKNOWN;
}

/** Java says it on stderr. */
async function javaVersion(): Promise<string> {
  const { stderr } = await promisify(execFile)("java", ["-version"]).catch(() => ({ stderr: "" }));
  return /version "([^"]+)"/.exec(stderr)?.[1] ?? UNKNOWN;
}

async function run(command: string, args: readonly string[]): Promise<string | undefined> {
  const done = await promisify(execFile)(command, [...args]).catch(() => undefined);
  return done?.stdout.trim();
}

/** Asks with the four-letter word `srvr`, the one that every ZooKeeper answers by default. */
async function zookeeperVersion(address: Address): Promise<string> {
  const text = await new Promise<string>((resolve) => {
    let received = "";
    const socket = connect(address, () => socket.write("srvr"));
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
    socket.on("data", (chunk) => (received += chunk.toString()));
    socket.on("error", () => socket.destroy()); // What was not received is unknown, and said so.
    socket.on("close", () => resolve(received));
  });
  return /Zookeeper version: ([^-,\s]+)/.exec(text)?.[1] ?? UNKNOWN;
}

async function measureFsync(): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), "bench-fsync-"));
  const file = await open(join(directory, "file"), "w");
  const block = new Uint8Array(FSYNC_BYTES);
  const times: number[] = [];
  for (let i = 0; i < FSYNC_SAMPLES; i++) {
    const startedMs = performance.now();
    await file.write(block);
    await file.datasync();
    times.push(performance.now() - startedMs);
  }
  await file.close();
  await rm(directory, { recursive: true });
  return median(times);
}
