/**
 * What a server's processes hold in memory, from /proc.
 */
import { readFile } from "node:fs/promises";

export interface ServerMemory {
  /** Resident bytes (VmRSS); what processes share counts in each of them. */
  readonly rss: number;
  /** Proportional set size: what is shared counts in part. */
  readonly pss: number;
  /** The most that was ever resident (VmHWM). */
  readonly peakRss: number;
}

/** Adds up the processes. */
export async function readMemory(pids: readonly number[]): Promise<ServerMemory> {
  const sum = { rss: 0, pss: 0, peakRss: 0 };
  for (const pid of pids) {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    sum.rss += fieldBytes(status, "VmRSS");
    sum.peakRss += fieldBytes(status, "VmHWM");
    sum.pss += fieldBytes(await readFile(`/proc/${pid}/smaps_rollup`, "utf8"), "Pss");
  }
  return sum;
}

/** Resident bytes alone, which cost the kernel next to nothing to tell. */
export async function readRss(pid: number): Promise<number> {
  return fieldBytes(await readFile(`/proc/${pid}/status`, "utf8"), "VmRSS");
}

function fieldBytes(text: string, field: string): number {
  const [, kilobytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text) ?? [];
  if (kilobytes === undefined) throw new Error(`no ${field} in /proc`);
  return Number(kilobytes) * 1024;
}
