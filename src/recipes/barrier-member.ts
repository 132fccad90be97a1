/**
 * Being inside a double barrier, and leaving it.
 *
 * As in ZooKeeper's recipe all but the lowest name go at once and wait for the lowest, which waits for the highest, again and
 * again, and goes last. A member waits for those only who were there when it began to leave: who has left may enter again
 * before the others have noticed.
 */
import {
  type CheckOp,
  ConnectionLossError,
  isSessionFatal,
  NoNodeError,
  type Session,
  TransactionError,
  type ZooKeeper,
} from "../client/index.ts";
import { Changes } from "./changes.ts";
import type { WaitOptions } from "./patience.ts";
import { withTimeLimit } from "./time-limit.ts";
import { deleteOfSession } from "./until-answered.ts";

/** A member of a double barrier, from `enter` to `leave`. */
export class BarrierMember implements AsyncDisposable {
  /** Aborted when the session is lost: then the others no longer wait for this member. While suspended, it still counts. */
  readonly signal: AbortSignal;
  /** Fencing number: grows from one member to the next at a path. It is the znode's czxid, which stays below 2^53. */
  readonly token: number;
  /** That this member belongs to. */
  readonly session: Session;
  readonly #zk: ZooKeeper;
  readonly #barrierPath: string;
  readonly #name: string;
  readonly #ready: string;
  readonly #changes = new Changes();
  /** Those who were there when this one began to leave, and still are. */
  #awaited: ReadonlySet<string> | undefined;
  #isIn = true;

  /** @internal */
  constructor(
    zk: ZooKeeper,
    barrierPath: string,
    name: string,
    ready: string,
    token: number,
    session: Session,
  ) {
    this.signal = session.signal;
    this.token = token;
    this.#zk = zk;
    this.#barrierPath = barrierPath;
    this.#name = name;
    this.#ready = ready;
    this.session = session;
  }

  /** Of this member's znode. */
  get path(): string {
    return `${this.#barrierPath}/${this.#name}`;
  }

  /** For a transaction that is to be done only while this member is inside. */
  check(): CheckOp {
    return { type: "check", path: this.path, version: -1 };
  }

  /**
   * Leaves, and waits until the others have left or lost their sessions. May be asked for again when it was given up.
   *
   * @throws OperationTimeoutError, RequestAbortedError; SessionExpiredError when the session is lost, so that the others did
   * not wait for this member.
   */
  async leave(options: WaitOptions = {}): Promise<void> {
    await withTimeLimit(this.#zk, this.#barrierPath, options, async (signal) => {
      for (;;) {
        const { count } = this.#changes;
        const members = await this.#remaining(signal);
        const [lowest] = members;
        if (lowest === undefined) break;
        if (members.length === 1 && lowest === this.#name) {
          await this.#goLast(signal);
        } else {
          // The names are sorted, so the last is the highest.
          const next = lowest === this.#name ? members.at(-1) : lowest;
          const isWatched = await this.#watch(next ?? lowest, members, signal);
          if (isWatched) await this.#changes.next(count, signal);
        }
      }
      this.#isIn = false;
    });
  }

  /** Takes this member out without waiting for anybody, unless it has left already. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isIn) return;
    this.#isIn = false;
    try {
      await deleteOfSession(this.#zk, this.path, this.session);
    } catch (error) {
      // Then it is out already.
      if (!isSessionFatal(error)) throw error;
    }
  }

  /** Names of those who have yet to leave, sorted. */
  async #remaining(signal: AbortSignal): Promise<string[]> {
    const options = { session: this.session, signal, timeoutMs: Infinity };
    const names = await this.#list(options);
    const awaited = this.#awaited;
    const members = names
      .filter((name) => name !== this.#ready && (awaited === undefined || awaited.has(name)))
      .sort();
    this.#awaited = new Set(members);
    return members;
  }

  async #list(options: { readonly session: Session; readonly signal: AbortSignal }) {
    try {
      return (await this.#zk.getChildren(this.#barrierPath, options)).children;
    } catch (error) {
      // An empty container is removed.
      if (error instanceof NoNodeError) return [];
      throw error;
    }
  }

  /** Watches another one, and goes unless this is the lowest; true when the other one is still there. */
  async #watch(other: string, members: readonly string[], signal: AbortSignal): Promise<boolean> {
    const session = this.session;
    const mustGo = members[0] !== this.#name && members.includes(this.#name);
    const [stat] = await Promise.all([
      this.#zk.exists(`${this.#barrierPath}/${other}`, {
        watch: this.#changes.watcher,
        timeoutMs: Infinity,
        session,
        signal,
      }),
      mustGo ? deleteOfSession(this.#zk, this.path, session, signal) : undefined,
    ]);
    return stat !== undefined;
  }

  /** Removes the last of the round's members and `ready` at once, so that no other round takes it for its own. */
  async #goLast(signal: AbortSignal): Promise<void> {
    const session = this.session;
    const departure = this.#zk
      .transaction()
      .delete(this.path)
      .delete(`${this.#barrierPath}/${this.#ready}`);
    try {
      await departure.commit({ session, signal, timeoutMs: Infinity });
    } catch (error) {
      if (error instanceof TransactionError && error.cause instanceof NoNodeError) {
        await deleteOfSession(this.#zk, this.path, session, signal);
      } else if (!(error instanceof ConnectionLossError)) {
        throw error;
      }
    }
  }
}
