/**
 * A queue: every item is worked on at least once, by one consumer at a time.
 *
 * Format, that of kazoo's `LockingQueue`, with which a path may be shared:
 * - `entries/entry-PPP-NNNNNNNNNN`: an item, its priority and the server's sequence number;
 * - `taken/entry-PPP-NNNNNNNNNN`: an ephemeral, the claim of whoever works on it. Both are deleted together.
 *
 * And two that kazoo does not look at. One is `delayed/delayed-TTTTTTTTTTTTTTT-PPP-NNNNNNNNNN`, an item that becomes an entry at a
 * time, in milliseconds since 1970; the other `waiting/_c_<uuid>-wait-NNNNNNNNNN`, an ephemeral for each consumer that waits for an
 * item.
 */
import {
  BadVersionError,
  type Data,
  MarshallingError,
  NoNodeError,
  type OperationOptions,
  type Stat,
  TransactionError,
  type ZooKeeper,
} from "../client/index.ts";
import { askOnce } from "./ask-once.ts";
import { createInContainer } from "./containers.ts";
import { ensureContainer } from "./parents.ts";
import type { QueueClaim } from "./queue-claim.ts";
import { QueueConsumer } from "./queue-consumer.ts";
import { delayedPrefix, entryPrefix, PRIORITY_DEFAULT, PRIORITY_MAX } from "./queue-entry.ts";
import { ItemTooLargeError, QueueFullError } from "./queue-errors.ts";
import { queuePaths, type QueuePaths } from "./queue-paths.ts";
import type { WaitOptions } from "./patience.ts";
import { withTimeLimit } from "./time-limit.ts";

export interface QueueOptions {
  /** Items that it holds at most, claimed and delayed ones included. Default: no limit. Those who put must agree on it. */
  readonly lengthMax?: number | undefined;
  /** Bytes of an item at most. Default: 1,000,000, which with its path fits what servers take. */
  readonly itemBytesMax?: number | undefined;
  /** The time of day, in milliseconds since 1970, by which items are delayed. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
}

export interface PutOptions extends OperationOptions {
  /** From 0, the highest, to 999. Default: 100. */
  readonly priority?: number | undefined;
  /** Milliseconds before which nobody gets it, by the clocks of who puts and who takes. Default: 0. */
  readonly delayMs?: number | undefined;
}

const ITEM_BYTES_MAX = 1_000_000;

/**
 * A queue with priorities and delays, whose items survive their consumers: what somebody has claimed returns when their session
 * ends, and is then done again by another. So it is done at least once; done twice must be done well.
 *
 * One consumer gets items by priority, then in the order in which they were put. Several get them nearly so. While items are
 * put and taken, an item may wait behind as many of lower priority as a tenth of the queue's length: so often the whole queue is
 * listed, never for each item.
 *
 * @example
 * const queue = new Queue(zk, "/queues/mail");
 * await queue.put("to: somebody", { priority: 50 });
 * for (;;) {
 *   await using claim = await queue.take();
 *   await send(claim.text());
 *   await claim.complete();
 * }
 */
export class Queue {
  readonly #zk: ZooKeeper;
  readonly #path: string;
  readonly #paths: QueuePaths;
  readonly #lengthMax: number;
  readonly #itemBytesMax: number;
  readonly #now: () => number;
  readonly #consumer: QueueConsumer;

  /** @throws RangeError when a limit is below 1. */
  constructor(zk: ZooKeeper, path: string, options: QueueOptions = {}) {
    const { lengthMax = Infinity, itemBytesMax = ITEM_BYTES_MAX, now = Date.now } = options;
    for (const limit of [lengthMax, itemBytesMax]) {
      if (!(limit >= 1)) throw new RangeError(`a limit is 1 or more, not ${limit}`);
    }
    this.#zk = zk;
    this.#path = path;
    this.#paths = queuePaths(path);
    this.#lengthMax = lengthMax;
    this.#itemBytesMax = itemBytesMax;
    this.#now = now;
    this.#consumer = new QueueConsumer(zk, path, now);
  }

