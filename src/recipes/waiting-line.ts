/**
 * The line of those who wait for something that any of them may have, such as an item of an empty queue: the first few look out
 * for it, the others wait for one of them to leave. So what comes wakes a few, however many wait; and who dies leaves the line with
 * its session. More than one looks out, since one that cannot be reached keeps its place as long as its session lives.
 */
import type { Session, ZooKeeper } from "../client/index.ts";
import { join, type Joined, leaveOnceJoined, optionsOf } from "./contender.ts";
import { whenGone } from "./departure.ts";
import { inLine } from "./line-order.ts";
import { childPath } from "./parents.ts";
import { Patience } from "./patience.ts";

const LOOKOUTS = 2;

/** One place in the line, in one session. */
export class WaitingLine {
  readonly #zk: ZooKeeper;
  readonly #session: Session;
  readonly #path: string;
  #joining: Promise<Joined> | undefined;
  /** Nobody gets in front of it any more. */
  #isInFront = false;

  constructor(zk: ZooKeeper, session: Session, path: string) {
    this.#zk = zk;
    this.#session = session;
    this.#path = path;
  }

  /** Joins the line, unless it is in it, and waits until it is one of the first. */
  async untilInFront(signal: AbortSignal): Promise<void> {
    if (this.#isInFront) return;
    const patience = new Patience(this.#zk.clock, this.#path, { signal });
    try {
      // Somebody may have deleted its znode: then it joins again.
      while (!(await this.#isTurn(patience))) this.#joining = undefined;
      this.#isInFront = true;
    } finally {
      patience.end();
    }
  }

  /** Leaves it, for the next to come to the front. */
  leave(): void {
    this.#isInFront = false;
    if (this.#joining !== undefined) leaveOnceJoined(this.#joining);
    this.#joining = undefined;
  }

  /** False when it is not in the line any more. */
  async #isTurn(patience: Patience): Promise<boolean> {
    const [zk, session, path] = [this.#zk, this.#session, this.#path];
    this.#joining ??= join(zk, session, { path, prefix: "wait-", data: null, acl: undefined });
    const { contender, names } = await patience.wait(this.#joining);
    let line = inLine(names);
    for (;;) {
      const place = line.indexOf(contender.name);
      if (place < LOOKOUTS) return place !== -1;
      // As long as these stay, it is none of the first.
      const ahead = line.slice(place - LOOKOUTS, place);
      await Promise.race(
        ahead.map((name) => whenGone(zk, session, childPath(path, name), patience)),
      );
      const { children } = await patience.wait(zk.getChildren(path, optionsOf(session)));
      line = inLine(children);
    }
  }
}
