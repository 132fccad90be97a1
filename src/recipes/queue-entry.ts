/**
 * Names of a queue's znodes, which say all that is needed to put them in order.
 */

/** The highest is 0, as in kazoo. */
export const PRIORITY_DEFAULT = 100;
export const PRIORITY_MAX = 999;

export interface QueueEntry {
  readonly name: string;
  readonly priority: number;
  /** Its place among those of the same priority. */
  readonly sequence: number;
}

export interface DelayedEntry {
  readonly name: string;
  readonly dueMs: number;
  readonly priority: number;
}

const ENTRY = /^entry-(\d{3})-(-?\d{10,})$/;
const DELAYED = /^delayed-(\d{15})-(\d{3})-/;

/** To be completed by the server with a sequence number. */
export function entryPrefix(priority: number): string {
  return `entry-${String(priority).padStart(3, "0")}-`;
}

/** To be completed by the server with a sequence number. */
export function delayedPrefix(dueMs: number, priority: number): string {
  const time = String(Math.ceil(dueMs)).padStart(15, "0");
  return `delayed-${time}-${String(priority).padStart(3, "0")}-`;
}

/** Entries in the order in which they are due; what has another name is not one. */
export function sortedEntries(names: readonly string[]): QueueEntry[] {
  const entries: QueueEntry[] = [];
  for (const name of names) {
    const [, priority, sequence] = ENTRY.exec(name) ?? [];
    // After 2^31 of them the server's number goes on below zero.
    if (priority !== undefined) {
      entries.push({ name, priority: Number(priority), sequence: Number(sequence) >>> 0 });
    }
  }
  return entries.sort((a, b) => a.priority - b.priority || a.sequence - b.sequence);
}

/** Delayed entries, the one that is due first in front. */
export function sortedDelayed(names: readonly string[]): DelayedEntry[] {
  const entries: DelayedEntry[] = [];
  for (const name of names) {
    const [, dueMs, priority] = DELAYED.exec(name) ?? [];
    if (priority !== undefined) {
      entries.push({ name, dueMs: Number(dueMs), priority: Number(priority) });
    }
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}
