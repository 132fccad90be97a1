import type { ErrorLog } from "../error-log.ts";

/**
 * Sees every acquisition and release of one lock, all of them in this thread, and reports whoever enters while another
 * is inside, or out of turn.
 */
export class LockReferee {
  handOffs = 0;
  readonly #errors: ErrorLog;
  #holder: number | undefined;
  #lastTurn = -1;

  constructor(errors: ErrorLog) {
    this.#errors = errors;
  }

  /** `turn` is the number that the queue of waiters is ordered by. */
  enter(client: number, turn: number): void {
    if (this.#holder !== undefined) {
      this.#errors.add(`client ${client} got the lock that client ${this.#holder} held`);
    }
    if (turn <= this.#lastTurn) this.#errors.add(`turn ${turn} came after turn ${this.#lastTurn}`);
    this.#holder = client;
    this.#lastTurn = turn;
    this.handOffs++;
  }

  /** To be called before the release is sent. */
  leave(client: number): void {
    if (this.#holder !== client)
      this.#errors.add(`client ${client} lost the lock while it held it`);
    this.#holder = undefined;
  }
}
