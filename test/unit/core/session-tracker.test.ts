import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  defaultSessionTimeouts,
  negotiateTimeoutMs,
  SessionTracker,
} from "../../../src/core/session-tracker.ts";

const TICK = 2_000;

describe("SessionTracker", () => {
  it.each([
    [10_000, 8_000, 20_000],
    [10_001, 8_000, 20_000],
    [9_999, 8_000, 18_000],
    [10_000, 7_999, 18_000],
    [10_000, 4_001, 16_000],
    [0, 4_000, 6_000],
  ])(
    "heard at %d with a timeout of %d ends at %d, as in ZooKeeper's ExpiryQueue",
    (heard, timeout, end) => {
      const tracker = new SessionTracker(TICK);
      expect(tracker.deadlineOf(tracker.track(1, timeout, heard))).toBe(end);
    },
  );

  it("ends a session at a tick: later than its timeout, and by no more than a tick", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 0, max: 2_000_000_000_000 }),
        fc.integer({ min: 1, max: 1_000_000 }),
        (tickMs, heardMs, timeoutMs) => {
          const tracker = new SessionTracker(tickMs);
          const deadline = tracker.deadlineOf(tracker.track(1, timeoutMs, heardMs));
          expect(deadline % tickMs).toBe(0);
          expect(deadline).toBeGreaterThan(heardMs + timeoutMs);
          expect(deadline - (heardMs + timeoutMs)).toBeLessThanOrEqual(tickMs);
          expect(tracker.expiredAt(heardMs + timeoutMs)).toEqual([]);
          expect(tracker.expiredAt(deadline - 1)).toEqual([]);
          expect(tracker.expiredAt(deadline)).toEqual([1]);
        },
      ),
    );
  });

  it("never ends a session early, whatever is heard of it when", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 9_000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 4_000, max: 8_000 }), (list, timeoutMs) => {
        const tracker = new SessionTracker(TICK);
        const session = tracker.track(7, timeoutMs, 0);
        let nowMs = 0;
        for (const gap of list) {
          const silentMs = nowMs + gap - session.heardMs;
          nowMs += gap;
          const isOver = tracker.expiredAt(nowMs).includes(7);
          if (isOver) expect(silentMs).toBeGreaterThan(timeoutMs);
          if (silentMs > timeoutMs + TICK) expect(isOver).toBe(true);
          if (gap % 3 > 0) session.heardMs = nowMs;
        }
      }),
    );
  });

  it("says which sessions are over, and when the next one will be", () => {
    const tracker = new SessionTracker(TICK);
    expect(tracker.nextDeadline()).toBeUndefined();
    tracker.track(1, 4_000, 0);
    tracker.track(2, 8_000, 0);
    tracker.track(3, 4_000, 1_999);
    expect(tracker.size).toBe(3);
    expect(tracker.nextDeadline()).toBe(6_000);
    expect(tracker.expiredAt(5_999)).toEqual([]);
    expect(new Set(tracker.expiredAt(6_000))).toEqual(new Set([1, 3]));
    expect(new Set(tracker.expiredAt(10_000))).toEqual(new Set([1, 2, 3]));
    tracker.forget(1);
    tracker.forget(3);
    expect(tracker.nextDeadline()).toBe(10_000);
    tracker.forget(2);
    expect(tracker.nextDeadline()).toBeUndefined();
    expect(tracker.size).toBe(0);
  });

  it("has the next deadline be the first at which a session is over", () => {
    const session = fc.tuple(fc.nat(100_000), fc.integer({ min: 1, max: 40_000 }));
    fc.assert(
      fc.property(fc.array(session, { minLength: 1, maxLength: 20 }), (sessions) => {
        const tracker = new SessionTracker(TICK);
        sessions.forEach(([heard, timeout], id) => tracker.track(id + 1, timeout, heard));
        const next = tracker.nextDeadline() ?? 0;
        expect(tracker.expiredAt(next - 1)).toEqual([]);
        expect(tracker.expiredAt(next)).not.toEqual([]);
      }),
    );
  });

  it("goes by the timeout and the sign of life that a session has now", () => {
    const tracker = new SessionTracker(TICK);
    const session = tracker.track(1, 4_000, 0);
    session.heardMs = 5_000;
    expect(tracker.expiredAt(8_000)).toEqual([]);
    expect(tracker.expiredAt(10_000)).toEqual([1]);
    session.timeoutMs = 20_000;
    expect(tracker.expiredAt(10_000)).toEqual([]);
    expect(tracker.get(1)).toBe(session);
    expect([...tracker.values()]).toEqual([session]);
  });

  it("gives a session until the next tick whose deadline was looked at more than a tick late", () => {
    const tracker = new SessionTracker(TICK);
    const session = tracker.track(1, 4_000, 0);
    const deadline = tracker.deadlineOf(session);
    expect(tracker.takeExpired(deadline - 1)).toEqual([]);
    expect(tracker.takeExpired(deadline + TICK)).toEqual([1]);
    const lateMs = deadline + TICK + 1;
    expect(tracker.takeExpired(lateMs)).toEqual([]);
    const next = tracker.deadlineOf(session);
    expect(next).toBeGreaterThan(lateMs);
    expect(next).toBeLessThanOrEqual(lateMs + TICK);
    expect(tracker.takeExpired(next)).toEqual([1]);
  });

  it("knows who could not come back because nobody was there", () => {
    const tracker = new SessionTracker(TICK);
    const session = tracker.track(1, 4_000, 0);
    const deadline = tracker.deadlineOf(session);
    expect(tracker.isOverdue(session, deadline + 5_000)).toBe(false);
    expect(tracker.isOverdue(session, deadline + 5_001)).toBe(true);
  });
});

describe("negotiateTimeoutMs", () => {
  it.each([
    [0, 2_000, 4_000],
    [-5, 2_000, 4_000],
    [4_001, 2_000, 4_001],
    [99_999, 2_000, 40_000],
    [1, 500, 1_000],
    [600_000, 500, 10_000],
  ])("of %d with ticks of %d is %d", (requested, tick, negotiated) => {
    expect(negotiateTimeoutMs(requested, defaultSessionTimeouts(tick))).toBe(negotiated);
  });

  it.each([
    [0, 1_000],
    [999, 1_000],
    [1_001, 1_001],
    [599_999, 599_999],
    [600_001, 600_000],
  ])("of %d between one second and ten minutes is %d", (requested, negotiated) => {
    expect(negotiateTimeoutMs(requested, { minMs: 1_000, maxMs: 600_000 })).toBe(negotiated);
  });
});
