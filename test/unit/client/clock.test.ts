import { describe, expect, it } from "vitest";
import { sleeplessClock } from "../../../src/client/clock.ts";

describe("the clock", () => {
  it("goes on while the machine sleeps, and never back", () => {
    let monotonicMs = 50;
    let wallMs = 1_000_000;
    const now = sleeplessClock(
      () => monotonicMs,
      () => wallMs,
    );
    expect(now()).toBe(50);
    monotonicMs += 1_000;
    wallMs += 1_090; // They are never quite the same.
    expect(now()).toBe(1_050);
    wallMs += 60_000; // A minute asleep.
    monotonicMs += 10;
    expect(now()).toBe(61_140);
    wallMs -= 3_600_000; // Put back by an hour.
    monotonicMs += 10;
    expect(now()).toBe(61_150);
    monotonicMs += 1_000;
    wallMs += 1_000;
    expect(now()).toBe(62_150);
  });
});
