/**
 * A TCP connection. While it is open the object stays awake.
 */
import type { Transport } from "./transport.ts";

/** How long a connection that is being closed waits for its peer to take what was sent. */
const LINGER_MS = 5_000;

export class TCPTransport implements Transport {
  readonly canWait = true;
  pendingBytes = 0;
  /** Called when pending bytes have left. */
  onDrain: (() => void) | undefined;
  readonly #socket: Socket;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #isClosed = false;
  readonly #ended = Promise.withResolvers<void>();

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#writer = socket.writable.getWriter();
    // A peer that goes away fails whatever is under way; the reading side is where that is noticed.
    this.#writer.closed.catch(() => {});
    socket.closed.catch(() => {});
  }

  /** The client's bytes, as they come. Ends when the client closes its side; throws when the connection breaks. */
  get readable(): ReadableStream<Uint8Array> {
    return this.#socket.readable as ReadableStream<Uint8Array>;
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#isClosed) return;
    this.pendingBytes += bytes.length;
    const sent = (): void => {
      this.pendingBytes -= bytes.length;
      this.onDrain?.();
    };
    this.#writer.write(bytes).then(sent, sent);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // Closing the writer lets what was written leave first: but not for a peer that does not take it.
    const timer = setTimeout(() => this.abort(), LINGER_MS);
    this.#writer
      .close()
      .catch(() => {})
      .then(() => this.#socket.close())
      .catch(() => {})
      .finally(() => {
        clearTimeout(timer);
        this.#ended.resolve();
      });
  }

  abort(): void {
    this.#isClosed = true;
    this.#writer.abort().catch(() => {});
    this.#socket.close().catch(() => {});
    this.#ended.resolve();
  }

  /** Resolves when the connection is closed and everything sent has left, as far as it could. */
  get closed(): Promise<void> {
    return this.#ended.promise;
  }
}
