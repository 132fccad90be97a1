import { describe, expect, it } from "vitest";
import { sessionTimeoutsOf } from "../../../src/objects/session-timeouts.ts";

const TICK = { TICK_TIME_MS: 2_000 };

describe("session timeouts", () => {
  it("are 2 and 20 ticks unless something else is said of one or of both", () => {
    expect(sessionTimeoutsOf(TICK)).toEqual({ minMs: 4_000, maxMs: 40_000 });
    const shorter = { ...TICK, MIN_SESSION_TIMEOUT_MS: 500 };
    expect(sessionTimeoutsOf(shorter)).toEqual({ minMs: 500, maxMs: 40_000 });
    const longer = { ...TICK, MAX_SESSION_TIMEOUT_MS: 3_600_000 };
    expect(sessionTimeoutsOf(longer)).toEqual({ minMs: 4_000, maxMs: 3_600_000 });
    expect(sessionTimeoutsOf({ ...shorter, ...longer })).toEqual({ minMs: 500, maxMs: 3_600_000 });
  });

  it.each([0, -1, 1.5, 2 ** 31, Number.NaN])("of %d ms make no sense", (value) => {
    for (const name of ["MIN_SESSION_TIMEOUT_MS", "MAX_SESSION_TIMEOUT_MS"]) {
      expect(() => sessionTimeoutsOf({ ...TICK, [name]: value })).toThrow(
        `${name} must be a whole number of milliseconds from 1 to 2147483647, not ${value}`,
      );
    }
  });

  it("of which the shortest is longer than the longest make no sense either, as in ZooKeeper", () => {
    const message = "MIN_SESSION_TIMEOUT_MS must not be larger than MAX_SESSION_TIMEOUT_MS";
    const both = { MIN_SESSION_TIMEOUT_MS: 10_000, MAX_SESSION_TIMEOUT_MS: 9_999 };
    expect(() => sessionTimeoutsOf({ ...TICK, ...both })).toThrow(`${message}: 10000 and 9999`);
    const below = { ...TICK, MAX_SESSION_TIMEOUT_MS: 3_999 };
    expect(() => sessionTimeoutsOf(below)).toThrow(`${message}: 4000 and 3999`);
  });
});
