/**
 * The server itself, without what tests do to it: the state machine, the sessions and their timers. Messages come in and
 * are handled at once, one after another; what they cause leaves as one message for each connection.
 */
import { createSystemZnodes } from "../core/data-tree.ts";
import { decodeFrame, handleFrame, readHandshake, writeHandshake } from "../core/frame-handler.ts";
import type { CoreLimits } from "../core/limits.ts";
import { reapDue } from "../core/reaper.ts";
import { StateMachine, type StepContext } from "../core/state-machine.ts";
import { defaultSessionTimeouts } from "../core/session-tracker.ts";
import { WatchManager } from "../core/watch-manager.ts";
import type { Clock } from "../client/index.ts";
import { OpCode } from "../protocol/op-code.ts";
import { type SessionId, writeNotificationFrame } from "../protocol/records.ts";
import { ReapableStore } from "./reapable-store.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { ServerConnection } from "./server-connection.ts";
import { SessionOwners } from "./session-owners.ts";
import { sha1Base64 } from "./sha1.ts";

/** Those of a server that nothing else was said to. */
const LIMITS: CoreLimits = {
  replyBytesMax: 32 * 1024 * 1024,
  childrenPerReplyMax: Infinity,
  watchesPerSessionMax: 500_000,
};

export interface ServerCoreOptions {
  readonly clock: Clock;
  /** What the clock's 0 is, in milliseconds since 1970. */
  readonly startMs: number;
  readonly random: SeededRandom;
  readonly tickTimeMs: number;
  readonly containerCheckIntervalMs: number;
  readonly idempotencyKeys: boolean;
}

export class ServerCore {
  readonly store = new ReapableStore();
  /** Since the beginning; without pings and handshakes. */
  readonly counters = { requests: 0, events: 0 };
  readonly #options: ServerCoreOptions;
  readonly #watches = new WatchManager();
  readonly #machine: StateMachine;
  readonly #sessions: SessionOwners;
  readonly #connections = new Set<ServerConnection>();
  /** Connections that something has happened to, and that are to be told. */
  readonly #touched = new Set<ServerConnection>();
  #isRunning = true;
  #wereConnected: ReadonlySet<SessionId> = new Set();
  #stopExpiry: (() => void) | undefined;
  #expiryMs = Infinity;
  #stopReaping: (() => void) | undefined;

