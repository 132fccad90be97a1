/**
 * Which session has which channel, and when a session is over.
 */
import type { SessionTracker } from "../core/session-tracker.ts";
import type { Session } from "../core/store.ts";
import type { SessionId } from "../protocol/records.ts";
import type { Channel } from "./channel.ts";
import type { SessionTable } from "./session-table.ts";

export class SessionRegistry {
  readonly #tracker: SessionTracker;
  readonly #table: SessionTable;
  readonly #channels = new Map<SessionId, Channel>();
  /** Channels of the calls that are under way in a session. They take it from nobody. */
  readonly #calls = new Map<SessionId, Set<Channel>>();

  constructor(tracker: SessionTracker, table: SessionTable) {
    this.#tracker = tracker;
    this.#table = table;
  }

  /**
   * Takes up the sessions that the table holds, when the object starts. Sessions of hibernated sockets must have
   * been attached before. Who had a connection when the object went down, or could not come back while it was, gets
   * a fresh timeout, as after a ZooKeeper leader change.
   */
  recover(nowMs: number): void {
    for (const session of this.#table.values()) {
      if (this.#tracker.get(session.id) !== undefined) continue;
      const tracked = this.#tracker.track(session.id, session.timeoutMs, session.heardMs ?? nowMs);
      if (this.#tracker.isOverdue(tracked, nowMs)) tracked.heardMs = nowMs;
      this.#table.setHeard(session.id, tracked.heardMs);
    }
  }

  /** Every session, with when it ends unless it is heard of, in milliseconds since 1970. */
  deadlines(): { readonly id: SessionId; readonly expiresMs: number }[] {
    return Array.from(this.#tracker.values(), (session) => ({
      id: session.id,
      expiresMs: this.#tracker.deadlineOf(session),
    }));
  }

  channels(): Iterable<Channel> {
    return this.#channels.values();
  }

  channelOf(id: SessionId): Channel | undefined {
    return this.#channels.get(id);
  }

  /** Gives a session its channel. Returns when it is over, unless it is heard of before. */
  attach(session: Session, channel: Channel, heardMs: number): number {
    const tracked =
      this.#tracker.get(session.id) ?? this.#tracker.track(session.id, session.timeoutMs, heardMs);
    tracked.timeoutMs = session.timeoutMs;
    tracked.heardMs = Math.max(tracked.heardMs, heardMs);
    channel.session = tracked;
    this.#channels.set(session.id, channel);
    this.#table.setHeard(session.id, null);
    return this.#tracker.deadlineOf(tracked);
  }

  /**
   * Lets a call do something in a session, beside the connection that it may have: that is a sign of life, and without a
   * connection one that the table has. Returns when the session is over, unless it is heard of before.
   */
  attachCall(session: Session, channel: Channel, nowMs: number): number {
    const tracked =
      this.#tracker.get(session.id) ?? this.#tracker.track(session.id, session.timeoutMs, nowMs);
    tracked.timeoutMs = session.timeoutMs;
    tracked.heardMs = Math.max(tracked.heardMs, nowMs);
    channel.session = tracked;
    const calls = this.#calls.get(session.id) ?? new Set();
    this.#calls.set(session.id, calls.add(channel));
    if (!this.#channels.has(session.id)) this.#table.setHeard(session.id, tracked.heardMs);
    return this.#tracker.deadlineOf(tracked);
  }

  /** Hears of the sessions that calls are under way in: whoever waits in one is there. */
  hearCalls(nowMs: number): void {
    for (const id of this.#calls.keys()) {
      const tracked = this.#tracker.get(id);
      if (tracked !== undefined) tracked.heardMs = Math.max(tracked.heardMs, nowMs);
    }
  }

  /** All channels of a session. */
  channelsOf(id: SessionId): Channel[] {
    const channel = this.#channels.get(id);
    return [...(channel === undefined ? [] : [channel]), ...(this.#calls.get(id) ?? [])];
  }

  /** When a session ends unless it is heard of; undefined when it has a connection, or there is none. */
  leaseEndMs(id: SessionId): number | undefined {
    const tracked = this.#channels.has(id) ? undefined : this.#tracker.get(id);
    return tracked && this.#tracker.deadlineOf(tracked);
  }

  /** Takes the channel from its session, which lives on. */
  detach(channel: Channel): void {
    const { session } = channel;
    if (session === undefined) return;
    if (channel.isLocal) this.#detachCall(channel, session.id);
    if (this.#channels.get(session.id) !== channel) return;
    this.#channels.delete(session.id);
    this.#table.setHeard(session.id, session.heardMs);
  }

  /** Forgets a session that has ended. */
  forget(id: SessionId): void {
    this.#channels.delete(id);
    this.#calls.delete(id);
    this.#tracker.forget(id);
  }

  /** The sessions that are over. */
  takeExpired(nowMs: number): SessionId[] {
    return this.#tracker.takeExpired(nowMs);
  }

  nextDeadline(): number | undefined {
    return this.#tracker.nextDeadline();
  }

  get size(): number {
    return this.#tracker.size;
  }

  #detachCall(channel: Channel, id: SessionId): void {
    const calls = this.#calls.get(id);
    calls?.delete(channel);
    if (calls?.size === 0) this.#calls.delete(id);
    const heardMs = this.#tracker.get(id)?.heardMs;
    if (heardMs !== undefined && !this.#channels.has(id)) this.#table.setHeard(id, heardMs);
  }
}
