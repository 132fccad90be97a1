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

export const systemClock: Clock = {
  now: () => performance.now(),
  startTimer: (callback, delayMs) => {
    const timer = setTimeout(callback, Math.min(delayMs, DELAY_MS_MAX));
    return () => clearTimeout(timer);
  },
};
