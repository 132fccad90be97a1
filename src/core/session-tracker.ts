/**
 * When sessions expire (`SessionTrackerImpl`, `ExpiryQueue`): a session that has not been heard of for its timeout
 * ends at the next tick. Keeps times only, so that hearing of a session costs an assignment.
 */
import type { SessionId } from "../protocol/records.ts";

export interface TrackedSession {
  readonly id: SessionId;
  /** Negotiated, in milliseconds. */
  timeoutMs: number;
  /** When the session was last heard of, in milliseconds since 1970. Set on every sign of life. */
  heardMs: number;
}

/**
 * A session without a connection that should have expired this long ago was not expired because nobody was there to
 * do it: the server was down, and the client could not have come back.
 */
const DOWN_MS = 5_000;

export class SessionTracker {
  readonly #tickTimeMs: number;
  readonly #sessions = new Map<SessionId, TrackedSession>();

  constructor(tickTimeMs: number) {
    this.#tickTimeMs = tickTimeMs;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get(id: SessionId): TrackedSession | undefined {
    return this.#sessions.get(id);
  }

  track(id: SessionId, timeoutMs: number, heardMs: number): TrackedSession {
    const tracked = { id, timeoutMs, heardMs };
    this.#sessions.set(id, tracked);
    return tracked;
  }

  forget(id: SessionId): void {
    this.#sessions.delete(id);
  }

  values(): Iterable<TrackedSession> {
    return this.#sessions.values();
  }

  /** When a session ends unless it is heard of before, in milliseconds since 1970. */
  deadlineOf(session: TrackedSession): number {
    const earliest = session.heardMs + session.timeoutMs;
    return (Math.floor(earliest / this.#tickTimeMs) + 1) * this.#tickTimeMs;
  }

  /** The sessions that are over at `nowMs`. */
  expiredAt(nowMs: number): SessionId[] {
    return [...this.#sessions.values()]
      .filter((session) => this.deadlineOf(session) <= nowMs)
      .map((session) => session.id);
  }

  /**
   * The sessions that are to end now. A deadline that passed more than a tick ago says that this server did not run, or
   * not in time, so that the client may have been heard of in the meantime had anybody listened: such a session is
   * given until the next tick.
   */
  takeExpired(nowMs: number): SessionId[] {
    return this.expiredAt(nowMs).filter((id) => {
      const session = this.#sessions.get(id);
      if (session === undefined || nowMs - this.deadlineOf(session) <= this.#tickTimeMs)
        return true;
      session.heardMs = nowMs - session.timeoutMs;
      return false;
    });
  }

  /** Whether a session that is found when a server starts could not have come back, because that was down. */
  isOverdue(session: TrackedSession, nowMs: number): boolean {
    return this.deadlineOf(session) + DOWN_MS < nowMs;
  }

  /** The first deadline of all, or undefined when there are no sessions. */
  nextDeadline(): number | undefined {
    let next: number | undefined;
    for (const session of this.#sessions.values()) {
      const deadline = this.deadlineOf(session);
      if (next === undefined || deadline < next) next = deadline;
    }
    return next;
  }
}

/** The shortest and the longest timeout that a session gets (`minSessionTimeout`, `maxSessionTimeout`). */
export interface SessionTimeouts {
  readonly minMs: number;
  readonly maxMs: number;
}

/** Those where nothing else is said: 2 and 20 ticks. */
export function defaultSessionTimeouts(tickTimeMs: number): SessionTimeouts {
  return { minMs: 2 * tickTimeMs, maxMs: 20 * tickTimeMs };
}

/** The timeout that a session gets that asks for one. */
export function negotiateTimeoutMs(requestedMs: number, { minMs, maxMs }: SessionTimeouts): number {
  return Math.min(Math.max(requestedMs, minMs), maxMs);
}
