/**
 * A session in a thread of its own that reads one znode all the time, one request after the other: what it waits, any
 * small client of the server waits. In a thread of its own, since whoever makes the load is busy with that.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Address } from "../../tcp-channel.ts";

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

export class Probe {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Starts to read a znode, which must exist. */
  static async start(data: ProbeData): Promise<Probe> {
    const worker = new Worker(new URL("./probe-worker.ts", import.meta.url), { workerData: data });
    await once(worker, "message");
    return new Probe(worker);
  }

  /** Returns what it saw, and starts again from nothing. */
  async take(): Promise<ProbeResult> {
    const answer = once(this.#worker, "message");
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this port leads to a thread, not to a window.
    this.#worker.postMessage("take");
    const [result] = (await answer) as [ProbeResult];
    return result;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
