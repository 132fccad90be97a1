/** Requests are encoded one after another into pieces of memory of this size. */
const SLAB_BYTES = 256 * 1024;

/** Memory for what is sent. */
export class Slab {
  bytes = new Uint8Array(0);
  #used = 0;

  /** Returns where the next bytes go. A slab that is full is left to the writes that still hold it. */
  reserve(bytes: number): number {
    if (this.#used + bytes > this.bytes.length) {
      this.bytes = new Uint8Array(Math.max(SLAB_BYTES, bytes));
      this.#used = 0;
    }
    return this.#used;
  }

  /** What was written from there up to `end`, which is not written to again. */
  take(end: number): Uint8Array {
    const from = this.#used;
    this.#used = end;
    return this.bytes.subarray(from, end);
  }
}
