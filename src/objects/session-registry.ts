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

  /** Takes the channel from its session, which lives on. */
  detach(channel: Channel): void {
    const { session } = channel;
    if (session === undefined || this.#channels.get(session.id) !== channel) return;
    this.#channels.delete(session.id);
    this.#table.setHeard(session.id, session.heardMs);
  }

  /** Forgets a session that has ended. */
  forget(id: SessionId): void {
    this.#channels.delete(id);
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
}
