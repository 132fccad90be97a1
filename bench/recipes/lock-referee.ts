import type { ErrorLog } from "../error-log.ts";

/** What whoever has the lock can say about it. */
export interface Held {
  /** The number that the queue of waiters is ordered by. */
  readonly turn: number;
  /** The server's order (its zxid, say) of the answer that told the client that it has the lock. */
  readonly seen: number;
}

/**
 * Sees every acquisition and release of one lock, all of them in this thread, and reports whoever enters while another
 * is inside: by this thread's clock, and by the server's order, where a client may have the lock only after the release
 * of the one before it.
 */
export class LockReferee {
  handOffs = 0;
  readonly #errors: ErrorLog;
  #holder: number | undefined;
  #lastTurn = -1;
  /** Both by the number of the hand-off. */
  readonly #seen: number[] = [];
  readonly #releasedAt: number[] = [];

  constructor(errors: ErrorLog) {
    this.#errors = errors;
  }

  /** Returns the number of the hand-off. */
  enter(client: number, { turn, seen }: Held): number {
    if (this.#holder !== undefined) {
      this.#errors.add(`client ${client} got the lock that client ${this.#holder} held`);
    }
    if (turn <= this.#lastTurn) this.#errors.add(`turn ${turn} came after turn ${this.#lastTurn}`);
    this.#holder = client;
    this.#lastTurn = turn;
    const handOff = this.handOffs++;
    this.#seen[handOff] = seen;
    this.#compare(handOff - 1);
    return handOff;
  }

  /** To be called before the release is sent. */
  leave(client: number): void {
    if (this.#holder !== client)
      this.#errors.add(`client ${client} lost the lock while it held it`);
    this.#holder = undefined;
  }

  /** To be called when the release was answered, with its place in the server's order. */
  released(handOff: number, at: number): void {
    this.#releasedAt[handOff] = at;
    this.#compare(handOff);
  }

  /** The answer to the release may come later than what it made known to the next one. */
  #compare(handOff: number): void {
    const [releasedAt, seen] = [this.#releasedAt[handOff], this.#seen[handOff + 1]];
    if (releasedAt === undefined || seen === undefined || seen >= releasedAt) return;
    this.#errors.add(`the lock was had at ${seen}, before its release at ${releasedAt}`);
  }
}
