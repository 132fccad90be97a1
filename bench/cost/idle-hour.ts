/**
 * What an hour of idle sessions costs, extrapolated from a shorter time.
 */
import { type IdleWindow, PINGS_PER_TIMEOUT } from "./idle-window.ts";
import type { CostResult } from "./measure-cost.ts";
import { dollarsOf, HOURS_PER_MONTH } from "./prices.ts";
import { addUsage, scaleUsage, type Usage } from "./usage.ts";

/** Of one object. */
export interface IdleHour {
  readonly title: string;
  readonly sessions: number;
  readonly usage: Usage;
  readonly dollarsPerMillionSessionHours: number;
  readonly dollarsPerMonth: number;
}

/** The timeout that the hours are told for, the longest that a server grants by default. */
export const IDLE_TIMEOUT_MS = 40_000;

const HOUR_MS = 3_600_000;
const TIMEOUTS_PER_HOUR = HOUR_MS / IDLE_TIMEOUT_MS;
const PINGS_PER_HOUR = TIMEOUTS_PER_HOUR * PINGS_PER_TIMEOUT;

/** The hours of the sessions of `windows`, by how they say that they are there. */
export function idleHours(
  windows: readonly IdleWindow[],
  costs: readonly Pick<CostResult, "transport" | "name" | "single">[],
): IdleHour[] {
  const pingOf = (transport: string): Usage | undefined =>
    costs.find((cost) => cost.transport === transport && cost.name === "ping")?.single;
  const [webSocketPing, tcpPing] = [pingOf("websocket"), pingOf("tcp")];
  return windows.flatMap((window) => {
    const { sessions } = window;
    const alarms = alarmHour(window, window.wake);
    const pinging = (ping: Usage): Usage => scaleUsage(ping, PINGS_PER_HOUR * sessions);
    const hours = [idleHour("WebSocket, text pings", window, alarms)];
    if (webSocketPing !== undefined) {
      // A single session's pings are so far apart that each finds the object asleep.
      const ping = sessions === 1 ? (window.wake ?? webSocketPing) : webSocketPing;
      const usage = addUsage(alarms, pinging(ping));
      hours.push(idleHour("WebSocket, ZooKeeper's pings", window, usage));
    }
    if (tcpPing !== undefined) {
      const awake = addUsage(alarmHour(window, undefined), pinging(tcpPing));
      const usage = { ...awake, activeSeconds: HOUR_MS / 1000 };
      hours.push(idleHour("TCP, always awake", window, usage));
    }
    return hours;
  });
}

/** What the alarm costs in an hour, each with a wake where it finds the object asleep. */
function alarmHour({ timeouts, counted }: IdleWindow, wake: Usage | undefined): Usage {
  const factor = TIMEOUTS_PER_HOUR / timeouts;
  const alarms: Usage = {
    rowsWritten: counted.rowsWritten,
    rowsRead: counted.rowsRead,
    alarmsSet: counted.alarmsSet,
    objectRequests: counted.alarms,
    workerRequests: 0,
    activeSeconds: 0,
  };
  if (wake === undefined) return scaleUsage(alarms, factor);
  const { rowsRead, activeSeconds } = wake;
  const woken = {
    ...alarms,
    rowsRead: alarms.rowsRead + rowsRead * counted.alarms,
    activeSeconds: activeSeconds * counted.alarms,
  };
  return scaleUsage(woken, factor);
}

function idleHour(title: string, { sessions }: IdleWindow, usage: Usage): IdleHour {
  const dollars = dollarsOf(usage);
  return {
    title,
    sessions,
    usage,
    dollarsPerMillionSessionHours: (dollars / sessions) * 1e6,
    dollarsPerMonth: dollars * HOURS_PER_MONTH,
  };
}
