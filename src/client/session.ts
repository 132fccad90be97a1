/**
 * A session as its users see it. A client has one at a time; when it is lost, the next one is another object.
 */
export interface Session {
  /** All 64 bits, unsigned; what `stat.ephemeralOwner` of this session's ephemerals says. */
  readonly id: bigint;
  /** What was granted, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * Until then the session surely lives: the sending time of the last message that was answered, and the timeout.
   * On the client's clock, `performance.now()` unless the machine slept; `remainingMs` spares looking at that.
   */
  readonly deadlineMs: number;
  /** Milliseconds to the deadline; 0 when the session is over. */
  readonly remainingMs: number;
  /** Aborted when the session is over, with `SessionExpiredError` or `ConnectionClosedError`. */
  readonly signal: AbortSignal;
}
