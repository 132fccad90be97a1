/**
 * A session in a thread of its own that reads one znode all the time, one request after the other: what it waits, any
 * small client of the server waits. In a thread of its own, since whoever makes the load is busy with that.
 */
import type { Address } from "../../tcp-channel.ts";
import { AskedThread } from "../asked-thread.ts";

export interface ProbeData {
  readonly address: Address;
  readonly path: string;
}

/** What the probe saw since it was asked last. */
export interface ProbeResult {
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** How long the probe's own thread did not run at worst: no stall of the server below it can be told. */
  readonly ownMaxMs: number;
  /** Why it has ended; undefined while it has not. */
  readonly failure: string | undefined;
}

export type Probe = AskedThread<ProbeResult>;

/** Starts to read a znode, which must exist. */
export async function startProbe(data: ProbeData): Promise<Probe> {
  return await AskedThread.start(new URL("./probe-worker.ts", import.meta.url), data);
}
