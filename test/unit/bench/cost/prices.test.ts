import { describe, expect, it } from "vitest";
import { subtractCounters } from "../../../../bench/cost/counters.ts";
import { AWAKE_MONTH_DOLLARS, dollarsOf } from "../../../../bench/cost/prices.ts";
import { addUsage, scaleUsage, usageOf } from "../../../../bench/cost/usage.ts";
import { counted } from "./counted.ts";

const MILLION = 1_000_000;

describe("dollars", () => {
  it.each([
    ["rows written", { rowsWritten: MILLION }, 1],
    ["alarms set, each a row", { alarmsSet: MILLION }, 1],
    ["rows read", { rowsRead: 1_000 * MILLION }, 1],
    ["alarms that went off", { alarms: MILLION }, 0.15],
    ["calls", { calls: MILLION }, 0.15],
    ["messages, twenty a request", { webSocketMessages: 20 * MILLION }, 0.15],
    ["upgrades, to the Worker and to the object", { upgrades: MILLION }, 0.45],
  ])("of a million %s", (_, counters, dollars) => {
    expect(dollarsOf(usageOf(counted(counters), 0))).toBeCloseTo(dollars, 9);
  });

  it("of duration are those of Cloudflare's example: 4,320,000 s are 552,960 GB-s", () => {
    expect(dollarsOf(usageOf(counted({}), 4_320_000))).toBeCloseTo((552_960 * 12.5) / MILLION, 9);
    expect(AWAKE_MONTH_DOLLARS).toBeCloseTo(4.1472, 9);
  });

  it("add up", () => {
    const usage = usageOf(counted({ rowsWritten: 3, rowsRead: 4, webSocketMessages: 1 }), 0.001);
    const twice = addUsage(usage, usage);
    expect(twice).toEqual(scaleUsage(usage, 2));
    expect(dollarsOf(twice)).toBeCloseTo(2 * dollarsOf(usage), 12);
  });
});

describe("a difference of counters", () => {
  it("leaves out the second reading", () => {
    const before = counted({ startedMs: 5, calls: 7, rowsWritten: 1 });
    const after = counted({ startedMs: 5, calls: 8, rowsWritten: 4 });
    expect(subtractCounters(after, before)).toEqual(counted({ startedMs: 5, rowsWritten: 3 }));
  });

  it("of two incarnations there is none", () => {
    const [before, after] = [counted({ startedMs: 5 }), counted({ startedMs: 6 })];
    expect(() => subtractCounters(after, before)).toThrow("started anew");
  });
});
