/**
 * A line of contenders below a znode, in which each waits for one before it, so that whoever leaves wakes one
 * other.
 */
import {
  NoNodeError,
  type OperationOptions,
  type Session,
  SessionExpiredError,
  type ZooKeeper,
} from "../client/index.ts";
import {
  type Contender,
  type ContenderZnode,
  join,
  leaveOnceJoined,
  optionsOf,
} from "./contender.ts";
import { whenGone } from "./departure.ts";
import { inLine } from "./line-order.ts";
import { childPath } from "./parents.ts";
import type { Patience } from "./patience.ts";

export interface LineOptions extends ContenderZnode {
  /** Names of contenders that need not be waited for. */
  readonly sharedWith: RegExp | undefined;
}

export interface TurnOptions {
  readonly patience: Patience;
  /** Whether to wait at all. */
  readonly isWaiting: boolean;
  /** Told how many must leave first, whenever that is learnt. */
  readonly onPosition?: ((ahead: number) => void) | undefined;
}

export class Line {
  readonly #zk: ZooKeeper;
  readonly #options: LineOptions;

  constructor(zk: ZooKeeper, options: LineOptions) {
    this.#zk = zk;
    this.#options = options;
  }

  /** Paths of all contenders, first come first. */
  async contenders(options: OperationOptions): Promise<string[]> {
    const { path } = this.#options;
    try {
      const { children } = await this.#zk.getChildren(path, options);
      return inLine(children).map((name) => childPath(path, name));
    } catch (error) {
      if (error instanceof NoNodeError) return [];
      throw error;
    }
  }

  /**
   * Joins the line, at its end, and waits for its turn; undefined if there is one to wait for and no wish to.
   *
   * When the session is lost meanwhile, it joins again in the next one. Whatever else fails, its znode is removed.
   */
  async takeTurn(options: TurnOptions): Promise<Contender | undefined> {
    const { patience } = options;
    for (;;) {
      const session = this.#zk.session ?? (await this.#nextSession(patience));
      try {
        return await this.#takeTurnIn(session, options);
      } catch (error) {
        if (!(error instanceof SessionExpiredError)) throw error;
      }
    }
  }

  #nextSession(patience: Patience): Promise<Session> {
    const { signal } = patience;
    return patience.wait(this.#zk.whenConnected({ signal, timeoutMs: Infinity }));
  }

  async #takeTurnIn(session: Session, options: TurnOptions): Promise<Contender | undefined> {
    const { patience, isWaiting, onPosition } = options;
    const joining = join(this.#zk, session, this.#options);
    try {
      const { contender, names } = await patience.wait(joining);
      let ahead = this.#ahead(contender, names);
      while (ahead !== undefined) {
        onPosition?.(ahead.length);
        const last = ahead.at(-1);
        if (last === undefined) return contender;
        if (!isWaiting) {
          leaveOnceJoined(joining);
          return undefined;
        }
        const { path } = this.#options;
        await whenGone(this.#zk, session, childPath(path, last), patience);
        const { children } = await patience.wait(this.#zk.getChildren(path, optionsOf(session)));
        ahead = this.#ahead(contender, children);
      }
    } catch (error) {
      leaveOnceJoined(joining);
      throw error;
    }
    // Somebody has deleted the contender.
    return await this.#takeTurnIn(session, options);
  }

  /** Who must leave first; undefined if the contender is not in the line. */
  #ahead({ name }: Contender, names: readonly string[]): string[] | undefined {
    const { sharedWith } = this.#options;
    const line = inLine(names);
    const own = line.indexOf(name);
    if (own === -1) return undefined;
    const before = line.slice(0, own);
    // Unlike test, search remembers nothing from one name to the next.
    return sharedWith ? before.filter((other) => other.search(sharedWith) < 0) : before;
  }
}
