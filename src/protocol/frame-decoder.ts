import { FRAME_BYTES_MAX, FRAME_HEADER_BYTES } from "./limits.ts";

/**
 * Cuts a byte stream into frames, whatever the splits and merges on the way.
 *
 * A frame that arrived in one chunk shares the chunk's memory. Of a frame that arrives in pieces only the bytes
 * that are there are kept: a length is the peer's word, and reserving for it would let a few bytes claim a megabyte.
 */
export class FrameDecoder {
  readonly #maxBytes: number;
  #carry = new Uint8Array(0);
  #carried = 0;

  constructor(maxBytes: number = FRAME_BYTES_MAX) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of an unfinished frame, its header included. */
  get pendingBytes(): number {
    return this.#carried;
  }

  /**
   * Takes the next chunk and appends every frame that is now complete to `frames`, without their lengths.
   * Returns false when a length is negative or above the limit: the stream is then of no further use.
   */
  push(chunk: Uint8Array, frames: Uint8Array[]): boolean {
    let rest = chunk;
    if (this.#carried > 0) {
      rest = this.#completeCarried(chunk);
      if (this.#carried >= FRAME_HEADER_BYTES) {
        const needed = this.#needed(this.#carry);
        if (needed < 0) return false;
        if (this.#carried < needed) return true;
        frames.push(this.#carry.subarray(FRAME_HEADER_BYTES, needed));
        this.#carry = new Uint8Array(0);
        this.#carried = 0;
      } else {
        return true;
      }
    }
    while (rest.length >= FRAME_HEADER_BYTES) {
      const needed = this.#needed(rest);
      if (needed < 0) return false;
      if (rest.length < needed) break;
      frames.push(rest.subarray(FRAME_HEADER_BYTES, needed));
      rest = rest.subarray(needed);
    }
    if (rest.length > 0) this.#keep(rest);
    return true;
  }

  /** Moves what the carried frame still lacks out of `chunk` and returns the rest of it. */
  #completeCarried(chunk: Uint8Array): Uint8Array {
    let rest = chunk;
    if (this.#carried < FRAME_HEADER_BYTES) {
      const take = Math.min(FRAME_HEADER_BYTES - this.#carried, rest.length);
      this.#keep(rest.subarray(0, take));
      rest = rest.subarray(take);
    }
    if (this.#carried < FRAME_HEADER_BYTES) return rest;
    const needed = this.#needed(this.#carry);
    const take = Math.max(0, Math.min(needed - this.#carried, rest.length));
    this.#keep(rest.subarray(0, take));
    return rest.subarray(take);
  }

  /** Size of the frame at the start of `bytes` with its header, or -1 when its length is not allowed. */
  #needed(bytes: Uint8Array): number {
    const length =
      ((bytes[0] as number) << 24) |
      ((bytes[1] as number) << 16) |
      ((bytes[2] as number) << 8) |
      (bytes[3] as number);
    return length < 0 || length > this.#maxBytes ? -1 : length + FRAME_HEADER_BYTES;
  }

  #keep(bytes: Uint8Array): void {
    const end = this.#carried + bytes.length;
    if (end > this.#carry.length) {
      const grown = new Uint8Array(Math.max(end, this.#carry.length * 2));
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
    }
    this.#carry.set(bytes, this.#carried);
    this.#carried = end;
  }
}
