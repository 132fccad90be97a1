/**
 * Sessions with a short timeout that do nothing but send heartbeats, in a thread of their own, while others overload the
 * server. The thread also watches the server's memory, since the one that makes the load has no time for it.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Address } from "../../tcp-channel.ts";

export interface BystanderData {
  readonly address: Address;
  readonly http: Address | undefined;
  readonly perTransport: number;
  readonly timeoutMs: number;
  readonly pid: number;
}

/** What happened since they were asked last. */
export interface BystanderResult {
  readonly sessions: number;
  /** The longest that a heartbeat waited for its answer, in milliseconds. */
  readonly tcpMaxMs: number;
  readonly webSocketMaxMs: number;
  /** How long their own thread did not run at worst. */
  readonly ownMaxMs: number;
  /** Resident bytes of the server, every tenth of a second. */
  readonly rss: readonly number[];
  /** Why sessions ended, or did not answer a request. */
  readonly failures: readonly string[];
}

export class Bystanders {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  static async start(data: BystanderData): Promise<Bystanders> {
    const worker = new Worker(new URL("./bystander-worker.ts", import.meta.url), {
      workerData: data,
    });
    await once(worker, "message");
    return new Bystanders(worker);
  }

  /** Sends a request on every session, then returns what it saw and starts again from nothing. */
  async take(): Promise<BystanderResult> {
    const answer = once(this.#worker, "message");
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this port leads to a thread, not to a window.
    this.#worker.postMessage("take");
    const [result] = (await answer) as [BystanderResult];
    return result;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
