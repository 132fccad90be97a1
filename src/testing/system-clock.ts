/**
 * Real time, for servers that nobody gave another.
 */
import type { Clock } from "../client/index.ts";

export const systemClock: Clock = {
  now: () => performance.now(),
  startTimer: (callback, delayMs) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
