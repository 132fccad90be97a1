/**
 * The taking side of a queue: which item to claim next, and how.
 *
 * A listing is used until it is used up, or until a tenth of it is: so the cost of listing, shared by the items that are claimed
 * by it, is at most ten names for each. Of several consumers all would go for the first item; one that came too late tries
 * any of the first two the next time, then of four, and so on. Who finds nothing waits in a line, whose first few are told of
 * changes.
 */
import {
  ConnectionLossError,
  NoNodeError,
  type ReadOptions,
  type Session,
  SessionExpiredError,
  TransactionError,
  type ZooKeeper,
} from "../client/index.ts";
import { Changes } from "./changes.ts";
import { ensureContainer } from "./parents.ts";
import { type ClaimIdentity, deleteClaim, findClaim, QueueClaim } from "./queue-claim.ts";
import {
  type DelayedEntry,
  entryPrefix,
  type QueueEntry,
  sortedDelayed,
  sortedEntries,
} from "./queue-entry.ts";
import { queuePaths, type QueuePaths } from "./queue-paths.ts";
import { untilAborted } from "./time-limit.ts";
import { WaitingLine } from "./waiting-line.ts";

const SPREAD_MAX = 64;
/** Delayed items that become entries at a time. */
const MOVES_MAX = 100;

export class QueueConsumer {
  readonly #zk: ZooKeeper;
  readonly #paths: QueuePaths;
  readonly #now: () => number;
  readonly #changes = new Changes();
  /** What may be claimed, as far as it is known, in order. */
  #available: QueueEntry[] = [];
  /** How many may be claimed by the listing although something may have changed since. */
  #credit = 0;
  #nextDueMs = Infinity;
  /** Among how many of the first the next one is chosen. */
  #spread = 1;
  #choices = 0;

  constructor(zk: ZooKeeper, path: string, now: () => number) {
    this.#zk = zk;
    this.#paths = queuePaths(path);
    this.#now = now;
  }

