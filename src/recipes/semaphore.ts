/**
 * A limited number of leases.
 *
 * Below its path are `locks`, a {@link Lock}'s line of those who want a lease, and `leases`, with a znode for
 * every lease: `_c_<uuid>-lease-0000000001`. The first in the line adds its lease and waits until there are no
 * more than allowed; then it leaves the line to the next. That is how Curator's `InterProcessSemaphoreV2` does
 * it.
 */
import {
  type ACL,
  NoNodeError,
  type ReadOptions,
  type Session,
  SessionExpiredError,
  type ZooKeeper,
} from "../client/index.ts";
import { type Contender, join, leaveOnceJoined, optionsOf } from "./contender.ts";
import { type Held, type HoldOptions, useHeld, ZnodeHeld } from "./held.ts";
import { Line } from "./line.ts";
import type { AcquireOptions } from "./lock.ts";
import { childPath } from "./parents.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import { WakeUp } from "./wake-up.ts";

export interface SemaphoreOptions extends HoldOptions {
  /**
   * How many leases there may be: a number that all must agree on, or the path of a znode that says it, in the
   * four bytes of Curator's `SharedCount`. While that does not exist, there are none. When it says less than
   * before, leases are not taken back.
   */
  readonly leases: number | { readonly path: string };
  /** What others find in the lease's znode. Default: nothing. */
  readonly id?: string | undefined;
  /** Of the znodes. Default: everyone may do everything. */
  readonly acl?: readonly ACL[] | undefined;
}

interface Look {
  readonly found: readonly string[];
  readonly max: number;
  readonly changed: Promise<void>;
}

/**
 * A semaphore: so many sessions at a time hold a lease, in the order in which they asked. What is said of a
 * {@link Lock}'s handle is true of a lease; its check says that the lease is there, and nothing of others'. A
 * lease takes two round trips.
 *
 * Whoever gives up, at any moment, leaves neither a lease nor a place in the line. There is no way to ask for
 * several leases at once: two that each have some of what they need would wait for each other.
 *
 * @example
 * const semaphore = new Semaphore(zk, "/semaphores/exports", { leases: 3 });
 * await semaphore.run(() => exportEverything(), { timeoutMs: 60_000 });
 */
export class Semaphore {
  readonly path: string;
  readonly #zk: ZooKeeper;
  readonly #options: SemaphoreOptions;
  readonly #line: Line;
  readonly #leasesPath: string;

  constructor(zk: ZooKeeper, path: string, options: SemaphoreOptions) {
    this.path = path;
    this.#zk = zk;
    this.#options = options;
    this.#leasesPath = childPath(path, "leases");
    this.#line = new Line(zk, {
      path: childPath(path, "locks"),
      prefix: "lock-",
      data: null,
      acl: options.acl,
      sharedWith: undefined,
    });
  }

  /**
   * Waits for a lease. `onPosition` tells of the line; 0 is its head, who may still wait for a lease.
   *
   * @throws what a lock's `acquire` does.
   */
  async acquire(options: AcquireOptions = {}): Promise<Held> {
    const held = await this.#acquire(options, true);
    // Whoever waits gets one, or an error.
    return held as Held;
  }

  /**
   * Takes a lease if there is one and nobody else is about to take one; otherwise undefined. @throws what
   * `acquire` does.
   */
  tryAcquire(options: WaitOptions = {}): Promise<Held | undefined> {
    return this.#acquire(options, false);
  }

  /**
   * Does something while holding a lease.
   *
   * @throws what `use` and `acquire` throw; SessionExpiredError, or whatever the reason, when the lease was
   * lost meanwhile.
   */
  async run<T>(use: (held: Held) => T | Promise<T>, options: AcquireOptions = {}): Promise<T> {
    return await useHeld(await this.acquire(options), use);
  }

  async #acquire(options: AcquireOptions, isWaiting: boolean): Promise<Held | undefined> {
    const { onPosition } = options;
    const patience = new Patience(this.#zk.clock, this.path, options);
    try {
      for (;;) {
        const first = await this.#line.takeTurn({ patience, isWaiting, onPosition });
        if (first === undefined) return undefined;
        try {
          const lease = await this.#takeLease(first.session, patience, isWaiting);
          return lease && new ZnodeHeld(this.#zk, lease, this.#options);
        } catch (error) {
          if (!(error instanceof SessionExpiredError)) throw error;
        } finally {
          first.leaveSoon();
        }
      }
    } finally {
      patience.end();
    }
  }

  /** Adds a lease and waits until there are few enough. Only the first in the line may do that. */
  async #takeLease(
    session: Session,
    patience: Patience,
    isWaiting: boolean,
  ): Promise<Contender | undefined> {
    const { leases, id, acl } = this.#options;
    const znode = { path: this.#leasesPath, prefix: "lease-", data: id ?? null, acl };
    const joining = join(this.#zk, session, znode);
    try {
      const { contender, names } = await patience.wait(joining);
      if (typeof leases === "number" && names.length <= leases) return contender;
      for (;;) {
        const { found, max, changed } = await patience.wait(this.#look(session));
        // Somebody may have deleted it.
        if (!found.includes(contender.name)) break;
        if (found.length <= max) return contender;
        if (!isWaiting) {
          contender.leaveSoon();
          return undefined;
        }
        await patience.wait(changed);
      }
    } catch (error) {
      leaveOnceJoined(joining);
      throw error;
    }
    return await this.#takeLease(session, patience, isWaiting);
  }

  /** The leases, how many there may be, and what to wait for until either changes. */
  async #look(session: Session): Promise<Look> {
    const { wake: watch, woken: changed } = new WakeUp();
    const options = { ...optionsOf(session), watch };
    const [max, found] = await Promise.all([
      this.#max(options),
      this.#zk.getChildren(this.#leasesPath, options),
    ]);
    return { found: found.children, max, changed };
  }

  async #max(options: ReadOptions): Promise<number> {
    const { leases } = this.#options;
    if (typeof leases === "number") return leases;
    for (;;) {
      try {
        const { data } = await this.#zk.getData(leases.path, options);
        return data?.length === 4 ? new DataView(data.buffer, data.byteOffset).getInt32(0) : 0;
      } catch (error) {
        if (!(error instanceof NoNodeError)) throw error;
      }
      if ((await this.#zk.exists(leases.path, options)) === undefined) return 0;
    }
  }
}
