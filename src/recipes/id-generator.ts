/**
 * Numbers that nobody else gets.
 *
 * Format: a counter that holds the first id that is not given out yet; see `counter.ts` for what may be in it.
 */
import { ConnectionLossError, SessionExpiredError, type ZooKeeper } from "../client/index.ts";
import { Counter, type CounterOptions } from "./counter.ts";
import type { WaitOptions } from "./patience.ts";
import { untilAborted, withTimeLimit } from "./time-limit.ts";

export interface IdGeneratorOptions extends CounterOptions {
  /** Ids that are fetched at a time; those that are left when the process ends are never used. Default: 100. */
  readonly blockSize?: number | undefined;
}

/**
 * Gives ids that are unique among all generators at a path, in all processes and for all time. Those of one generator grow; those
 * of two are in no order, since each has a block of its own. There are gaps.
 *
 * @example
 * const ids = new IdGenerator(zk, "/ids/orders", { blockSize: 1_000 });
 * const orderId = await ids.next();
 */
export class IdGenerator {
  readonly #zk: ZooKeeper;
  readonly #path: string;
  readonly #counter: Counter;
  readonly #blockSize: number;
  #next = 0;
  #end = 0;
  #fetching: Promise<void> | undefined;

  /** @throws RangeError when the block size is not a positive integer. */
  constructor(zk: ZooKeeper, path: string, options: IdGeneratorOptions = {}) {
    const { blockSize = 100, ...counterOptions } = options;
    if (!Number.isSafeInteger(blockSize) || blockSize < 1) {
      throw new RangeError(`blockSize is a positive integer, not ${blockSize}`);
    }
    this.#zk = zk;
    this.#path = path;
    this.#counter = new Counter(zk, path, counterOptions);
    this.#blockSize = blockSize;
  }

  /**
   * The next id. Costs a round trip when the block is used up, which those who ask meanwhile share.
   *
   * @throws CounterRangeError when there are no ids left, CounterDataError when the znode has something else;
   * OperationTimeoutError, RequestAbortedError.
   */
  async next(options: WaitOptions = {}): Promise<number> {
    while (this.#next === this.#end) {
      this.#fetching ??= this.#fetch().finally(() => {
        this.#fetching = undefined;
      });
      const fetching = this.#fetching;
      await withTimeLimit(this.#zk, this.#path, options, (signal) =>
        untilAborted(signal, fetching),
      );
    }
    return this.#next++;
  }

  async #fetch(): Promise<void> {
    for (;;) {
      try {
        this.#end = await this.#counter.add(this.#blockSize);
        this.#next = this.#end - this.#blockSize;
        return;
      } catch (error) {
        // The block may be ours or not: either way nobody else has it, and the next one will do.
        const isLost = error instanceof ConnectionLossError || error instanceof SessionExpiredError;
        if (!isLost) throw error;
      }
    }
  }
}
