/**
 * A fair lock.
 *
 * Its znode has an ephemeral sequential child for everyone who holds or wants it, `_c_<uuid>-lock-0000000001`,
 * as Curator's `InterProcessMutex` makes them; the first holds it, and each other one waits for the one before.
 * Whatever child ends in a number is taken for a contender, so Curator, kazoo and this one all see each other
 * if the names are ones that the others look for: Curator's are the default; what kazoo's `Lock` looks for is
 * `nodeName: "__lock__"`.
 */
import { type ACL, NoNodeError, type OperationOptions, type ZooKeeper } from "../client/index.ts";
import { type Held, type HoldOptions, useHeld, ZnodeHeld } from "./held.ts";
import { Line } from "./line.ts";
import { REVOKE_REQUEST, watchOwnZnode } from "./own-znode.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import { Reentrance } from "./reentrance.ts";

export interface LockOptions extends HoldOptions {
  /** What others find in the contender's znode. Default: nothing. */
  readonly id?: string | undefined;
  /**
   * Whether this `Lock` stands for one owner, who may acquire it again while holding it, and holds it until
   * each handle is released. Their `signal` is one.
   */
  readonly reentrant?: boolean | undefined;
  /**
   * Makes it revocable: called when somebody asks the holder to let go, as `revoke` and Curator's `Revoker` do.
   * Then the holder is also told, by `signal`, when somebody deletes its znode.
   */
  readonly onRevoke?: ((held: Held) => void) | undefined;
  /** What comes before the number in the contenders' names. Default: `lock-`. */
  readonly nodeName?: string | undefined;
  /** Names of contenders that may hold it at the same time. Default: none. */
  readonly sharedWith?: RegExp | undefined;
  /** Of the contenders' znodes. Default: everyone may do everything. */
  readonly acl?: readonly ACL[] | undefined;
}

export interface AcquireOptions extends WaitOptions {
  /**
   * Called with the number of those that are ahead: first when the line was joined, then whenever the one that
   * is waited for has left. 0: it is acquired.
   */
  readonly onPosition?: ((ahead: number) => void) | undefined;
}

/**
 * A lock that one session at a time holds, in the order in which it was asked for.
 *
 * Mutual exclusion holds while clocks run at the same speed: the handle's `signal` is aborted before the server
 * can give the lock to another. Work that cannot be stopped in time is made safe by `check()` or `token`.
 * Acquiring takes one round trip when nobody holds it, releasing another; a release wakes one waiter. A lock
 * whose session is lost while it waits is asked for again in the next one, at the end of the line. The path is
 * created when needed, as a container.
 *
 * @example
 * const lock = new Lock(zk, "/locks/invoice-42");
 * await using held = await lock.acquire({ timeoutMs: 5_000 });
 * await zk.transaction().add(held.check()).setData("/invoices/42", "paid").commit();
 */
export class Lock {
  readonly path: string;
  readonly #zk: ZooKeeper;
  readonly #options: LockOptions;
  readonly #line: Line;
  readonly #reentrance: Reentrance | undefined;

  constructor(zk: ZooKeeper, path: string, options: LockOptions = {}) {
    const { id, nodeName = "lock-", sharedWith, acl, reentrant = false } = options;
    this.path = path;
    this.#zk = zk;
    this.#options = options;
    this.#line = new Line(zk, { path, prefix: nodeName, data: id ?? null, acl, sharedWith });
    this.#reentrance = reentrant ? new Reentrance() : undefined;
  }

  /**
   * Waits until it is held. Who gives up leaves no znode behind.
   *
   * @throws RequestAbortedError, OperationTimeoutError; ConnectionClosedError, AuthFailedError when the client
   * has ended; NoAuthError.
   */
  async acquire(options: AcquireOptions = {}): Promise<Held> {
    const held = await this.#acquire(options, true);
    // Whoever waits gets it, or an error.
    return held as Held;
  }

  /** Acquires it unless that takes waiting for others; then undefined. @throws what `acquire` does. */
  tryAcquire(options: WaitOptions = {}): Promise<Held | undefined> {
    return this.#acquire(options, false);
  }

  /**
   * Does something while holding it.
   *
   * @throws what `use` and `acquire` throw; SessionExpiredError, or whatever the reason, when the lock was lost
   * meanwhile.
   */
  async run<T>(use: (held: Held) => T | Promise<T>, options: AcquireOptions = {}): Promise<T> {
    return await useHeld(await this.acquire(options), use);
  }

  /** Paths of all who hold or want it, first come first. */
  contenders(options: OperationOptions = {}): Promise<string[]> {
    return this.#line.contenders(options);
  }

  /** Asks whoever is first in the line to let go, if it is listening. False when there is nobody. */
  async revoke(options: OperationOptions = {}): Promise<boolean> {
    const [first] = await this.contenders(options);
    if (first === undefined) return false;
    try {
      await this.#zk.setData(first, REVOKE_REQUEST, options);
      return true;
    } catch (error) {
      if (error instanceof NoNodeError) return false;
      throw error;
    }
  }

  async #acquire(options: AcquireOptions, isWaiting: boolean): Promise<Held | undefined> {
    const patience = new Patience(this.#zk.clock, this.path, options);
    try {
      const acquire = (): Promise<Held | undefined> =>
        this.#takeTurn(patience, isWaiting, options.onPosition);
      return await (this.#reentrance?.enter(patience, isWaiting, acquire) ?? acquire());
    } finally {
      patience.end();
    }
  }

  async #takeTurn(
    patience: Patience,
    isWaiting: boolean,
    onPosition: AcquireOptions["onPosition"],
  ): Promise<Held | undefined> {
    const contender = await this.#line.takeTurn({ patience, isWaiting, onPosition });
    if (contender === undefined) return undefined;
    const held = new ZnodeHeld(this.#zk, contender, this.#options);
    const { onRevoke } = this.#options;
    if (onRevoke) watchOwnZnode(this.#zk, contender, held, () => onRevoke(held));
    return held;
  }
}
