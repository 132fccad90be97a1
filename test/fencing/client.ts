/**
 * A client of any kind, and what it does with a lock once it has it.
 */
import type { GuardedLock } from "./guarded-lock.ts";

/** How long a lock is held unless it is renewed; the timeout of a session as well. */
export const TTL_MS = 1_000;
/** How long a client stands in line before it asks anew. */
export const WAIT_MS = 10_000;

export interface Turn {
  readonly lock: GuardedLock;
  /** Between the acquisition and the write, without a sign of life. */
  readonly pauseMs: number;
  /** Dies in the end, rather than to release it. */
  readonly dies: boolean;
}

export interface Client extends AsyncDisposable {
  readonly name: string;
  /** Whether it got the lock. */
  take(turn: Turn): Promise<boolean>;
}
