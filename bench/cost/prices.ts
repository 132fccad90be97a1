/**
 * What Cloudflare asks for on the Workers Paid plan, in US dollars, past what the plan includes.
 *
 * From two pages of developers.cloudflare.com, in their state of October 2026, read on 2026-11-24:
 * - "Durable Objects: Pricing" (/durable-objects/platform/pricing/), with its billing examples and its FAQ
 * - "Workers: Pricing" (/workers/platform/pricing/)
 */
import type { Usage } from "./usage.ts";

export const prices = {
  /** 50 million a month are included. A delete counts like a write, and so does each `setAlarm()`. */
  perMillionRowsWritten: 1,
  /** 25 billion a month are included. */
  perMillionRowsRead: 0.001,
  /** 1 million a month is included. HTTP requests, RPC calls, alarms, and WebSocket messages as below. */
  perMillionObjectRequests: 0.15,
  /** 400,000 a month are included. Wall-clock time in which an object runs, or waits and cannot hibernate. */
  perMillionGBSeconds: 12.5,
  /** 10 million a month are included. The upgrade of a WebSocket is one; what goes through it afterwards is none. */
  perMillionWorkerRequests: 0.3,
  /** 5 GB are included. */
  perGBMonthStored: 0.2,
} as const;

/** Incoming WebSocket messages that are billed as one request. Outgoing ones, and automatic responses, are free. */
export const MESSAGES_PER_REQUEST = 20;

/** An object is billed for 128 MB whatever it needs; the page's examples count a GB as 1,000 MB. */
export const OBJECT_GB = 0.128;

/** Hours of the 30 days that the pages' examples count. */
export const HOURS_PER_MONTH = 720;

/** A month of an object that cannot hibernate, whatever it does. */
export const AWAKE_MONTH_DOLLARS = durationDollars(HOURS_PER_MONTH * 3_600);

/** What this usage costs where nothing is included any more. */
export function dollarsOf(usage: Usage): number {
  const perMillion =
    (usage.rowsWritten + usage.alarmsSet) * prices.perMillionRowsWritten +
    usage.rowsRead * prices.perMillionRowsRead +
    usage.objectRequests * prices.perMillionObjectRequests +
    usage.workerRequests * prices.perMillionWorkerRequests;
  return perMillion / 1e6 + durationDollars(usage.activeSeconds);
}

function durationDollars(seconds: number): number {
  return (seconds * OBJECT_GB * prices.perMillionGBSeconds) / 1e6;
}
