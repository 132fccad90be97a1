/**
 * A lock that either any number of readers hold or one writer.
 *
 * Readers and writers stand in one line, below the lock's path: `_c_<uuid>-__READ__0000000001` and
 * `_c_<uuid>-__WRIT__0000000002`, as Curator's `InterProcessReadWriteLock` makes them, or with kazoo's
 * `__rlock__` and `__lock__`. A reader waits for the last writer before it, a writer for whoever is before it.
 * A reader that was the writer before has the writer's number in front of its own,
 * `__READ__00000000020000000005`, which sorts into the writer's place.
 */
import type { ZooKeeper } from "../client/index.ts";
import { join } from "./contender.ts";
import { type Held, ZnodeHeld } from "./held.ts";
import { placeOf } from "./line-order.ts";
import { Lock, type LockOptions } from "./lock.ts";

const NAMES = {
  curator: { read: "__READ__", write: "__WRIT__" },
  kazoo: { read: "__rlock__", write: "__lock__" },
} as const;

const READERS = /__READ__|__rlock__/;

export interface ReadWriteLockOptions extends Omit<LockOptions, "nodeName" | "sharedWith"> {
  /** Whose names the contenders have. Default: `curator`. */
  readonly format?: keyof typeof NAMES | undefined;
}

/**
 * A read lock and a write lock on one path. Both are fair and promise what a {@link Lock} does: a reader that
 * comes behind a waiting writer waits for it, so writers do not starve. With `reentrant`, each of them is.
 *
 * A reader cannot become a writer: two that tried would wait for each other. A writer can become a reader, by
 * `downgrade`.
 *
 * @example
 * const { read, write } = new ReadWriteLock(zk, "/locks/catalogue");
 * await read.run(() => serve());
 * await write.run(({ token }) => rebuild(token));
 */
export class ReadWriteLock {
  readonly read: Lock;
  readonly write: Lock;
  readonly #zk: ZooKeeper;
  readonly #path: string;
  readonly #options: ReadWriteLockOptions;

  constructor(zk: ZooKeeper, path: string, options: ReadWriteLockOptions = {}) {
    const { read, write } = NAMES[options.format ?? "curator"];
    this.read = new Lock(zk, path, { ...options, nodeName: read, sharedWith: READERS });
    this.write = new Lock(zk, path, { ...options, nodeName: write });
    this.#zk = zk;
    this.#path = path;
    this.#options = options;
  }

  /**
   * Exchanges the write lock for the read lock, without letting another writer in between; it takes two round
   * trips. Readers who wait right behind come in, too. The new handle has the old one's token, since what has
   * been fenced off is the same.
   *
   * @throws TypeError with kazoo's names: kazoo does not see a contender with two numbers, so its writers would
   * not wait.
   * @throws the reason of the handle's signal when it is not held any more; then there is no read lock either.
   */
  async downgrade(held: Held): Promise<Held> {
    if (held.signal.aborted) throw held.signal.reason;
    const { format, id, acl } = this.#options;
    if (format === "kazoo") throw new TypeError("kazoo would not see who downgrades");
    const { contender } = await join(this.#zk, held.session, {
      path: this.#path,
      prefix: NAMES.curator.read + placeOf(held.path),
      data: id ?? null,
      acl,
    });
    const reading = new ZnodeHeld(this.#zk, contender, this.#options, held.token);
    await held.release();
    return reading;
  }
}
