/**
 * The batch engine: what has arrived, from all channels, is applied in one turn, committed once, and answered with
 * one message a channel. See docs/design/batches.md.
 */
import {
  decodeFrame,
  handleFrame,
  readHandshake,
  throttlableHeader,
  throttleRequest,
  writeHandshake,
} from "../core/frame-handler.ts";
import { reapDue } from "../core/reaper.ts";
import { isOver } from "../core/grant.ts";
import { type OnReply, StateMachine, type StepContext } from "../core/state-machine.ts";
import type { Session } from "../core/store.ts";
import type { WantedSession } from "../services/call-host.ts";
import { SessionTracker, type SessionTimeouts } from "../core/session-tracker.ts";
import { addTouchedPaths } from "../core/touched-paths.ts";
import { createSystemZnodes } from "../core/data-tree.ts";
import type { NotifyWatcher, WatchManager } from "../core/watch-manager.ts";
import type { Sha1Base64 } from "../core/auth.ts";
import { FRAME_HEADER_BYTES } from "../protocol/limits.ts";
import type { SessionId, Zxid } from "../protocol/records.ts";
import { writeNotificationFrame } from "../protocol/records.ts";
import { ServerStatistics } from "./admin/server-statistics.ts";
import type { AlarmScheduler } from "./alarm-scheduler.ts";
import type { Channel } from "./channel.ts";
import type { Arrival } from "./lane.ts";
import type { Limits } from "./limits.ts";
import { RequestQueue } from "./request-queue.ts";
import { SessionRegistry } from "./session-registry.ts";
import type { SqliteStore } from "./sqlite-store.ts";

/** Frames that one batch takes at most: what arrives behind them waits for the next. */
const BATCH_FRAMES_MAX = 8_192;

/** Bytes of replies after which a batch ends. */
const BATCH_BYTES_MAX = 4 * 1024 * 1024;

/** Bytes of replies and events that a client may leave unread before it is disconnected. */
const UNREAD_BYTES_MAX = 32 * 1024 * 1024;

/** Bytes of requests that a client may have waiting while it does not read, before it is disconnected. */
const HELD_BYTES_MAX = 8 * 1024 * 1024;

/** Requests that are read ahead of a client that can be made to wait. More would only fill the memory. */
const READ_AHEAD_MAX = 1_000;

/** How many times the requests that may wait a client may have waiting, refused ones included, before it is disconnected. */
const OUTSTANDING_FACTOR_MAX = 50;

/** Says to a WebSocket client that its grant is over ("unauthorized", as registered for WebSockets). */
const UNAUTHORIZED = 3000;

const EXPIRY = "session expiry";
const GRANTS = "ends of grants";
const REAPING = "containers and TTLs";
const TRIMMING = "kept answers";

export interface SubtreeOptions {
  readonly store: SqliteStore;
  readonly alarms: AlarmScheduler;
  readonly tickTimeMs: number;
  readonly sessionTimeouts: SessionTimeouts;
  /** How often containers and znodes with a TTL are looked at, in milliseconds. */
  readonly reapIntervalMs: number;
  readonly enforceQuota: boolean;
  readonly superDigest: string | undefined;
  readonly limits: Limits;
  readonly randomBytes: (count: number) => Uint8Array<ArrayBuffer>;
  readonly sha1Base64: Sha1Base64;
  /** Called with each channel that got frames, events or a session in a batch, before it commits. */
  readonly onTouched: (channel: Channel, nowMs: number) => void;
}

export class Subtree {
  readonly watches: WatchManager;
  readonly sessions: SessionRegistry;
  /** Counted since the object was constructed. */
  readonly counters = { batches: 0, requests: 0, alarmsSet: 0 };
  readonly statistics = new ServerStatistics();