  /**
   * Puts an item at the end of those of its priority, and gives the path of its znode, which a delayed one has until it is due. When this is rejected with an error whose `outcome` is `unknown`, the item
   * may be in the queue; to put it again may put it twice.
   *
   * @throws QueueFullError, ItemTooLargeError; RangeError for a priority or a delay that is none.
   */
  async put(data: Data, options: PutOptions = {}): Promise<string> {
    const { priority = PRIORITY_DEFAULT, delayMs = 0, ...operation } = options;
    if (!Number.isInteger(priority) || priority < 0 || priority > PRIORITY_MAX) {
      throw new RangeError(`a priority is an integer from 0 to ${PRIORITY_MAX}, not ${priority}`);
    }
    if (!(delayMs >= 0 && delayMs <= Number.MAX_SAFE_INTEGER)) {
      throw new RangeError(`a delay is a number of milliseconds, not ${delayMs}`);
    }
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const size = bytes?.length ?? 0;
    if (size > this.#itemBytesMax) throw new ItemTooLargeError(this.#path, size);
    const { entries, delayed } = this.#paths;
    const path =
      delayMs === 0
        ? `${entries}/${entryPrefix(priority)}`
        : `${delayed}/${delayedPrefix(this.#now() + delayMs, priority)}`;
    try {
      const created = await (this.#lengthMax === Infinity
        ? askOnce(operation, (once) =>
            createInContainer(this.#zk, path, bytes, { ...once, mode: "persistentSequential" }),
          )
        : this.#putWithinLimit(path, bytes, operation));
      return created.path;
    } catch (error) {
      if (error instanceof MarshallingError) throw new ItemTooLargeError(this.#path, size, error);
      throw error;
    }
  }

  /**
   * Claims the next item, and waits for one when there is none. The claim belongs to the session of that moment; while it waits it
   * goes on from one session to the next. What is claimed when it gives up is released.
   *
   * @throws OperationTimeoutError, RequestAbortedError.
   */
  async take(options: WaitOptions = {}): Promise<QueueClaim> {
    return await withTimeLimit(this.#zk, this.#path, options, (signal) =>
      this.#consumer.take(signal),
    );
  }

  /** Claims the next item if there is one that nobody has claimed; otherwise undefined. @throws as `take`. */
  async tryTake(options: WaitOptions = {}): Promise<QueueClaim | undefined> {
    return await withTimeLimit(this.#zk, this.#path, options, async (signal) =>
      // A queue that nobody has put anything into is not made for being looked at.
      (await this.length({ signal })) === 0 ? undefined : this.#consumer.tryTake(signal),
    );
  }

  /** Number of items: those that wait, those that are claimed and those that are delayed. */
  async length(options: OperationOptions = {}): Promise<number> {
    const [entries, delayed] = await this.#stats(options);
    return (entries?.numChildren ?? 0) + (delayed?.numChildren ?? 0);
  }

  #stats(options: OperationOptions): Promise<[Stat | undefined, Stat | undefined]> {
    const { entries, delayed } = this.#paths;
    return Promise.all([this.#zk.exists(entries, options), this.#zk.exists(delayed, options)]);
  }

  /** Every put under a limit changes the version of `entries`, so that no two count the same free place. */
  async #putWithinLimit(
    path: string,
    data: Uint8Array | null,
    options: OperationOptions,
  ): Promise<{ readonly path: string }> {
    for (;;) {
      const [entries, delayed] = await this.#stats(options);
      if (entries === undefined || delayed === undefined) {
        await this.#ensurePaths(options);
        continue;
      }
      if (entries.numChildren + delayed.numChildren >= this.#lengthMax) {
        throw new QueueFullError(this.#path, this.#lengthMax);
      }
      try {
        const [, created] = await askOnce(options, (once) =>
          this.#zk
            .transaction()
            .setData(this.#paths.entries, null, { version: entries.version })
            .create(path, data, { mode: "persistentSequential" })
            .commit(once),
        );
        return created;
      } catch (error) {
        if (!(error instanceof TransactionError)) throw error;
        const { cause } = error;
        if (!(cause instanceof BadVersionError || cause instanceof NoNodeError)) throw error;
      }
    }
  }

  async #ensurePaths(options: OperationOptions): Promise<void> {
    const { entries, delayed } = this.#paths;
    await Promise.all([
      ensureContainer(this.#zk, entries, options),
      ensureContainer(this.#zk, delayed, options),
    ]);
  }
}
