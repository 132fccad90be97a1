/**
 * Which of its znodes a connection's operations are about, in which order, and what each must find there. A connection
 * alone works on its znodes, so all of that is known without asking.
 */

export type WriteShare = "none" | "tenth" | "all";

/** Operations of which one writes, where a tenth does. */
const MIX_PERIOD = 10;

export class ZnodeSchedule {
  readonly #znodes: number;
  readonly #share: WriteShare;

  constructor(znodes: number, share: WriteShare) {
    this.#znodes = znodes;
    this.#share = share;
  }

  isWrite(operation: number): boolean {
    if (this.#share === "tenth") return operation % MIX_PERIOD === MIX_PERIOD - 1;
    return this.#share === "all";
  }

  /** Writes among the operations before this one: the number of the next write. */
  writesBefore(operation: number): number {
    if (this.#share === "tenth") return Math.trunc(operation / MIX_PERIOD);
    return this.#share === "all" ? operation : 0;
  }

  /** The znode that the operation reads or writes. Write n is of znode n modulo their number. */
  indexOf(operation: number): number {
    if (this.#share !== "tenth") return operation % this.#znodes;
    const writes = this.writesBefore(operation);
    if (this.isWrite(operation)) return writes % this.#znodes;
    // Far from the znodes that are being written, so that the answer is certain whatever overtakes what.
    return (writes + (this.#znodes >>> 1) + (operation % MIX_PERIOD)) % this.#znodes;
  }

  /** How often the znode was written when so many writes are done: its version. */
  versionOf(index: number, writes: number): number {
    return Math.max(0, Math.ceil((writes - index) / this.#znodes));
  }

  /** The number of the write that gave the znode this version; 0 for the version that it was created with. */
  writeOf(index: number, version: number): number {
    return version === 0 ? 0 : (version - 1) * this.#znodes + index;
  }
}
