/**
 * Names for what a server chooses freely: zxids count from the one that the stream began with, sessions go by their slot, and
 * a time is that of the zxid that it came with. A time that contradicts an earlier one of the same zxid, or lies outside
 * the stream, stays a number, which the other server does not have.
 */
export class Naming {
  readonly #base: bigint;
  readonly #startMs = Date.now();
  readonly #timeOfZxid = new Map<bigint, bigint>();
  readonly #slotOfSession = new Map<bigint, string>();

  constructor(base: bigint) {
    this.#base = base;
  }

  zxid(value: bigint): string {
    return value <= 0n ? String(value) : `+${value - this.#base}`;
  }

  time(value: bigint, zxid: bigint): string {
    if (value === 0n || zxid <= 0n) return String(value);
    const known = this.#timeOfZxid.get(zxid);
    if (known === undefined) {
      const isPlausible = value >= this.#startMs - 5_000 && value <= Date.now() + 5_000;
      if (zxid > this.#base && !isPlausible) return `IMPLAUSIBLE ${value}`;
      this.#timeOfZxid.set(zxid, value);
    } else if (known !== value) {
      return `${value} BUT ${known} BEFORE`;
    }
    return "ok";
  }

  session(id: bigint): string {
    return id === 0n ? "0" : (this.#slotOfSession.get(id) ?? `UNKNOWN ${id}`);
  }

  learnSession(id: bigint, name: string): void {
    this.#slotOfSession.set(id, name);
  }
}
