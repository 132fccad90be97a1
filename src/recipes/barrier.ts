/**
 * A barrier: whoever waits at it goes on when it is removed.
 *
 * Format: the barrier is up while its znode exists, whatever is in it. That is kazoo's `Barrier` and Curator's
 * `DistributedBarrier`, and all three may use one path.
 */
import {
  type NodeEvent,
  NodeExistsError,
  NoNodeError,
  type OperationOptions,
  SessionExpiredError,
  type SessionLostEvent,
  type Stat,
  type ZooKeeper,
} from "../client/index.ts";
import { Changes } from "./changes.ts";
import { createInContainer } from "./containers.ts";
import type { WaitOptions } from "./patience.ts";
import { withTimeLimit } from "./time-limit.ts";
import { untilAnswered } from "./until-answered.ts";

/**
 * A gate that is closed by one and opened by one, for any number who wait.
 *
 * The barrier is a persistent znode: it outlives the session of whoever put it up.
 *
 * @example
 * const barrier = new Barrier(zk, "/migrations/2024");
 * await barrier.create();
 * // elsewhere
 * await barrier.wait({ timeoutMs: 60_000 });
 */
export class Barrier {
  readonly #zk: ZooKeeper;
  readonly #path: string;
  readonly #changes: Changes;
  /** How often it was seen to go. */
  #removals = 0;

  constructor(zk: ZooKeeper, path: string) {
    this.#zk = zk;
    this.#path = path;
    this.#changes = new Changes((event) => this.#onEvent(event));
  }

  /** Puts the barrier up; that it is up already is no error. Safe to be asked again. */
  async create(options: OperationOptions = {}): Promise<void> {
    try {
      await untilAnswered(() => createInContainer(this.#zk, this.#path, null, options));
    } catch (error) {
      if (!(error instanceof NodeExistsError)) throw error;
    }
  }

  /** Removes the barrier; that there is none is no error. Safe to be asked again. */
  async remove(options: OperationOptions = {}): Promise<void> {
    try {
      await untilAnswered(() => this.#zk.delete(this.#path, options));
    } catch (error) {
      if (!(error instanceof NoNodeError)) throw error;
    }
  }

  /**
   * Waits until there is no barrier, or one that was there has been removed, even if the next one is up already. Nothing else
   * ends the wait: not a change of its data, a lost connection or a lost session, after which it goes on in the next one.
   *
   * @throws OperationTimeoutError, RequestAbortedError.
   */
  async wait(options: WaitOptions = {}): Promise<void> {
    await withTimeLimit(this.#zk, this.#path, options, async (signal) => {
      let first: { readonly czxid: number; readonly removals: number } | undefined;
      for (;;) {
        const { count } = this.#changes;
        const barrier = await this.#look(signal);
        if (barrier === undefined) return;
        // An event that comes behind the first answer is of a removal behind it.
        first ??= { czxid: barrier.czxid, removals: this.#removals };
        // Another one tells of a removal that was missed: by whoever was away, a server says only that something has changed.
        if (barrier.czxid !== first.czxid) return;
        await this.#changes.next(count, signal);
        if (this.#removals > first.removals) return;
      }
    });
  }

  async #look(signal: AbortSignal): Promise<Stat | undefined> {
    const { watcher: watch } = this.#changes;
    for (;;) {
      try {
        return await this.#zk.exists(this.#path, { watch, signal, timeoutMs: Infinity });
      } catch (error) {
        if (!(error instanceof SessionExpiredError)) throw error;
      }
    }
  }

  #onEvent({ type }: NodeEvent | SessionLostEvent): void {
    if (type === "NodeDeleted") this.#removals++;
  }
}
