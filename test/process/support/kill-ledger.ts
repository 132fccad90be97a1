/**
 * What no crash may undo, over all sessions: zxids and sequence numbers are given out once, and only grow.
 */
import type { Zxid } from "../../../src/protocol/records.ts";

export class Ledger {
  /** The highest zxid that anybody has seen, in a reply of any kind. */
  zxidMax: Zxid = 0;
  /** What went wrong where nobody could throw. */
  readonly failures: string[] = [];
  readonly #written = new Set<Zxid>();
  /** Zxids up to here were given out by an earlier incarnation of the server. */
  #floor: Zxid = 0;
  readonly #sequences = new Set<number>();
  #sequenceMax = -1;
  #sequenceFloor = -1;

  /** What another incarnation of the server has done is all known: what is given out from now on comes after it. */
  beginIncarnation(): void {
    this.#floor = this.zxidMax;
    this.#sequenceFloor = this.#sequenceMax;
  }

  fail(what: string): void {
    this.failures.push(what);
  }

  saw(zxid: Zxid): void {
    if (zxid > this.zxidMax) this.zxidMax = zxid;
  }

  /** A write was acknowledged under this zxid by the server that runs now. */
  wrote(zxid: Zxid, who: string): void {
    if (zxid <= this.#floor) this.fail(`${who}: zxid ${zxid}, ${this.#floor} was seen before`);
    this.#take(zxid, who);
  }

  /** A write that nobody was told of turns out to have happened before the crash. */
  recovered(zxid: Zxid, who: string): void {
    this.#take(zxid, who);
  }

  /** A sequence number was given out among the shared znodes. */
  gaveSequence(number: number, who: string): void {
    if (this.#sequences.has(number)) this.fail(`${who}: sequence number ${number} was given twice`);
    if (number <= this.#sequenceFloor) {
      this.fail(`${who}: sequence number ${number} after ${this.#sequenceFloor}`);
    }
    this.foundSequence(number);
  }

  /** A shared znode is found after a crash, whether its creation was acknowledged or not. */
  foundSequence(number: number): void {
    this.#sequences.add(number);
    this.#sequenceMax = Math.max(this.#sequenceMax, number);
  }

  #take(zxid: Zxid, who: string): void {
    if (this.#written.has(zxid)) this.fail(`${who}: zxid ${zxid} was given out twice`);
    this.#written.add(zxid);
    this.saw(zxid);
  }
}
