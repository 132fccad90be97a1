/**
 * A double barrier: so many members begin together, and end together.
 *
 * Format, that of ZooKeeper's recipe, which Curator's `DistributedDoubleBarrier` and kazoo's `DoubleBarrier` have as well: an
 * ephemeral for each member, and `ready` beside them once there are enough. What theirs have not: a number of rounds in the
 * parent's version, which grows with every `ready`, so that one that was left behind by a round is told from that of the next
 * and is removed. So a path may be used again and again by members of this kind; members of all three kinds together can use
 * a path for one round.
 */
import {
  ConnectionLossError,
  type NodeEvent,
  NodeExistsError,
  type Session,
  type SessionLostEvent,
  TransactionError,
  type ZooKeeper,
} from "../client/index.ts";
import { BarrierMember } from "./barrier-member.ts";
import { Changes } from "./changes.ts";
import { createInContainer } from "./containers.ts";
import type { WaitOptions } from "./patience.ts";
import { withTimeLimit } from "./time-limit.ts";
import { discard } from "./until-answered.ts";

const READY = "ready";

interface Entrant {
  /** Of its znode. */
  readonly name: string;
  readonly czxid: number;
}

/**
 * A barrier that `size` members enter together and leave together.
 *
 * @example
 * const barrier = new DoubleBarrier(zk, "/barriers/load-test", 8);
 * await using member = await barrier.enter();
 * await generateLoad(member.signal);
 * await member.leave();
 */
export class DoubleBarrier {
  readonly #zk: ZooKeeper;
  readonly #path: string;
  readonly #size: number;
  readonly #changes: Changes;
  /** How often `ready` was seen to be created. */
  #openings = 0;

  /** @throws RangeError when the size is not a positive integer. */
  constructor(zk: ZooKeeper, path: string, size: number) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`size is a positive integer, not ${size}`);
    }
    this.#zk = zk;
    this.#path = path;
    this.#size = size;
    this.#changes = new Changes((event) => this.#onEvent(event));
  }

  /**
   * Waits until `size` members are there at the same time; one that comes later, while others of them are still inside, goes in
   * at once. Who gives up, or whose session is lost, no longer counts.
   *
   * @throws OperationTimeoutError, RequestAbortedError; SessionExpiredError when the session is lost meanwhile.
   */
  async enter(options: WaitOptions = {}): Promise<BarrierMember> {
    const zk = this.#zk;
    return await withTimeLimit(this.#zk, this.#path, options, async (signal) => {
      const session = await zk.whenConnected({ signal, timeoutMs: Infinity });
      const { path, stat } = await createInContainer(zk, `${this.#path}/`, null, {
        mode: "ephemeral",
        protection: true,
        timeoutMs: Infinity,
        session,
        signal,
      });
      const name = path.slice(this.#path.length + 1);
      try {
        await this.#gather({ name, czxid: stat.czxid }, session, signal);
      } catch (error) {
        discard(zk, path, session);
        throw error;
      }
      return new BarrierMember(zk, this.#path, name, READY, stat.czxid, session);
    });
  }

  async #gather(entrant: Entrant, session: Session, signal: AbortSignal): Promise<void> {
    const options = { session, signal, timeoutMs: Infinity };
    const { watcher: watch } = this.#changes;
    let openings: number | undefined;
    for (;;) {
      const { count } = this.#changes;
      const [ready, { children, stat }] = await Promise.all([
        this.#zk.exists(`${this.#path}/${READY}`, { ...options, watch }),
        this.#zk.getChildren(this.#path, options),
      ]);
      // The first answer comes when the entrant is there, so what is created behind it counts for it.
      openings ??= this.#openings;
      if (this.#openings > openings) return;
      const members = children.filter((child) => child !== READY);
      if (ready !== undefined) {
        if (ready.czxid > entrant.czxid) return;
        if (await this.#isOfLivingRound(ready.czxid, members, options)) return;
        await this.#removeStale(stat.version, options);
      } else if (members.length >= this.#size) {
        if (await this.#open(options)) return;
      } else {
        await this.#changes.next(count, signal);
        if (this.#openings > openings) return;
      }
    }
  }

  /** Whether somebody who was there when `ready` was created still is. */
  async #isOfLivingRound(
    readyCzxid: number,
    members: readonly string[],
    options: { readonly session: Session; readonly signal: AbortSignal },
  ): Promise<boolean> {
    const stats = await Promise.all(
      members.map((name) => this.#zk.exists(`${this.#path}/${name}`, options)),
    );
    return stats.some((stat) => stat !== undefined && stat.czxid < readyCzxid);
  }

  /** Removes what a round left behind whose last member died, unless another round has begun since. */
  async #removeStale(round: number, options: { readonly session: Session }): Promise<void> {
    const removal = this.#zk
      .transaction()
      .check(this.#path, round)
      .delete(`${this.#path}/${READY}`);
    await settles(removal.commit(options));
  }

  /** Says that there are enough; false when that should be looked at again. */
  async #open(options: { readonly session: Session }): Promise<boolean> {
    const opening = this.#zk
      .transaction()
      .setData(this.#path, null)
      .create(`${this.#path}/${READY}`);
    const failure = await settles(opening.commit(options));
    return failure === undefined || failure.cause instanceof NodeExistsError;
  }

  #onEvent({ type }: NodeEvent | SessionLostEvent): void {
    if (type === "NodeCreated") this.#openings++;
  }
}

/** Why a transaction was not done, or nobody knows; undefined when it was. */
async function settles(
  commit: Promise<unknown>,
): Promise<TransactionError | ConnectionLossError | undefined> {
  try {
    await commit;
    return undefined;
  } catch (error) {
    if (error instanceof TransactionError || error instanceof ConnectionLossError) return error;
    throw error;
  }
}
