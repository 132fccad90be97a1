/**
 * The servers under test: started here with the settings that make the comparison fair, or running somewhere already.
 */
import { startEdgekeeper } from "../test/support/edgekeeper-server.ts";
import { startRealZooKeeper } from "../test/support/real-zookeeper.ts";
import type { Address } from "./tcp-channel.ts";

/** In the order in which they take turns. */
export const serverNames = ["edgekeeper", "zookeeper", "edgekeeper-ws", "echo", "etcd"] as const;
export type ServerName = (typeof serverNames)[number];

/** What a server answers to: frames of ZooKeeper's protocol, frames that it sends back as they are, or gRPC. */
export type Protocol = "zookeeper" | "echo" | "etcd";

export interface Server {
  readonly name: string;
  /** ZooKeeper's without it. */
  readonly protocol?: Protocol;
  readonly address: Address;
  /** Where Edgekeeper answers HTTP. */
  readonly http?: Address;
  /** Undefined for a server that was not started here. */
  readonly pid?: number;
  /** Of a server that tells it before it is asked over the network. */
  readonly version?: string;
  /** What it printed, where that is known: the first thing to read when it failed. */
  output?(): string;
  stop(): Promise<void>;
}

const ZOOKEEPER_HEAP_MB = 1024;

/**
 * The tests' ZooKeeper is tuned to start quickly (serial collector, first compiler only). Debian starts it with an empty
 * JAVA_OPTS, hence with what Java chooses on a machine of two cores and more: both compilers and G1.
 */
export const DEBIAN_JVM_FLAGS = ["-XX:TieredStopAtLevel=4", "-XX:-UseSerialGC", "-XX:+UseG1GC"];

export function protocolOf({ protocol }: Server): Protocol {
  return protocol ?? "zookeeper";
}

/** Uses the server at `address`; nothing is started or stopped. */
export function useServer(name: ServerName, address: Address, http?: Address): Server {
  return { name, address, ...(http && { http }), stop: () => Promise.resolve() };
}

/**
 * Starts a server with empty storage on a free loopback port.
 *
 * @throws Error with the command to run when something must be installed first.
 */
export async function startServer(name: "edgekeeper" | "zookeeper"): Promise<Server> {
  return name === "zookeeper" ? await startZooKeeper() : await startEdgekeeperServer();
}

async function startZooKeeper(): Promise<Server> {
  const server = await startRealZooKeeper({
    heapMb: ZOOKEEPER_HEAP_MB,
    extraJvmFlags: DEBIAN_JVM_FLAGS,
  });
  return {
    name: "zookeeper",
    address: { host: server.host, port: server.port },
    pid: server.pid,
    stop: () => server.stop(),
  };
}

async function startEdgekeeperServer(): Promise<Server> {
  const server = await startEdgekeeper();
  return {
    name: "edgekeeper",
    address: { host: server.host, port: server.zkPort },
    http: { host: server.host, port: server.httpPort },
    pid: server.workerdPid,
    output: () => server.output(),
    stop: async () => void (await server.stop()),
  };
}
