/**
 * The servers of the scale benchmark: on data and ports of their own, which they keep when they are killed and started
 * again.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EdgekeeperServer, startEdgekeeper } from "../../test/support/edgekeeper-server.ts";
import { startRealZooKeeper } from "../../test/support/real-zookeeper.ts";
import { freePort } from "../free-port.ts";
import { DEBIAN_JVM_FLAGS } from "../servers.ts";
import type { Address } from "../tcp-channel.ts";
import type { ServerName } from "./server-name.ts";

export interface ScaleServer {
  readonly name: ServerName;
  readonly address: Address;
  /** Where Edgekeeper takes HTTP and WebSockets. */
  readonly http: Address | undefined;
  /** The process that serves, without those that only started it. */
  readonly pid: number;
  /** All processes that belong to it. */
  readonly pids: readonly number[];
  /** SIGKILL; the data stays. */
  kill(): Promise<void>;
  /** Starts it on its data and ports; it must not run. */
  start(): Promise<void>;
  /** Makes it write its state in the form that it starts from most quickly, by its own means. */
  settle(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export interface ScaleServerOptions {
  readonly heapMb: number;
  /** Arguments of `npm start`, for Edgekeeper. */
  readonly args?: readonly string[];
}

const HOST = "127.0.0.1";

/** Starts a server with empty storage. */
export async function startScaleServer(
  name: ServerName,
  options: ScaleServerOptions,
): Promise<ScaleServer> {
  return name === "zookeeper" ? await startZooKeeper(options) : await startEdge(options);
}

async function startEdge({ args = [] }: ScaleServerOptions): Promise<ScaleServer> {
  const dataDir = mkdtempSync(join(tmpdir(), "bench-scale-"));
  const removeData = (): void => rmSync(dataDir, { recursive: true, force: true });
  process.once("exit", removeData);
  const [zkPort, httpPort] = [await freePort(HOST), await freePort(HOST)];
  const ports = ["--zk-port", String(zkPort), "--port", String(httpPort)];
  const start = (): Promise<EdgekeeperServer> =>
    startEdgekeeper({ dataDir, args: [...ports, ...args] });
  let server = await start();
  return {
    name: "edgekeeper",
    address: { host: HOST, port: zkPort },
    http: { host: HOST, port: httpPort },
    get pid() {
      return server.workerdPid;
    },
    get pids() {
      return [server.workerdPid, server.pid];
    },
    kill: () => server.kill(),
    start: async () => {
      server = await start();
    },
    settle: () => Promise.resolve(), // It starts from what every commit leaves behind.
    stop: async () => {
      await server.stop();
      process.off("exit", removeData);
      removeData();
    },
  };
}

async function startZooKeeper({ heapMb }: ScaleServerOptions): Promise<ScaleServer> {
  const server = await startRealZooKeeper({ heapMb, extraJvmFlags: DEBIAN_JVM_FLAGS });
  return {
    name: "zookeeper",
    address: { host: server.host, port: server.port },
    http: undefined,
    get pid() {
      return server.pid;
    },
    get pids() {
      return [server.pid];
    },
    kill: () => server.kill(),
    start: () => server.restart(),
    // It takes a snapshot whenever it starts, once it has read the one before and the log behind that.
    settle: () => server.restart(),
    stop: () => server.stop(),
  };
}
