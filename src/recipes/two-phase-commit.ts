/**
 * Two-phase commit: several sites do something, or none does.
 *
 * Format, that of ZooKeeper's recipe: a znode with what is to be done, and a child for each site, empty until the site has
 * voted `commit` or `abort`. And one more child, `decision`, `commit` or `abort`, that is created once: with the last vote
 * to commit, or the first to abort. So everybody sees the same outcome, whoever has died meanwhile, and nobody needs to see
 * all votes. Curator and kazoo have no such recipe.
 */
import {
  BadVersionError,
  type Data,
  NodeExistsError,
  NoNodeError,
  type OperationOptions,
  SessionExpiredError,
  TransactionError,
  type ZooKeeper,
} from "../client/index.ts";
import { askOnce } from "./ask-once.ts";
import { Changes } from "./changes.ts";
import { ensureContainer } from "./parents.ts";
import type { WaitOptions } from "./patience.ts";
import { withTimeLimit } from "./time-limit.ts";
import { untilAnswered } from "./until-answered.ts";

export type Vote = "commit" | "abort";

export interface TwoPhaseTransaction {
  /** What is to be done. */
  readonly data: Uint8Array | null;
  /** Who votes, sorted. */
  readonly sites: readonly string[];
}

/** A site has voted otherwise before. */
export class AlreadyVotedError extends Error {
  readonly site: string;
  readonly vote: Vote;

  constructor(site: string, vote: Vote) {
    super(`${site} has voted to ${vote} before`);
    this.name = "AlreadyVotedError";
    this.site = site;
    this.vote = vote;
  }
}

const DECISION = "decision";
/** Versions of a site's znode: a vote is cast once. */
const UNDECIDED = 0;
const VOTED = 1;

/**
 * A transaction of several sites. All of it is kept in persistent znodes: it survives everybody's sessions, and who comes back
 * finds it as it was. A site that has voted to commit must do what is decided, however long that takes; anybody who is tired of
 * waiting for a vote may abort.
 *
 * @example
 * const order = new TwoPhaseCommit(zk, "/orders/17");
 * await order.begin(["billing", "stock"], "one bicycle");
 * // at each site
 * await order.vote("stock", (await reserve()) ? "commit" : "abort");
 * if ((await order.decision()) === "commit") await ship();
 */
export class TwoPhaseCommit {
  readonly #zk: ZooKeeper;
  readonly #path: string;
  readonly #decisionPath: string;
  readonly #changes = new Changes();
  #sites: readonly string[] | undefined;

  constructor(zk: ZooKeeper, path: string) {
    this.#zk = zk;
    this.#path = path;
    this.#decisionPath = `${path}/${DECISION}`;
  }

