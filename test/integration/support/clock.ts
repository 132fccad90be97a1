/**
 * The clock of the objects under test: they run in the same isolate, so that moving `Date.now` moves theirs. The
 * platform's own clock, which alarms and the times of text pings go by, stays as it is.
 */
import { afterEach, beforeEach, vi } from "vitest";

export const TICK_MS = 2_000;

const realNow = Date.now.bind(Date);
let offsetMs = 0;

export function useClock(): void {
  beforeEach(() => {
    offsetMs = 0;
    vi.spyOn(Date, "now").mockImplementation(() => realNow() + offsetMs);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
}

/** Moves the clock on (or back). */
export function advanceBy(ms: number): void {
  offsetMs += ms;
}

/** Moves the clock to a time. */
export function advanceTo(nowMs: number): void {
  offsetMs = nowMs - realNow();
}
