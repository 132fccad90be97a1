/**
 * Reads a TCP connection in pieces whose size follows what its client sends: every read costs a turn of the event loop,
 * and every connection that waits holds the memory for its next one.
 */

/** For a client that sends a request now and then. */
const SMALL_BYTES = 4 * 1024;

/** For one that sends many at once. */
const LARGE_BYTES = 16 * 1024;

/** A piece of at least this many bytes is a sign of many requests at once. */
const MANY_BYTES = 1024;

export class ChunkReader {
  readonly #reader: ReadableStreamBYOBReader;
  #bytes = SMALL_BYTES;

  constructor(readable: ReadableStream<Uint8Array>) {
    // Not `for await`: through the iterator a piece costs several turns more.
    this.#reader = readable.getReader({ mode: "byob" });
  }

  /** The next bytes, in memory of their own; undefined at the end. Rejects when the connection breaks. */
  async next(): Promise<Uint8Array | undefined> {
    const { value, done } = await this.#reader.read(new Uint8Array(this.#bytes));
    if (done || value === undefined) return undefined;
    this.#bytes = value.length >= MANY_BYTES ? LARGE_BYTES : SMALL_BYTES;
    return value;
  }
}
