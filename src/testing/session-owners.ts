/**
 * Which session has which connection, and when a session is over. The rules are those of the object that serves a
 * namespace: see docs/design/sessions.md.
 */
import { SessionTracker } from "../core/session-tracker.ts";
import type { Session } from "../core/store.ts";
import type { SessionId } from "../protocol/records.ts";
import type { ServerConnection } from "./server-connection.ts";

export class SessionOwners {
  readonly #tracker: SessionTracker;
  readonly #connections = new Map<SessionId, ServerConnection>();

  constructor(tickTimeMs: number) {
    this.#tracker = new SessionTracker(tickTimeMs);
  }

  connectionOf(id: SessionId): ServerConnection | undefined {
    return this.#connections.get(id);
  }

  has(id: SessionId): boolean {
    return this.#tracker.get(id) !== undefined;
  }

  attach(session: Session, connection: ServerConnection, nowMs: number): void {
    const tracked =
      this.#tracker.get(session.id) ?? this.#tracker.track(session.id, session.timeoutMs, nowMs);
    tracked.timeoutMs = session.timeoutMs;
    tracked.heardMs = nowMs;
    connection.sessionId = session.id;
    this.#connections.set(session.id, connection);
  }

  /** A sign of life. */
  hear(connection: ServerConnection, nowMs: number): void {
    const tracked = this.#tracker.get(connection.sessionId);
    if (tracked !== undefined) tracked.heardMs = nowMs;
  }

  /** Takes the connection from its session, which lives on. */
  detach(connection: ServerConnection): void {
    const { sessionId } = connection;
    if (this.#connections.get(sessionId) === connection) this.#connections.delete(sessionId);
  }

  /** Forgets a session that has ended. */
  forget(id: SessionId): void {
    this.#connections.delete(id);
    this.#tracker.forget(id);
  }

  /**
   * The server starts again: who was connected when it went down, or could not come back while it was, gets a fresh
   * timeout.
   */
  recover(wereConnected: ReadonlySet<SessionId>, nowMs: number): void {
    for (const session of this.#tracker.values()) {
      const couldNotCome = wereConnected.has(session.id) || this.#tracker.isOverdue(session, nowMs);
      if (couldNotCome) session.heardMs = nowMs;
    }
  }

  /** The sessions that are over. */
  takeExpired(nowMs: number): SessionId[] {
    return this.#tracker.takeExpired(nowMs);
  }

  nextDeadline(): number | undefined {
    return this.#tracker.nextDeadline();
  }
}
