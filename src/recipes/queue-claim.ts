/**
 * An item that a consumer has taken from a queue but not finished. The claim is an ephemeral, so that it returns to the queue
 * when its consumer dies.
 */
import {
  type CheckOp,
  ConnectionLossError,
  isSessionFatal,
  NoNodeError,
  type OperationOptions,
  type Session,
  TransactionError,
  type ZooKeeper,
} from "../client/index.ts";
import { untilAnswered } from "./until-answered.ts";

export interface ClaimedItem {
  readonly data: Uint8Array | null;
  readonly priority: number;
  readonly entryPath: string;
  readonly claimPath: string;
  readonly claimCzxid: number;
  /** The claim's data, by which it is told from the next one of the same name. */
  readonly claimId: string;
  readonly session: Session;
}

/** Which claim is meant, of all that there are of an item. */
export type ClaimIdentity = Pick<ClaimedItem, "claimPath" | "claimId" | "session">;

/** The czxid of a claim; undefined when it is not there, or another one is in its place. */
export async function findClaim(
  zk: ZooKeeper,
  { claimPath, claimId, session }: ClaimIdentity,
): Promise<number | undefined> {
  try {
    const { data, stat } = await zk.getData(claimPath, { session, timeoutMs: Infinity });
    return new TextDecoder().decode(data ?? new Uint8Array()) === claimId ? stat.czxid : undefined;
  } catch (error) {
    if (error instanceof NoNodeError) return undefined;
    throw error;
  }
}

/** Deletes a claim, and not the next one, which may be there as soon as this one is gone. */
export async function deleteClaim(zk: ZooKeeper, claim: ClaimIdentity): Promise<void> {
  const { claimPath, session } = claim;
  do {
    try {
      await zk.delete(claimPath, { session, timeoutMs: Infinity });
      return;
    } catch (error) {
      if (error instanceof NoNodeError) return;
      if (!(error instanceof ConnectionLossError)) throw error;
    }
  } while ((await findClaim(zk, claim)) !== undefined);
}

/**
 * An item of a queue, claimed. One of `complete` and `release` ends the claim, and so does the end of the session; leaving its
 * `await using` block releases what was not completed.
 */
export class QueueClaim implements AsyncDisposable {
  readonly data: Uint8Array | null;
  readonly priority: number;
  /** The znode of the item. */
  readonly path: string;
  /**
   * Aborted when the session is lost: then the item goes to another consumer. While suspended the claim lasts, until the
   * session's deadline.
   */
  readonly signal: AbortSignal;
  /** Fencing number: grows from one claim of an item to the next. The claim's czxid, an exact integer below 2^53. */
  readonly token: number;
  /** That the claim belongs to. */
  readonly session: Session;
  readonly #zk: ZooKeeper;
  readonly #item: ClaimedItem;
  #state: "held" | "completing" | "over" = "held";

  /** @internal */
  constructor(zk: ZooKeeper, item: ClaimedItem) {
    this.data = item.data;
    this.priority = item.priority;
    this.path = item.entryPath;
    this.signal = item.session.signal;
    this.token = item.claimCzxid;
    this.session = item.session;
    this.#zk = zk;
    this.#item = item;
  }

  /** The item as text. */
  text(): string {
    return new TextDecoder().decode(this.data ?? new Uint8Array());
  }

  /**
   * For a transaction that is to be done only while the item is claimed. Commit it with `{ session: claim.session }`: who claims
   * the item next does so under the same name.
   */
  check(): CheckOp {
    return { type: "check", path: this.#item.claimPath, version: -1 };
  }

  /**
   * Removes the item for good: it is finished. Asked again while connections are lost.
   *
   * @throws SessionExpiredError when the session was lost: then another consumer may have it, unless it was removed just before;
   * Error when the claim was released.
   */
  async complete(options: OperationOptions = {}): Promise<void> {
    if (this.#state === "over") throw new Error(`the claim is over: ${this.path}`);
    const { claimPath, entryPath, session } = this.#item;
    this.#state = "completing";
    try {
      await untilAnswered(() =>
        this.#zk
          .transaction()
          .delete(claimPath)
          .delete(entryPath)
          .commit({ ...options, session }),
      );
    } catch (error) {
      // In its own session nobody else removes the claim: an attempt whose reply was lost has.
      if (!(error instanceof TransactionError && error.cause instanceof NoNodeError)) throw error;
      if (error.index !== 0) await deleteClaim(this.#zk, this.#item);
    }
    this.#state = "over";
  }

  /** Gives the item back, for any consumer to take, in its old place. Nothing happens when the claim is over. */
  async release(): Promise<void> {
    if (this.#state === "over") return;
    this.#state = "over";
    try {
      await deleteClaim(this.#zk, this.#item);
    } catch (error) {
      // The claim goes with its session.
      if (!isSessionFatal(error)) throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
