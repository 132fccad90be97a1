/**
 * What the four-letter words and the AdminServer's commands see of a subtree object.
 */
import { answerWord, parseWhitelist, type SaidWord } from "./admin/four-letter-words.ts";
import type { SessionTimeouts } from "../core/session-tracker.ts";
import {
  type AdminArguments,
  type AdminResponse,
  listAdminCommands,
  runAdminCommand,
} from "./admin/admin-commands.ts";
import {
  type AdminView,
  type ConnectionRecord,
  DEFAULT_TRACE_MASK,
  InterestOps,
  type ServerSettings,
  type TraceMask,
  versionText,
} from "./admin/admin-view.ts";
import { type Channel, HANDSHAKE_MS } from "./channel.ts";
import type { Env } from "./env.ts";
import type { Limits } from "./limits.ts";
import type { SqliteStore } from "./sqlite-store.ts";
import type { Subtree } from "./subtree.ts";
import { VERSION } from "./version.ts";

/** Shown where there is no port to show. */
const NO_PORT = -1;

const encoder = new TextEncoder();

export interface SubtreeAdminOptions {
  readonly env: Env;
  readonly namespace: string;
  readonly sessionTimeouts: SessionTimeouts;
  readonly limits: Limits;
  readonly store: SqliteStore;
  readonly subtree: Subtree;
  readonly channels: () => readonly Channel[];
  /** Milliseconds since 1970. */
  readonly startedMs: number;
}

export class SubtreeAdmin {
  readonly #options: SubtreeAdminOptions;
  readonly #whitelist: ReadonlySet<string>;
  readonly #traceMask: TraceMask = { value: DEFAULT_TRACE_MASK };

  constructor(options: SubtreeAdminOptions) {
    this.#options = options;
    // A word comes before anybody could prove who it is.
    const isOpen = options.env.ACCESS === "open";
    this.#whitelist = isOpen ? parseWhitelist(options.env.FOUR_LETTER_WORDS) : new Set();
  }

  /** The answer to a word that a channel has said instead of a frame. */
  answerWord(said: SaidWord, asker: Channel): Uint8Array<ArrayBuffer> {
    return new Uint8Array(encoder.encode(answerWord(said, this.#whitelist, this.#view(asker))));
  }

  /** Answers a command, or for an empty name with the list of them, for the path that it is served at. */
  runCommand(name: string, query: AdminArguments, path: string): AdminResponse {
    return name === ""
      ? listAdminCommands(path)
      : runAdminCommand(name, query, this.#view(undefined));
  }

  #view(asker: Channel | undefined): AdminView {
    const { store, subtree, startedMs, channels } = this.#options;
    return {
      version: versionText(VERSION),
      settings: this.#settings(),
      // What ZooKeeper says where it does not know its own.
      environment: [["host.name", "<NA>"]],
      nowMs: Date.now(),
      startedMs,
      lastZxid: store.lastZxid,
      outstanding: channels().reduce((sum, { outstanding }) => sum + outstanding, 0),
      statistics: subtree.statistics,
      traceMask: this.#traceMask,
      tree: () => {
        const { znodes, size } = store.treeTotals();
        return { znodeCount: znodes, approximateDataSize: size };
      },
      dataDirSize: () => store.databaseSize,
      connections: () => channels().map((channel) => this.#connection(channel, asker)),
      sessions: () => {
        const ephemerals = store.ephemeralsByOwner();
        return subtree.sessions
          .deadlines()
          .map((session) => ({ ...session, ephemeralPaths: ephemerals.get(session.id) ?? [] }));
      },
      watches: () =>
        channels().map((channel) => ({
          sessionId: channel.sessionId,
          data: subtree.watches.pathsOf("data", channel),
          child: subtree.watches.pathsOf("child", channel),
        })),
    };
  }

  #settings(): ServerSettings {
    const { env, limits, namespace, sessionTimeouts } = this.#options;
    const { connectionsPerAddressMax: most } = limits;
    return {
      clientPort: env.TCP_PORT ?? NO_PORT,
      dataDir: `durable-object:${namespace}`,
      tickTimeMs: env.TICK_TIME_MS,
      minSessionTimeoutMs: sessionTimeouts.minMs,
      maxSessionTimeoutMs: sessionTimeouts.maxMs,
      maxClientCnxns: most === Infinity ? 0 : most,
      fourLetterWords: env.FOUR_LETTER_WORDS,
    };
  }

  #connection(channel: Channel, asker: Channel | undefined): ConnectionRecord {
    const { session, statistics } = channel;
    return {
      address: channel.remote,
      sessionId: channel.sessionId,
      sessionTimeoutMs: session?.timeoutMs ?? 0,
      expiresMs:
        session === undefined
          ? statistics.establishedMs + HANDSHAKE_MS
          : session.heardMs + session.timeoutMs,
      interestOps: channel === asker ? InterestOps.none : this.#interestIn(channel),
      outstanding: channel.outstanding,
      statistics,
    };
  }

  #interestIn(channel: Channel): number {
    const read = this.#options.subtree.isHeld(channel) ? InterestOps.none : InterestOps.read;
    return read + (channel.transport.pendingBytes > 0 ? InterestOps.write : InterestOps.none);
  }
}
