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
      let removals: number | undefined;
      for (;;) {
        const { count } = this.#changes;
        if (!(await this.#isUp(signal))) return;
        // An event that comes behind the first answer is of a removal behind it.
        removals ??= this.#removals;
        await this.#changes.next(count, signal);
        if (this.#removals > removals) return;
      }
    });
  }

  async #isUp(signal: AbortSignal): Promise<boolean> {
    const { watcher: watch } = this.#changes;
    for (;;) {
      try {
        const stat = await this.#zk.exists(this.#path, { watch, signal, timeoutMs: Infinity });
        return stat !== undefined;
      } catch (error) {
        if (!(error instanceof SessionExpiredError)) throw error;
      }
    }
  }

  #onEvent({ type }: NodeEvent | SessionLostEvent): void {
    if (type === "NodeDeleted") this.#removals++;
  }
}
