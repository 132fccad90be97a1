/**
 * A number that many change: every change is a compare-and-set on the znode's version.
 *
 * Formats: `text`, decimal digits, is kazoo's `Counter`; `int32`, four bytes, the highest first, is Curator's `SharedCount` and
 * `DistributedAtomicInteger` and kazoo's `Counter` with `support_curator`; `int64`, eight bytes, is Curator's `DistributedAtomicLong`. Empty data
 * stands for the initial value, as with kazoo.
 */
import {
  BadVersionError,
  ConnectionLossError,
  NodeExistsError,
  NoNodeError,
  type OperationOptions,
  SessionExpiredError,
  type Stat,
  type ZooKeeper,
} from "../client/index.ts";
import { askOnce } from "./ask-once.ts";
import { createInContainer } from "./containers.ts";
import {
  COUNTER_FORMATS,
  CounterDataError,
  type CounterFormat,
  CounterRangeError,
} from "./counter-format.ts";

export interface CounterOptions {
  /** Default: `text`. */
  readonly format?: keyof typeof COUNTER_FORMATS | undefined;
  /** What it begins with. Default: 0. */
  readonly initial?: number | undefined;
}

interface Reading {
  readonly value: number;
  readonly stat: Stat;
}

/**
 * A shared count, an integer. It never wraps: what would leave the range of its format, or of the integers that a number holds
 * exactly, is refused, and nothing is changed.
 *
 * A change is done once or not at all. When its reply is lost, the counter is looked at: if nobody has changed it, the change is
 * asked for again; if somebody has, it is rejected with the `ConnectionLossError`, whose `outcome` is `unknown`, rather than counted twice.
 *
 * @example
 * const visits = new Counter(zk, "/counters/visits");
 * console.log(await visits.add(1));
 */
export class Counter {
  readonly #zk: ZooKeeper;
  readonly #path: string;
  readonly #format: CounterFormat;
  readonly #initial: number;
  /** What was read or written last: who counts alone need not read. */
  #last: Reading | undefined;

  /** @throws RangeError when the initial value is not in the format's range. */
  constructor(zk: ZooKeeper, path: string, options: CounterOptions = {}) {
    const { format = "text", initial = 0 } = options;
    this.#zk = zk;
    this.#path = path;
    this.#format = COUNTER_FORMATS[format];
    this.#initial = this.#checked(initial);
  }

  /** The value now. @throws CounterDataError when the znode has something else. */
  async get(options: OperationOptions = {}): Promise<number> {
    try {
      return (await this.#read(options)).value;
    } catch (error) {
      if (error instanceof NoNodeError) return this.#initial;
      throw error;
    }
  }

  /**
   * Adds to it, and gives the new value.
   *
   * @throws CounterRangeError, CounterDataError; ConnectionLossError when nobody knows whether it was done.
   */
  async add(delta: number, options: OperationOptions = {}): Promise<number> {
    return await this.#change((value) => value + delta, options);
  }

  /** Gives it a value, whatever it had. @throws as `add`. */
  async set(value: number, options: OperationOptions = {}): Promise<void> {
    await this.#change(() => value, options);
  }

  /**
   * Gives it a value if it has the expected one; false when it has another, and is left alone.
   *
   * @throws as `add`.
   */
  async compareAndSet(
    expected: number,
    value: number,
    options: OperationOptions = {},
  ): Promise<boolean> {
    let isExpected = false;
    await this.#change((current) => {
      isExpected = current === expected;
      return isExpected ? value : undefined;
    }, options);
    return isExpected;
  }

  /**
   * The value, and each one that it has later; of several at a time only the last. It goes on from one session to the next.
   *
   * @example
   * for await (const value of counter.values({ signal })) show(value);
   */
  async *values(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<number, void> {
    const { signal } = options;
    let last: number | undefined;
    for (;;) {
      try {
        for await (const _event of this.#zk.watch(this.#path, { signal })) {
          const value = await this.get({ signal, timeoutMs: Infinity });
          if (value !== last) yield value;
          last = value;
        }
        return;
      } catch (error) {
        if (signal?.aborted) return;
        if (!(error instanceof SessionExpiredError)) throw error;
      }
    }
  }

  async #change(
    next: (value: number) => number | undefined,
    options: OperationOptions,
  ): Promise<number> {
    for (;;) {
      const known = this.#last;
      this.#last = undefined;
      const current = known ?? (await this.#readOrCreate(options));
      const value = next(current.value);
      const isChange = value !== undefined && this.#isInRange(value);
      // What is remembered may be out of date, and then is no reason to refuse.
      if (!isChange && known !== undefined) continue;
      if (value === undefined) return current.value;
      if (await this.#write(this.#checked(value), current.stat, options)) return value;
    }
  }

  /** False when somebody else was faster, or it was not done. */
  async #write(value: number, { czxid, version }: Stat, options: OperationOptions) {
    try {
      const data = this.#format.encode(value);
      const stat = await askOnce(options, (once) =>
        this.#zk.setData(this.#path, data, { ...once, version }),
      );
      this.#last = { value, stat };
      return true;
    } catch (error) {
      if (error instanceof BadVersionError || error instanceof NoNodeError) return false;
      if (!(error instanceof ConnectionLossError) || error.outcome !== "unknown") throw error;
      const stat = await this.#latestStat(options);
      if (stat?.czxid === czxid && stat.version === version) return false;
      throw error;
    }
  }

  async #latestStat(options: OperationOptions): Promise<Stat | undefined> {
    // A server that lags behind could show what was before the change.
    const [, stat] = await Promise.all([
      this.#zk.sync(this.#path, options),
      this.#zk.exists(this.#path, options),
    ]);
    return stat;
  }

  async #readOrCreate(options: OperationOptions): Promise<Reading> {
    for (;;) {
      try {
        return await this.#read(options);
      } catch (error) {
        if (!(error instanceof NoNodeError)) throw error;
      }
      try {
        const data = this.#format.encode(this.#initial);
        const { stat } = await createInContainer(this.#zk, this.#path, data, options);
        return { value: this.#initial, stat };
      } catch (error) {
        // It is there: somebody else has created it, or an attempt whose reply was lost.
        const isThere = error instanceof NodeExistsError || error instanceof ConnectionLossError;
        if (!isThere) throw error;
      }
    }
  }

  async #read(options: OperationOptions): Promise<Reading> {
    const { data, stat } = await this.#zk.getData(this.#path, options);
    const value = data === null || data.length === 0 ? this.#initial : this.#format.decode(data);
    if (value === undefined) throw new CounterDataError(this.#path, "not a number of this format");
    if (!Number.isSafeInteger(value)) {
      throw new CounterDataError(this.#path, "a number beyond the integers that are exact");
    }
    return { value, stat };
  }

  #checked(value: number): number {
    if (this.#isInRange(value)) return value;
    throw new CounterRangeError(this.#path, value, this.#format);
  }

  #isInRange(value: number): boolean {
    const { min, max } = this.#format;
    return Number.isSafeInteger(value) && value >= min && value <= max;
  }
}
