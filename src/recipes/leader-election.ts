/**
 * One leader at a time.
 *
 * A candidate is an ephemeral sequential znode with its id, `_c_<uuid>-latch-0000000001`, as Curator's
 * `LeaderLatch` makes them, and the first one leads: an election is a lock that everyone may look at. Curator's
 * `LeaderSelector` calls them `lock-`, and kazoo's `Election` `__lock__`.
 */
import {
  type ACL,
  isRetryable,
  NoNodeError,
  type ReadOptions,
  SessionExpiredError,
  type ZooKeeper,
} from "../client/index.ts";
import type { Held, HoldOptions } from "./held.ts";
import { inLine } from "./line-order.ts";
import { type AcquireOptions, Lock } from "./lock.ts";
import { Patience, type WaitOptions } from "./patience.ts";
import { WakeUp } from "./wake-up.ts";

export interface LeaderElectionOptions extends HoldOptions {
  /** Who this candidate is, for others. Default: nothing. */
  readonly id?: string | undefined;
  /** What comes before the number in the candidates' names. Default: `latch-`. */
  readonly nodeName?: string | undefined;
  /** Of the candidates' znodes. Default: everyone may do everything. */
  readonly acl?: readonly ACL[] | undefined;
}

/** A candidate that leads, as others see it. */
export interface Leader {
  readonly id: string;
  /** What the leader's own handle says: its fencing token. */
  readonly token: number;
  readonly path: string;
}

/**
 * An election. Candidates lead in the order in which they came, each until it resigns or its session is lost. A
 * leadership is a handle like that of a {@link Lock}, whose `signal` also tells when somebody has deleted the
 * leader's znode.
 *
 * @example
 * const election = new LeaderElection(zk, "/elections/scheduler", { id: "host-7" });
 * for (;;) await election.lead(async ({ signal, token }) => await schedule(signal, token));
 */
export class LeaderElection {
  readonly path: string;
  readonly #zk: ZooKeeper;
  readonly #lock: Lock;

  constructor(zk: ZooKeeper, path: string, options: LeaderElectionOptions = {}) {
    const { nodeName = "latch-" } = options;
    this.path = path;
    this.#zk = zk;
    // Who leads for long wants to know when its znode goes.
    this.#lock = new Lock(zk, path, { ...options, nodeName, onRevoke: () => {} });
  }

  /**
   * Waits to be the leader, and is it until the handle is released: the way of a latch. A candidate whose
   * session is lost while it waits is one again in the next.
   *
   * @throws what a lock's `acquire` does.
   */
  campaign(options: AcquireOptions = {}): Promise<Held> {
    return this.#lock.acquire(options);
  }

  /**
   * Waits to be the leader, does something, and resigns: the way of a selector. It must end soon after
   * `leadership.signal` is aborted: this candidate does not run again before it has.
   *
   * @throws what `reign` and `campaign` throw; SessionExpiredError, or whatever the reason, when the leadership
   * was lost meanwhile.
   */
  lead<T>(reign: (leadership: Held) => T | Promise<T>, options: AcquireOptions = {}): Promise<T> {
    return this.#lock.run(reign, options);
  }

  /** Who leads; undefined when nobody does. */
  async leader(): Promise<Leader | undefined> {
    return await this.#first({});
  }

  /** Paths of all candidates, the leader's first. */
  candidates(): Promise<string[]> {
    return this.#lock.contenders();
  }

  /**
   * Who leads, now and whenever that changes; undefined for nobody. A leader that others have followed before
   * it could be told of is left out. Goes on in the next session when one is lost; without a connection it is
   * what was known last.
   *
   * @throws ConnectionClosedError, AuthFailedError when the client has ended; NoAuthError.
   */
  async *leaders({ signal }: Pick<WaitOptions, "signal"> = {}): AsyncGenerator<
    Leader | undefined,
    void
  > {
    if (signal?.aborted) return;
    const patience = new Patience(this.#zk.clock, this.path, { signal });
    let last: Leader | undefined | null = null;
    try {
      for (;;) {
        const { wake: watch, woken } = new WakeUp();
        const leader = await patience.wait(this.#firstAnyhow({ timeoutMs: Infinity, watch }));
        if (last === null || leader?.path !== last?.path) yield leader;
        last = leader;
        await patience.wait(woken);
      }
    } catch (error) {
      if (!signal?.aborted) throw error;
    } finally {
      patience.end();
    }
  }

  /** What lies beyond a lost connection or session is asked again. */
  async #firstAnyhow(options: ReadOptions): Promise<Leader | undefined> {
    for (;;) {
      try {
        return await this.#first(options);
      } catch (error) {
        if (!(error instanceof SessionExpiredError) && !isRetryable(error)) throw error;
      }
    }
  }

  /** The first candidate. `watch` is called when it goes, or when there may be one where there is none. */
  async #first(options: ReadOptions): Promise<Leader | undefined> {
    const { watch, ...unwatched } = options;
    for (;;) {
      const [path] = await this.#lock.contenders(unwatched);
      try {
        if (path !== undefined) {
          const { data, stat } = await this.#zk.getData(path, options);
          return { id: new TextDecoder().decode(data ?? undefined), token: stat.czxid, path };
        }
        if (watch === undefined || !(await this.#hasChildren(options))) return undefined;
      } catch (error) {
        // It has gone meanwhile.
        if (!(error instanceof NoNodeError)) throw error;
      }
    }
  }

  /** When there are none, `watch` is called once there are some. */
  async #hasChildren(options: ReadOptions): Promise<boolean> {
    if ((await this.#zk.exists(this.path, options)) === undefined) return false;
    return inLine((await this.#zk.getChildren(this.path, options)).children).length > 0;
  }
}
