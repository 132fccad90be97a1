/**
 * Time, as the client uses it: an option, so that a simulation has its own.
 */
export interface Clock {
  /** Milliseconds since any fixed moment; never goes back. */
  now(): number;
  /** Calls back once, after a delay in milliseconds, and returns what stops it. */
  startTimer(callback: () => void, delayMs: number): () => void;
}

/** Longer delays would overflow the runtime's 32 bits and be over at once. */
const DELAY_MS_MAX = 2 ** 31 - 1;

/** The two may drift apart by as much before that counts as sleep. */
const DRIFT_MS_MAX = 100;

/**
 * A clock that does not stand still with the machine: monotonic ones do on some systems, and a session must not seem to
 * live longer for it. When the wall clock has gone ahead, so does this one; that it was only put right makes a
 * deadline come early, which harms nobody.
 */
export function sleeplessClock(monotonicMs: () => number, wallMs: () => number): () => number {
  const startMs = wallMs() - monotonicMs();
  let sleptMs = 0;
  return () => {
    const nowMs = monotonicMs();
    const aheadMs = wallMs() - nowMs - startMs;
    if (aheadMs > sleptMs + DRIFT_MS_MAX) sleptMs = aheadMs;
    return nowMs + sleptMs;
  };
}

export const systemClock: Clock = {
  now: sleeplessClock(
    () => performance.now(),
    () => Date.now(),
  ),
  startTimer: (callback, delayMs) => {
    const timer = setTimeout(callback, Math.min(delayMs, DELAY_MS_MAX));
    return () => clearTimeout(timer);
  },
};