  async take(signal: AbortSignal): Promise<QueueClaim> {
    return await this.#inSession(signal, async (session) => {
      return (await this.#takeNow(session, signal)) ?? (await this.#takeNext(session, signal));
    });
  }

  /** Undefined when there is nothing. */
  tryTake(signal: AbortSignal): Promise<QueueClaim | undefined> {
    return this.#inSession(signal, (session) => this.#takeNow(session, signal));
  }

  async #inSession<T>(signal: AbortSignal, take: (session: Session) => Promise<T>): Promise<T> {
    for (;;) {
      const session = await this.#zk.whenConnected({ signal, timeoutMs: Infinity });
      try {
        return await take(session);
      } catch (error) {
        // Nothing is held yet, so the next session will do.
        if (!(error instanceof SessionExpiredError)) throw error;
      }
    }
  }

  /** Undefined when there is nothing. */
  async #takeNow(session: Session, signal: AbortSignal): Promise<QueueClaim | undefined> {
    for (;;) {
      const isOutdated = this.#available.length === 0 || this.#credit <= 0;
      const hasMoved = isOutdated && (await this.#list({ session, signal }));
      const entry = this.#choose(session);
      if (entry === undefined) {
        // A delayed item has become one that may be claimed, or others have claimed it by now.
        if (hasMoved) continue;
        return undefined;
      }
      const claim = await this.#try(entry, session, signal);
      if (claim !== undefined) return claim;
    }
  }

  /** Waits in the line, looks out when it is in front, and leaves when it has something. */
  async #takeNext(session: Session, signal: AbortSignal): Promise<QueueClaim> {
    const line = new WaitingLine(this.#zk, session, this.#paths.waiting);
    try {
      for (;;) {
        await line.untilInFront(signal);
        const { count, watcher: watch } = this.#changes;
        await this.#list({ session, signal, watch });
        const entry = this.#choose(session);
        if (entry === undefined) {
          await this.#waitForChange(count, signal);
          continue;
        }
        // There is more than this: the next one need not wait until this is claimed.
        if (this.#available.length > 0) line.leave();
        const claim = await this.#try(entry, session, signal);
        if (claim !== undefined) return claim;
      }
    } finally {
      line.leave();
    }
  }

  /** Lists what may be claimed. Returns whether delayed items have come to that since. */
  async #list(
    asked: ReadOptions & { readonly session: Session; readonly signal: AbortSignal },
  ): Promise<boolean> {
    const { session, signal } = asked;
    const { entries, taken, delayed } = this.#paths;
    const options = { ...asked, timeoutMs: Infinity };
    for (;;) {
      try {
        const [waiting, claimed, later] = await Promise.all([
          this.#zk.getChildren(entries, options),
          this.#zk.getChildren(taken, options),
          this.#zk.getChildren(delayed, options),
        ]);
        const claims = new Set(claimed.children);
        this.#available = sortedEntries(waiting.children.filter((name) => !claims.has(name)));
        this.#credit = Math.floor(this.#available.length / 10);
        return await this.#moveDue(sortedDelayed(later.children), session, signal);
      } catch (error) {
        if (!(error instanceof NoNodeError)) throw error;
        await this.#ensurePaths(session, signal);
      }
    }
  }

  async #ensurePaths(session: Session, signal: AbortSignal): Promise<void> {
    const { entries, taken, delayed } = this.#paths;
    const options = { session, signal, timeoutMs: Infinity };
    await Promise.all(
      [entries, taken, delayed].map(async (path) => {
        await ensureContainer(this.#zk, path, options);
      }),
    );
  }

  /** Makes entries of delayed items whose time has come, which are listed next. Returns whether there were any. */
  async #moveDue(
    delayed: readonly DelayedEntry[],
    session: Session,
    signal: AbortSignal,
  ): Promise<boolean> {
    const nowMs = this.#now();
    const due = delayed.filter(({ dueMs }) => dueMs <= nowMs);
    this.#nextDueMs = delayed[due.length]?.dueMs ?? Infinity;
    await Promise.all(due.slice(0, MOVES_MAX).map((entry) => this.#move(entry, session, signal)));
    return due.length > 0;
  }

  async #move(
    { name, priority }: DelayedEntry,
    session: Session,
    signal: AbortSignal,
  ): Promise<void> {
    const options = { session, signal, timeoutMs: Infinity };
    const { entries, delayed } = this.#paths;
    try {
      const { data } = await this.#zk.getData(`${delayed}/${name}`, options);
      await this.#zk
        .transaction()
        .delete(`${delayed}/${name}`)
        .create(`${entries}/${entryPrefix(priority)}`, data, { mode: "persistentSequential" })
        .commit(options);
    } catch (error) {
      if (error instanceof ConnectionLossError) this.#changes.tell();
      // Otherwise another consumer was faster.
      else if (!isMissing(error)) throw error;
    }
  }

  /** The one to try next; it is no longer available then. Consumers in different sessions choose differently. */
  #choose({ id }: Session): QueueEntry | undefined {
    const among = Math.min(this.#spread, this.#available.length);
    if (among === 0) return undefined;
    const offset = Number(BigInt.asUintN(16, id)) + this.#choices++;
    const [entry] = this.#available.splice(offset % among, 1);
    this.#credit--;
    return entry;
  }

  async #waitForChange(count: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#zk;
    const delayMs = this.#nextDueMs - this.#now();
    const stopTimer =
      delayMs === Infinity ? undefined : clock.startTimer(() => this.#changes.tell(), delayMs);
    try {
      await this.#changes.next(count, signal);
    } finally {
      stopTimer?.();
    }
  }

  /** Undefined when another was faster; the next time one of more is chosen then. */
  async #try(
    entry: QueueEntry,
    session: Session,
    signal: AbortSignal,
  ): Promise<QueueClaim | undefined> {
    const claim = await this.#claimUntilAborted(entry, session, signal);
    this.#spread = claim ? Math.ceil(this.#spread / 2) : Math.min(this.#spread * 2, SPREAD_MAX);
    return claim;
  }

  /** A claim that comes when nobody waits for it any longer is given back. */
  async #claimUntilAborted(
    entry: QueueEntry,
    session: Session,
    signal: AbortSignal,
  ): Promise<QueueClaim | undefined> {
    const claiming = this.#claim(entry, session);
    try {
      return await untilAborted(signal, claiming);
    } catch (error) {
      claiming.then(
        (claim) => void claim?.release(),
        () => {
          // It was not claimed, or its session is over.
        },
      );
      throw error;
    }
  }

  /** Undefined when somebody else has it, or it is gone. */
  async #claim({ name, priority }: QueueEntry, session: Session): Promise<QueueClaim | undefined> {
    const entryPath = `${this.#paths.entries}/${name}`;
    const claim: ClaimIdentity = {
      claimPath: `${this.#paths.taken}/${name}`,
      // Another consumer in this session could otherwise take it for its own when replies are lost.
      claimId: `${session.id}-${Math.random()}`,
      session,
    };
    const [claiming, reading] = await Promise.allSettled([
      this.#createClaim(entryPath, claim),
      this.#zk.getData(entryPath, { session, timeoutMs: Infinity }),
    ]);
    if (claiming.status === "rejected") throw claiming.reason;
    const claimCzxid = claiming.value;
    if (claimCzxid === undefined) return undefined;
    if (reading.status === "rejected") {
      deleteClaim(this.#zk, claim).catch(() => {
        // It goes with its session.
      });
      if (reading.reason instanceof NoNodeError) return undefined;
      throw reading.reason;
    }
    const { data } = reading.value;
    return new QueueClaim(this.#zk, { ...claim, data, priority, entryPath, claimCzxid });
  }

  /** The czxid of the claim; undefined when somebody else has one, or there is nothing to claim. */
  async #createClaim(entryPath: string, claim: ClaimIdentity): Promise<number | undefined> {
    const { claimPath, claimId, session } = claim;
    for (;;) {
      try {
        const [, { czxid }] = await this.#zk
          .transaction()
          .check(entryPath)
          .create(claimPath, claimId, { mode: "ephemeral" })
          .commit({ session, timeoutMs: Infinity });
        return czxid;
      } catch (error) {
        // If not the item but the folder of the claims is gone, that is a change: the next listing makes it again.
        if (error instanceof TransactionError) return undefined;
        if (!(error instanceof ConnectionLossError)) throw error;
      }
      const czxid = await findClaim(this.#zk, claim);
      if (czxid !== undefined) return czxid;
    }
  }
}

function isMissing(error: unknown): boolean {
  return (error instanceof TransactionError ? error.cause : error) instanceof NoNodeError;
}