  constructor(options: ServerCoreOptions) {
    const { tickTimeMs, random, idempotencyKeys } = options;
    this.#options = options;
    createSystemZnodes(this.store);
    this.#sessions = new SessionOwners(tickTimeMs);
    this.#machine = new StateMachine({
      store: this.store,
      watches: this.#watches,
      sessionTimeouts: defaultSessionTimeouts(tickTimeMs),
      randomBytes: random.bytes,
      sha1Base64,
      limits: LIMITS,
      idempotencyKeys,
    });
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  get lastZxid(): number {
    return this.#machine.lastZxid;
  }

  /** Whether it has this session: the client may not know yet that it does not. */
  hasSession(id: SessionId): boolean {
    return this.#sessions.has(id);
  }

  accept(connection: ServerConnection): void {
    this.#connections.add(connection);
  }

  receive(connection: ServerConnection, bytes: Uint8Array): void {
    if (connection.isClosed) return;
    this.#sessions.hear(connection, this.#nowMs());
    const frames: Uint8Array[] = [];
    const isIntact = connection.decoder.push(bytes, frames);
    for (const frame of frames) {
      if (!connection.isClosed) this.#handle(connection, frame);
    }
    if (!isIntact) this.#disconnect(connection);
    this.#deliver();
  }

  /** A heartbeat that is no frame. */
  beat(connection: ServerConnection): void {
    if (!connection.isClosed) this.#sessions.hear(connection, this.#nowMs());
  }

  /** The connection is gone; its session lives on. */
  disconnect(connection: ServerConnection): void {
    if (!connection.isClosed) this.#disconnect(connection);
    this.#deliver();
  }

  /** Ends a session as if its time were over. */
  expire(id: SessionId): void {
    this.#expire(id);
    this.#deliver();
  }

  /** Goes down. Sessions and znodes are kept; time does not count meanwhile for who was connected. */
  stop(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    const connections = [...this.#connections];
    this.#wereConnected = new Set(connections.map(({ sessionId }) => sessionId));
    for (const connection of connections) this.disconnect(connection);
    this.#clearTimers();
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#sessions.recover(this.#wereConnected, this.#nowMs());
    this.#armExpiry();
    this.#armReaping();
  }

  #handle(connection: ServerConnection, frame: Uint8Array): void {
    this.#touched.add(connection);
    if (connection.sessionId === 0) {
      this.#handshake(connection, frame);
      return;
    }
    const decoded = decodeFrame(frame);
    if (decoded !== undefined && decoded.type !== OpCode.ping) this.counters.requests++;
    const { out } = connection;
    const result = handleFrame(this.#machine, connection, decoded, out, this.#context());
    this.#armReaping();
    if (result === "open") return;
    if (result === "sessionClosed") this.#sessions.forget(connection.sessionId);
    this.#disconnect(connection);
  }

  #handshake(connection: ServerConnection, frame: Uint8Array): void {
    const nowMs = this.#nowMs();
    const request = readHandshake(frame);
    const outcome = request && this.#machine.connect(request, nowMs);
    if (request === undefined || outcome === undefined || outcome.kind === "ahead") {
      this.#disconnect(connection);
      return;
    }
    if (outcome.kind === "expired") {
      writeHandshake(connection.out, request, undefined);
      this.#disconnect(connection);
      return;
    }
    const { session } = outcome;
    // A session has one connection: whoever takes it over disconnects the one before.
    const owner = this.#sessions.connectionOf(session.id);
    if (owner !== undefined) this.#disconnect(owner);
    writeHandshake(connection.out, request, session);
    this.#sessions.attach(session, connection, nowMs);
    this.#armExpiry();
  }

  #disconnect(connection: ServerConnection): void {
    connection.isClosed = true;
    this.#connections.delete(connection);
    this.#watches.removeWatcher(connection);
    this.#sessions.detach(connection);
    this.#touched.add(connection);
  }

  #expire(id: SessionId): void {
    if (!this.#sessions.has(id)) return;
    // Nobody tells an expired client: it finds out when it reconnects.
    const owner = this.#sessions.connectionOf(id);
    if (owner !== undefined) this.#disconnect(owner);
    this.#sessions.forget(id);
    this.#machine.closeSession(id, this.#context());
    this.#armReaping();
  }

  /** Sends what was written, the causes' own connections included. */
  #deliver(): void {
    for (const connection of this.#touched) {
      const { out, outlet } = connection;
      if (out.length > 0) outlet.send(out.take());
      if (connection.isClosed) outlet.close("closed by the server");
    }
    this.#touched.clear();
  }

  #armExpiry(): void {
    const deadlineMs = this.#sessions.nextDeadline() ?? Infinity;
    if (!this.#isRunning || deadlineMs >= this.#expiryMs) return;
    this.#stopExpiry?.();
    this.#expiryMs = deadlineMs;
    const onDue = (): void => {
      this.#expiryMs = Infinity;
      for (const id of this.#sessions.takeExpired(this.#nowMs())) this.#expire(id);
      this.#deliver();
      this.#armExpiry();
    };
    this.#stopExpiry = this.#options.clock.startTimer(onDue, deadlineMs - this.#nowMs());
  }

  #armReaping(): void {
    const { clock, containerCheckIntervalMs } = this.#options;
    const isNeeded = this.#isRunning && this.store.hasReapable;
    if (!isNeeded || this.#stopReaping !== undefined) return;
    const onDue = (): void => {
      this.#stopReaping = undefined;
      const nowMs = this.#nowMs();
      reapDue(
        {
          paths: () => this.store.reapablePaths(),
          prefetch: () => {
            // All of it is in memory.
          },
          getZnode: (path) => this.store.getZnode(path),
          reap: (path) => this.#machine.reap(path, this.#context()),
        },
        nowMs,
      );
      this.#deliver();
      this.#armReaping();
    };
    this.#stopReaping = clock.startTimer(onDue, containerCheckIntervalMs);
  }

  #clearTimers(): void {
    this.#stopExpiry?.();
    this.#stopReaping?.();
    this.#expiryMs = Infinity;
    this.#stopReaping = undefined;
  }

  #nowMs(): number {
    return Math.floor(this.#options.startMs + this.#options.clock.now());
  }

  #context(): StepContext {
    return {
      nowMs: this.#nowMs(),
      notify: (watcher, type, path) => {
        const connection = watcher as ServerConnection;
        writeNotificationFrame(connection.out, type, path);
        this.counters.events++;
        this.#touched.add(connection);
      },
    };
  }
}
