/**
 * Several locks as one.
 */
import type { CheckOp, ZooKeeper } from "../client/index.ts";
import { type Held, useHeld } from "./held.ts";
import { Patience, type WaitOptions } from "./patience.ts";

/** What can be part of a {@link MultiLock}: a lock, either side of a read-write lock, a semaphore. */
export interface Acquirable {
  readonly path: string;
  acquire(options?: WaitOptions): Promise<Held>;
}

/** A handle on all of them. */
export class MultiHeld implements AsyncDisposable {
  /** Each by itself, in the order in which the locks were given. */
  readonly held: readonly Held[];
  readonly #controller = new AbortController();

  constructor(held: readonly Held[]) {
    this.held = held;
    for (const { signal } of held) {
      const onLost = (): void => this.#controller.abort(signal.reason);
      if (signal.aborted) onLost();
      else signal.addEventListener("abort", onLost);
    }
  }

  /** Aborted when any of them is lost or may be, and when they are released. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Checks for a transaction, which then happens only while all are held. */
  checks(): CheckOp[] {
    return this.held.map((each) => each.check());
  }

  /** Gives all of them back. */
  async release(): Promise<void> {
    await Promise.all(this.held.map((each) => each.release()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

/**
 * Holds several locks, or none. They are acquired one after the other, sorted by path, so that two `MultiLock`s
 * never wait for each other; single locks that are taken in another order meanwhile can still be the end of
 * that.
 *
 * @example
 * const both = new MultiLock(zk, [new Lock(zk, "/accounts/1"), new Lock(zk, "/accounts/2")]);
 * await using held = await both.acquire({ timeoutMs: 5_000 });
 */
export class MultiLock {
  readonly #zk: ZooKeeper;
  readonly #locks: readonly Acquirable[];

  /** @throws TypeError when two have the same path: the second would wait for the first. */
  constructor(zk: ZooKeeper, locks: readonly Acquirable[]) {
    if (new Set(locks.map(({ path }) => path)).size < locks.length) {
      throw new TypeError("two of the locks have the same path");
    }
    this.#zk = zk;
    this.#locks = locks;
  }

  /**
   * Waits until all are held. Whatever fails, those that were held already are released.
   *
   * @throws what the locks' `acquire` does.
   */
  async acquire(options: WaitOptions = {}): Promise<MultiHeld> {
    const sorted = [...this.#locks].sort((a, b) => (a.path < b.path ? -1 : 1));
    const held = new Map<Acquirable, Held>();
    const patience = new Patience(this.#zk.clock, sorted[0]?.path ?? "", options);
    try {
      for (const lock of sorted) {
        const { signal } = patience;
        held.set(lock, await patience.wait(lock.acquire({ signal })));
      }
    } catch (error) {
      await Promise.all([...held.values()].map((each) => each.release()));
      throw error;
    } finally {
      patience.end();
    }
    return new MultiHeld(this.#locks.flatMap((lock) => held.get(lock) ?? []));
  }

  /**
   * Does something while holding all; @throws what `use` and `acquire` throw, and the reason when one was lost
   * meanwhile.
   */
  async run<T>(use: (held: MultiHeld) => T | Promise<T>, options: WaitOptions = {}): Promise<T> {
    return await useHeld(await this.acquire(options), use);
  }
}
