/**
 * A TCP connection as bytes. All reads share one buffer: without it Node.js allocates one per read and runs the streams
 * machinery. It calls back before it reads again, from whatever socket, so that one serves all connections.
 */
import { connect, type Socket } from "node:net";

export interface Address {
  readonly host: string;
  readonly port: number;
  /** With it, frames travel in WebSocket messages, over a connection that is upgraded at this path. */
  readonly webSocketPath?: string;
}

export interface StreamListener {
  /** The next read of any connection overwrites the bytes: copy what must outlive the call. */
  onBytes(bytes: Uint8Array): void;
  /** The connection is gone; nothing follows. */
  onEnd(reason: string): void;
}

export interface StreamOptions {
  /** Where the connection comes from: one address has ports for 28,000 connections to a server. */
  readonly localAddress?: string;
}

const readBuffer = new Uint8Array(256 * 1024);
const CONNECT_TIMEOUT_MS = 10_000;

const silentListener: StreamListener = { onBytes: () => {}, onEnd: () => {} };

export class TcpStream {
  readonly #socket: Socket;
  #listener = silentListener;
  #failure = "the connection was closed";

  private constructor(address: Address, options: StreamOptions, onOpen: () => void) {
    this.#socket = connect({
      host: address.host,
      port: address.port,
      noDelay: true,
      ...options,
      onread: {
        buffer: readBuffer,
        callback: (length, buffer) => {
          this.#listener.onBytes(buffer.subarray(0, length));
          return true;
        },
      },
    });
    this.#socket.setTimeout(CONNECT_TIMEOUT_MS, () => this.fail("no connection within 10 s"));
    this.#socket.once("connect", () => {
      this.#socket.setTimeout(0);
      onOpen();
    });
    this.#socket.on("error", (error) => (this.#failure = error.message));
    this.#socket.once("close", () => this.#listener.onEnd(this.#failure));
  }

  /**
   * Opens a connection.
   *
   * @throws Error when nobody accepts it.
   */
  static open(address: Address, options: StreamOptions = {}): Promise<TcpStream> {
    return new Promise((resolve, reject) => {
      const stream: TcpStream = new TcpStream(address, options, () => {
        stream.listen(silentListener);
        resolve(stream);
      });
      stream.listen({
        onBytes: () => reject(new Error("the server spoke first")),
        onEnd: (reason) => reject(new Error(`${address.host}:${address.port}: ${reason}`)),
      });
    });
  }

  listen(listener: StreamListener): void {
    this.#listener = listener;
  }

  /** The bytes must not change afterwards. */
  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Drops the connection for a reason that its listener learns. */
  fail(reason: string): void {
    this.#failure = reason;
    this.#socket.destroy();
  }
}
