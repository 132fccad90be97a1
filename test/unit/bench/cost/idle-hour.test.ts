import { describe, expect, it } from "vitest";
import { idleHours } from "../../../../bench/cost/idle-hour.ts";
import { costOf } from "../../../../bench/cost/operation-cost.ts";
import { usageOf } from "../../../../bench/cost/usage.ts";
import { counted } from "./counted.ts";

/** Six timeouts, in which the alarm went off six times: 90 times an hour with timeouts of 40 s. */
const alarms = counted({ alarms: 6, alarmsSet: 6, rowsRead: 6 });
const wake = usageOf(counted({ rowsRead: 20, webSocketMessages: 1 }), 0.01);
const ping = costOf(counted({ rowsRead: 1, webSocketMessages: 1 }), 0.001, 1);
const tcpPing = costOf(counted({ rowsRead: 1 }), 0.001, 1);
const costs = [
  { transport: "websocket", name: "ping", single: ping },
  { transport: "tcp", name: "ping", single: tcpPing },
] as const;

describe("an idle hour", () => {
  it("costs its alarms, each with a wake, when pings are texts", () => {
    const [hour] = idleHours([{ sessions: 1, timeouts: 6, counted: alarms, wake }], []);
    expect(hour?.usage).toMatchObject({ alarmsSet: 90, objectRequests: 90, rowsWritten: 0 });
    expect(hour?.usage.rowsRead).toBeCloseTo(90 * 21, 9);
    expect(hour?.usage.activeSeconds).toBeCloseTo(0.9, 9);
  });

  it("costs a wake for every ping of a session that is alone", () => {
    const [, hour] = idleHours([{ sessions: 1, timeouts: 6, counted: alarms, wake }], costs);
    expect(hour?.usage.rowsRead).toBeCloseTo(90 * 21 + 270 * 20, 9);
    expect(hour?.usage.objectRequests).toBeCloseTo(90 + 270 / 20, 9);
  });

  it("is shared by the sessions of an object, whose pings keep it awake", () => {
    const window = { sessions: 1_000, timeouts: 6, counted: alarms, wake };
    const [texts, pings, tcp] = idleHours([window], costs);
    expect(pings?.usage.rowsRead).toBeCloseTo(90 * 21 + 270_000, 6);
    expect(tcp?.usage.activeSeconds).toBe(3_600);
    expect(texts?.dollarsPerMillionSessionHours).toBeCloseTo(
      ((texts?.dollarsPerMonth ?? 0) / 720) * 1_000,
      9,
    );
  });
});