  readonly #options: SubtreeOptions;
  readonly #machine: StateMachine;
  readonly #queue = new RequestQueue();
  /** Channels that something has happened to since the last batch was sent, and those of them that end. */
  readonly #touched = new Set<Channel>();
  readonly #closing = new Set<Channel>();
  /** The request that is being handled. */
  #answering: Arrival | undefined;
  #answeringMs = 0;
  /** Rows of all batches so far. */
  #rowsCommitted = 0;

  constructor(options: SubtreeOptions, watches: WatchManager) {
    const { store, tickTimeMs } = options;
    this.#options = options;
    this.watches = watches;
    createSystemZnodes(store);
    this.sessions = new SessionRegistry(new SessionTracker(tickTimeMs), store.sessions);
    this.#machine = new StateMachine({ ...options, watches: this.watches });
    options.alarms.define(EXPIRY, (nowMs) => this.#expire(nowMs));
    options.alarms.define(GRANTS, (nowMs) => this.#endGrants(nowMs));
    options.alarms.define(REAPING, (nowMs) => this.#reap(nowMs));
    options.alarms.define(TRIMMING, (nowMs) => store.trimAnswers(nowMs));
  }

  /** Takes up the sessions of an earlier incarnation, once those of hibernated sockets are attached. */
  recover(nowMs: number): void {
    const { store, alarms, reapIntervalMs } = this.#options;
    this.sessions.recover(nowMs);
    if (store.takeReapingAhead()) alarms.scheduleBy(REAPING, nowMs + reapIntervalMs);
    this.#scheduleExpiry(this.sessions.nextDeadline());
    for (const channel of this.sessions.channels()) this.#scheduleEnd(channel);
    this.#scheduleTrimming();
  }

  /** Frames that wait for a batch. */
  get queued(): number {
    return this.#queue.size;
  }

  /** Queues a frame; undefined stands for the end of what the channel will send. */
  receive(channel: Channel, frame: Uint8Array | undefined, nowMs: number): void {
    if (channel.closed) return;
    if (frame !== undefined) {
      this.statistics.received(channel.statistics, frame.length + FRAME_HEADER_BYTES);
      // Not only when its turn comes: a client is not late because others are many.
      if (channel.session !== undefined && !channel.isLocal) channel.session.heardMs = nowMs;
    }
    const refused = this.#isCrowded(channel) && frame && throttlableHeader(frame);
    if (refused) this.#queue.refuse(channel, refused.xid, refused.type, nowMs);
    else this.#queue.push(channel, frame, nowMs);
    if (this.#isFlooding(channel) || this.#holdsTooMuch(channel)) this.#cutOff(channel);
  }

  /**
   * Gives the channel of a call a session, a new one or one that there is, so that what the call asks for and the session are
   * committed together; undefined when there is no such session.
   */
  attachCall(channel: Channel, wanted: WantedSession, nowMs: number): Session | undefined {
    const machine = this.#machine;
    const session =
      wanted.id === undefined
        ? machine.openSession(wanted.ttlMs, nowMs, channel.grant, true)
        : machine.findSession(wanted.id, wanted.passwd, wanted.ttlMs, channel.grant);
    if (session === undefined) return undefined;
    this.#scheduleExpiry(this.sessions.attachCall(session, channel, nowMs));
    return session;
  }

  /** Ends the channel of a call, and commits what that leaves of its session. */
  endCall(channel: Channel, nowMs: number): void {
    if (channel.closed) return;
    this.#disconnect(channel);
    if (this.#options.store.sessions.isChanged) {
      this.#commit(nowMs);
      this.#send();
    } else {
      // Nobody is to be told, and no batch need follow that would forget it.
      this.#touched.delete(channel);
      this.#closing.delete(channel);
    }
  }

  /** Ends a session that nobody holds anything in any more, if it is one that lives by being renewed. */
  endLease(id: SessionId, nowMs: number): void {
    const { store } = this.#options;
    const isUnused =
      this.sessions.channelsOf(id).length === 0 && store.ephemeralPaths(id).length === 0;
    if (!isUnused || store.getSession(id)?.isLease !== true) return;
    this.sessions.forget(id);
    this.#machine.closeSession(id, this.#context(nowMs));
    this.#commit(nowMs);
    this.#send();
  }

  get lastZxid(): Zxid {
    return this.#machine.lastZxid;
  }

  /** Whether no more should be taken from a channel now: its client does not read, or has enough requests waiting. */
  isHeld(channel: Channel): boolean {
    const { outstandingRequestsMax } = this.#options.limits;
    const readAheadMax = Math.min(READ_AHEAD_MAX, outstandingRequestsMax);
    return this.#queue.isHeld(channel) || channel.outstanding >= readAheadMax;
  }

  /** Whether a channel has more requests waiting, while its client does not read, than are kept for it. */
  #holdsTooMuch(channel: Channel): boolean {
    return this.#queue.heldBytes(channel) > HELD_BYTES_MAX;
  }

  /** Whether a channel sends on and on, although it is told that it is too much. */
  #isFlooding({ outstanding, transport }: Channel): boolean {
    const { outstandingRequestsMax } = this.#options.limits;
    return !transport.canWait && outstanding > outstandingRequestsMax * OUTSTANDING_FACTOR_MAX;
  }

  /** Whether a channel has too many requests waiting, and no way to be told to wait. */
  #isCrowded({ outstanding, transport, session }: Channel): boolean {
    const { outstandingRequestsMax } = this.#options.limits;
    return outstanding >= outstandingRequestsMax && !transport.canWait && session !== undefined;
  }

  /** Whether any client must read before its requests go on. */
  get isHolding(): boolean {
    return this.#queue.isHolding;
  }

  /** Lets a channel go on whose client had not read its replies. Returns whether there is now work. */
  drained(channel: Channel): boolean {
    return this.#queue.release(channel);
  }

  /**
   * Applies what has arrived, up to the limits of a batch, hands it to the platform to commit, and sends the answers behind the
   * commit. Returns the channel that it was about, when it was a single one.
   */
  runBatch(nowMs: number): Channel | undefined {
    let bytes = 0;
    const context = this.#context(nowMs);
    this.#prefetch();
    for (let frames = 0; frames < BATCH_FRAMES_MAX && bytes < BATCH_BYTES_MAX; frames++) {
      const arrival = this.#queue.shift();
      if (arrival === undefined) break;
      const { channel } = arrival;
      if (channel.closed) continue;
      const before = channel.out.length;
      this.#handle(arrival, context);
      bytes += channel.out.length - before;
    }
    // What arrived before it was known that the client does not read.
    for (const channel of this.#queue.held) if (this.#holdsTooMuch(channel)) this.#cutOff(channel);
    const [first, second] = this.#touched;
    this.#commit(nowMs);
    this.#send();
    return second === undefined ? first : undefined;
  }

  /** Runs the timers that are due, commits what they did and tells whom it concerns. */
  runAlarm(nowMs: number): void {
    // A client that comes back before its deadline must not expire because its handshake is still queued.
    if (this.queued > 0) this.runBatch(nowMs);
    this.sessions.hearCalls(nowMs);
    this.#options.alarms.run(nowMs);
    this.#commit(nowMs);
    this.#send();
  }

  /** Sends what the batch wrote to its channels. In the platform's output gate it waits until that is durable. */
  #send(): void {
    for (const channel of this.#touched) {
      if (channel.out.length > 0) channel.transport.send(channel.out.take());
    }
    for (const channel of this.#closing) channel.transport.close(channel.closeCode);
    this.#touched.clear();
    this.#closing.clear();
    this.#queue.releaseAll();
  }

  /** Decodes what has arrived and reads, at once, all of the znodes that it is about. */
  #prefetch(): void {
    const paths: string[] = [];
    this.#queue.peek(BATCH_FRAMES_MAX, (arrival) => {
      const { channel, frame } = arrival;
      // The first frame of a connection is a handshake, and it decides what the next ones are.
      if (frame === undefined || channel.isStranger) return;
      arrival.decoded ??= decodeFrame(frame);
      const request = arrival.decoded?.request;
      if (typeof request === "object") addTouchedPaths(request, paths);
    });
    this.#options.store.prefetch(paths);
  }

  #handle(arrival: Arrival, context: StepContext): void {
    const { channel, frame, refused } = arrival;
    if (refused !== undefined) {
      this.#refuse(arrival, refused, context);
      return;
    }
    if (frame === undefined) {
      this.#disconnect(channel);
      return;
    }
    this.#touched.add(channel);
    this.counters.requests += 1;
    if (channel.isStranger) {
      this.#handshake(channel, frame, arrival.readMs, context.nowMs);
      return;
    }
    this.#answering = arrival;
    this.#answeringMs = context.nowMs;
    const decoded = arrival.decoded ?? decodeFrame(frame);
    const result = handleFrame(this.#machine, channel, decoded, channel.out, context);
    if (result === "open") return;
    if (channel.grant !== undefined && isOver(channel.grant, context.nowMs)) {
      channel.closeCode = UNAUTHORIZED;
    }
    if (result === "sessionClosed" && channel.session !== undefined) {
      this.#endConnections(channel.sessionId);
    }
    this.#disconnect(channel);
  }

  #refuse(arrival: Arrival, refused: readonly number[], context: StepContext): void {
    const { channel } = arrival;
    this.#touched.add(channel);
    this.#answering = arrival;
    this.#answeringMs = context.nowMs;
    for (let i = 0; i < refused.length; i += 2) {
      const header = { xid: refused[i] as number, type: refused[i + 1] as number };
      throttleRequest(this.#machine, header, channel.out, context);
    }
    this.counters.requests += refused.length / 2;
    this.statistics.operationsThrottled += refused.length / 2;
  }

  #handshake(channel: Channel, frame: Uint8Array, readMs: number, nowMs: number): void {
    const request = readHandshake(frame);
    if (request !== undefined) {
      this.statistics.connectionRequests += 1;
      if (request.sessionId !== 0) this.statistics.connectionRevalidations += 1;
    }
    const outcome = request && this.#machine.connect(request, nowMs, channel.grant);
    if (request === undefined || outcome === undefined || outcome.kind === "ahead") {
      this.#disconnect(channel);
      return;
    }
    if (outcome.kind === "expired") {
      writeHandshake(channel.out, request, undefined);
      this.statistics.sent(channel.statistics);
      this.#disconnect(channel);
      return;
    }
    // A session has one connection: whoever takes it over disconnects the one before.
    const owner = this.sessions.channelOf(outcome.session.id);
    if (owner !== undefined) this.#disconnect(owner);
    writeHandshake(channel.out, request, outcome.session);
    // Who resumes a session has done nothing in it yet.
    if (outcome.kind === "resumed") this.statistics.sent(channel.statistics);
    else this.statistics.connected(channel.statistics, readMs, this.#machine.lastZxid, nowMs);
    this.#scheduleExpiry(this.sessions.attach(outcome.session, channel, nowMs));
  }

  #expire(nowMs: number): number | undefined {
    const context = this.#context(nowMs);
    for (const id of this.sessions.takeExpired(nowMs)) this.#expireSession(id, context);
    return this.sessions.nextDeadline();
  }

  /** Disconnects those whose grant is over; their sessions live on. Returns when the next one is. */
  #endGrants(nowMs: number): number | undefined {
    let nextMs: number | undefined;
    for (const channel of this.sessions.channels()) {
      const { grant } = channel;
      if (grant?.expiresMs === undefined) continue;
      if (!isOver(grant, nowMs)) {
        nextMs = Math.min(nextMs ?? Infinity, grant.expiresMs);
        continue;
      }
      channel.closeCode = UNAUTHORIZED;
      this.#disconnect(channel);
    }
    return nextMs;
  }

  #scheduleEnd({ grant }: Channel): void {
    if (grant?.expiresMs !== undefined) this.#options.alarms.scheduleBy(GRANTS, grant.expiresMs);
  }

  #reap(nowMs: number): number | undefined {
    const { store, reapIntervalMs } = this.#options;
    const context = this.#context(nowMs);
    const nextMs = reapDue(
      {
        paths: () => store.reapablePaths(),
        prefetch: (paths) => store.prefetch(paths),
        getZnode: (path) => store.getZnode(path),
        reap: (path) => this.#machine.reap(path, context),
      },
      nowMs,
    );
    return nextMs === undefined ? undefined : Math.max(nextMs, nowMs + reapIntervalMs);
  }

  #expireSession(id: SessionId, context: StepContext): void {
    this.statistics.sessionsExpired += 1;
    // ZooKeeper says nothing to an expired client: it finds out when it reconnects.
    this.#endConnections(id);
    this.#machine.closeSession(id, context);
  }

  /** A session is over: nothing may be done in it any more, over none of its channels. */
  #endConnections(id: SessionId): void {
    for (const channel of this.sessions.channelsOf(id)) this.#disconnect(channel);
    this.sessions.forget(id);
  }

  #disconnect(channel: Channel): void {
    channel.closed = true;
    this.#queue.drop(channel);
    this.watches.removeWatcher(channel);
    this.sessions.detach(channel);
    this.#touched.add(channel);
    this.#closing.add(channel);
  }

  /** Gets rid of a client that does not read: its unread bytes fill the memory of all. */
  #cutOff(channel: Channel): void {
    this.#disconnect(channel);
    channel.transport.abort();
  }

  #commit(nowMs: number): void {
    const { store, alarms, onTouched, reapIntervalMs } = this.#options;
    this.counters.batches += 1;
    for (const channel of this.#touched) {
      if (channel.transport.pendingBytes > UNREAD_BYTES_MAX) this.#cutOff(channel);
    }
    // The platform commits all writes of this turn together. Should one of them fail, this throws, and the object is
    // aborted, which takes back the others.
    // Closed channels first: a session's new channel must not lose what its old one leaves behind.
    for (const channel of this.#touched) if (channel.closed) onTouched(channel, nowMs);
    for (const channel of this.#touched) {
      if (channel.closed) continue;
      onTouched(channel, nowMs);
      this.#scheduleEnd(channel);
    }
    store.flush();
    // A write touches the storage as well.
    if (store.rowsWritten === this.#rowsCommitted) store.touch();
    this.#rowsCommitted = store.rowsWritten;
    if (store.takeReapingAhead()) alarms.scheduleBy(REAPING, nowMs + reapIntervalMs);
    this.#scheduleTrimming();
    if (alarms.arm(nowMs)) this.counters.alarmsSet += 1;
  }

  #context(nowMs: number): StepContext {
    return { nowMs, notify: this.#notify, onReply: this.#onReply };
  }

  readonly #notify: NotifyWatcher = (watcher, type, path) => {
    const channel = watcher as Channel;
    const start = channel.out.length;
    writeNotificationFrame(channel.out, type, path);
    this.statistics.notified(channel.statistics, channel.out.length - start);
    this.#touched.add(channel);
  };

  readonly #onReply: OnReply = (type, xid, zxid, err, bytes) => {
    const arrival = this.#answering;
    if (arrival === undefined) return;
    const answer = { type, xid, zxid, err, bytes, readMs: arrival.readMs };
    this.statistics.answered(arrival.channel.statistics, answer, this.#answeringMs);
  };

  #scheduleExpiry(dueMs: number | undefined): void {
    if (dueMs !== undefined) this.#options.alarms.scheduleBy(EXPIRY, dueMs);
  }

  #scheduleTrimming(): void {
    const { store, alarms } = this.#options;
    const { trimMs } = store.answers;
    if (trimMs !== undefined) alarms.scheduleBy(TRIMMING, trimMs);
  }
}
