/**
 * What the four-letter words and the AdminServer's commands need to know of a running server. They see nothing else,
 * so that what they answer can be tested without a server. Functions stand for what takes work to find out: a word
 * calls only those that it needs.
 */
import type { SessionId, Zxid } from "../../protocol/records.ts";
import type { ConnectionStatistics } from "./connection-statistics.ts";
import type { ServerStatistics } from "./server-statistics.ts";

/** How the server was set up: what zoo.cfg says of a ZooKeeper. */
export interface ServerSettings {
  /** Port of the ZooKeeper listener, or -1 where there is none, as on Cloudflare. */
  readonly clientPort: number;
  /** Names where the data is, since there is no directory: `durable-object:default`, say. */
  readonly dataDir: string;
  readonly tickTimeMs: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  /** Connections that one address may have; 0 for any number. */
  readonly maxClientCnxns: number;
  /** The variable FOUR_LETTER_WORDS, in the form of `4lw.commands.whitelist`. */
  readonly fourLetterWords: string;
}

/** What the tree holds. */
export interface TreeTotals {
  /** The root and ZooKeeper's own znodes included. */
  readonly znodeCount: number;
  /** UTF-16 units of all paths and bytes of all data, as `DataTree.approximateDataSize` counts them. */
  readonly approximateDataSize: number;
}

/** A connection, be it of a session, of a client that has none yet, or of who asks this. */
export interface ConnectionRecord {
  /** `127.0.0.1:4711`, `[::1]:4711`, or without the port where it is not known. */
  readonly address: string;
  /** 0 before the handshake. */
  readonly sessionId: SessionId;
  /** Negotiated, in milliseconds; 0 before the handshake. */
  readonly sessionTimeoutMs: number;
  /** When the server gives the connection up unless it is heard of, in milliseconds since 1970. */
  readonly expiresMs: number;
  /** A sum of {@link InterestOps}. */
  readonly interestOps: number;
  /** Requests that were read and not answered. */
  readonly outstanding: number;
  readonly statistics: ConnectionStatistics;
}

/** What the server waits for on a connection (`SelectionKey`). */
export const InterestOps = {
  /** Who asked a four-letter word is not listened to any more. */
  none: 0,
  read: 1,
  /** Set while something waits to be sent. */
  write: 4,
} as const;

export interface SessionRecord {
  readonly id: SessionId;
  /** When it is over unless it is heard of, in milliseconds since 1970. */
  readonly expiresMs: number;
  readonly ephemeralPaths: readonly string[];
}

/** The watches of one connection. */
export interface WatchRecord {
  readonly sessionId: SessionId;
  /** Paths whose data it watches. */
  readonly data: WatchedPaths;
  /** Paths whose children it watches. */
  readonly child: WatchedPaths;
}

/** A set of paths, or a map by path. */
export interface WatchedPaths {
  readonly size: number;
  keys(): Iterable<string>;
}

/** The trace mask is kept and shown, and has no effect: a 64-bit number of the one who set it. */
export interface TraceMask {
  value: bigint;
}

/** What ZooKeeper's trace mask is unless it is set: requests, packets, sessions and warnings. */
export const DEFAULT_TRACE_MASK = 0b1_0011_0010n;

export interface AdminView {
  /** Begins with the ZooKeeper version that is spoken: see {@link versionText}. */
  readonly version: string;
  readonly settings: ServerSettings;
  /** What is known of the machine, under ZooKeeper's names (`host.name`, …) and in its order. */
  readonly environment: readonly (readonly [name: string, value: string])[];
  /** In milliseconds since 1970. */
  readonly nowMs: number;
  /** When the server began to serve, in milliseconds since 1970. */
  readonly startedMs: number;
  /** The last zxid given out. */
  readonly lastZxid: Zxid;
  /** Requests of all connections that were read and not answered. */
  readonly outstanding: number;
  readonly statistics: ServerStatistics;
  readonly traceMask: TraceMask;
  tree(): TreeTotals;
  /** Bytes of the database. There is no log beside it. */
  dataDirSize(): number;
  connections(): readonly ConnectionRecord[];
  sessions(): readonly SessionRecord[];
  watches(): readonly WatchRecord[];
}

/** The ZooKeeper whose protocol is spoken. Monitoring and clients choose by it what they ask for. */
const ZOOKEEPER_VERSION = "3.8.0";

/**
 * The version in the form that ZooKeeper has it: `3.8.0-edgekeeper.0.1.0, built on 2026-11-24 08:49 UTC`. What cannot
 * say when it was built leaves that out.
 */
export function versionText(edgekeeperVersion: string, builtOn?: string): string {
  const version = `${ZOOKEEPER_VERSION}-edgekeeper.${edgekeeperVersion}`;
  return builtOn === undefined ? version : `${version}, built on ${builtOn}`;
}