  /**
   * Begins it. When it is rejected with an error whose `outcome` is `unknown`, `read` tells whether it has begun.
   *
   * @throws NodeExistsError when there is such a transaction; TypeError for sites that cannot be told apart.
   */
  async begin(
    sites: readonly string[],
    data: Data = null,
    options: OperationOptions = {},
  ): Promise<void> {
    if (sites.length === 0 || new Set(sites).size < sites.length || sites.some(isUnusable)) {
      throw new TypeError(`sites are different names without a slash, none of them ${DECISION}`);
    }
    for (;;) {
      const transaction = this.#zk.transaction().create(this.#path, data);
      for (const site of sites) transaction.create(`${this.#path}/${site}`);
      try {
        await askOnce(options, (once) => transaction.commit(once));
        return;
      } catch (error) {
        if (!(error instanceof TransactionError)) throw error;
        if (!(error.index === 0 && error.cause instanceof NoNodeError)) throw error.cause;
      }
      const parent = this.#path.slice(0, this.#path.lastIndexOf("/"));
      await untilAnswered(() => ensureContainer(this.#zk, parent, options));
    }
  }

  /** What is to be done, and by whom. @throws NoNodeError when it has not begun, or was removed. */
  async read(options: OperationOptions = {}): Promise<TwoPhaseTransaction> {
    const [{ data }, { children }] = await Promise.all([
      this.#zk.getData(this.#path, options),
      this.#zk.getChildren(this.#path, options),
    ]);
    return { data, sites: children.filter((name) => name !== DECISION).sort() };
  }

  /**
   * Votes for a site, once and for all; the same vote again is no error, so it is safe to be asked again. A vote to abort
   * decides; so does the last one to commit.
   *
   * @throws AlreadyVotedError when the site has voted otherwise; NoNodeError when it has no part in it.
   */
  async vote(site: string, vote: Vote, options: OperationOptions = {}): Promise<void> {
    if (vote === "abort") {
      await untilAnswered(() => this.#voteToAbort(site, options));
      return;
    }
    this.#sites ??= (await this.read(options)).sites;
    const sites = this.#sites;
    // They leave together and are done in this order, each time: so whoever is last to vote decides.
    await untilAnswered(() =>
      Promise.all([this.#voteToCommit(site, options), this.#decideToCommit(sites, options)]),
    );
  }

  /**
   * Waits for the decision, across sessions and for as long as it takes.
   *
   * @throws NoNodeError when there is no such transaction; OperationTimeoutError, RequestAbortedError.
   */
  async decision(options: WaitOptions = {}): Promise<Vote> {
    return await withTimeLimit(this.#zk, this.#path, options, async (signal) => {
      for (;;) {
        const { count } = this.#changes;
        const decision = await this.#look(signal);
        if (decision !== undefined) return decision;
        await this.#changes.next(count, signal);
      }
    });
  }

  /**
   * Aborts it unless it is decided already, and gives the decision: `commit` when this came too late.
   *
   * @throws NoNodeError when there is no such transaction.
   */
  async abort(options: OperationOptions = {}): Promise<Vote> {
    try {
      await untilAnswered(() => this.#zk.create(this.#decisionPath, "abort", options));
      return "abort";
    } catch (error) {
      if (!(error instanceof NodeExistsError)) throw error;
      return voteOf((await this.#zk.getData(this.#decisionPath, options)).data) ?? "abort";
    }
  }

  /**
   * Removes it, all at once, which is for when all sites have done what was decided. What is undecided is aborted before. Safe to
   * be asked again.
   */
  async remove(options: OperationOptions = {}): Promise<void> {
    try {
      await this.abort(options);
      await untilAnswered(async () => {
        const { children } = await this.#zk.getChildren(this.#path, options);
        const transaction = this.#zk.transaction();
        for (const name of children) transaction.delete(`${this.#path}/${name}`);
        await transaction.delete(this.#path).commit(options);
      });
    } catch (error) {
      if (!(causeOf(error) instanceof NoNodeError)) throw error;
    }
  }

  async #voteToAbort(site: string, options: OperationOptions): Promise<void> {
    const voting = this.#zk
      .transaction()
      .setData(`${this.#path}/${site}`, "abort", { version: UNDECIDED })
      .create(this.#decisionPath, "abort");
    try {
      await voting.commit(options);
    } catch (error) {
      const cause = causeOf(error);
      if (cause instanceof BadVersionError) await this.#expectVote(site, "abort", options);
      // Behind another vote to abort, this one changes nothing.
      else if (!(cause instanceof NodeExistsError)) throw cause;
    }
  }

  async #voteToCommit(site: string, options: OperationOptions): Promise<void> {
    try {
      const version = UNDECIDED;
      await this.#zk.setData(`${this.#path}/${site}`, "commit", { ...options, version });
    } catch (error) {
      if (!(error instanceof BadVersionError)) throw error;
      await this.#expectVote(site, "commit", options);
    }
  }

  /** Decides if all have voted. No vote to abort is among them, since that comes with a decision of its own. */
  async #decideToCommit(sites: readonly string[], options: OperationOptions): Promise<void> {
    const deciding = this.#zk.transaction();
    for (const site of sites) deciding.check(`${this.#path}/${site}`, VOTED);
    try {
      await deciding.create(this.#decisionPath, "commit").commit(options);
    } catch (error) {
      // Others have yet to vote, or it is decided.
      const cause = causeOf(error);
      if (!(cause instanceof BadVersionError || cause instanceof NodeExistsError)) throw cause;
    }
  }

  async #expectVote(site: string, vote: Vote, options: OperationOptions): Promise<void> {
    const { data } = await this.#zk.getData(`${this.#path}/${site}`, options);
    const before = voteOf(data);
    if (before !== undefined && before !== vote) throw new AlreadyVotedError(site, before);
  }

  /** The decision, and when there is none yet, a watch for it. */
  async #look(signal: AbortSignal): Promise<Vote | undefined> {
    const options = { signal, timeoutMs: Infinity };
    const { watcher: watch } = this.#changes;
    try {
      const [stat] = await Promise.all([
        this.#zk.exists(this.#decisionPath, { ...options, watch }),
        // Without a transaction there never is one.
        this.#zk.getChildren(this.#path, options),
      ]);
      if (stat === undefined) return undefined;
      return voteOf((await this.#zk.getData(this.#decisionPath, options)).data);
    } catch (error) {
      if (!(error instanceof SessionExpiredError)) throw error;
      // The watch is gone as well: look again in the next session.
      this.#changes.tell();
      return undefined;
    }
  }
}

function isUnusable(site: string): boolean {
  return site === "" || site === DECISION || site.includes("/");
}

function voteOf(data: Uint8Array | null): Vote | undefined {
  const text = new TextDecoder().decode(data ?? new Uint8Array());
  return text === "commit" || text === "abort" ? text : undefined;
}

/** Why a transaction failed, or the error itself. */
function causeOf(error: unknown): unknown {
  return error instanceof TransactionError ? error.cause : error;
}
