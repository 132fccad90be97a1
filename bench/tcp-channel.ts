/**
 * A TCP connection that carries frames. The only part of the load generator that knows TCP: another transport
 * implements {@link Channel} too.
 */
import { connect, type Socket } from "node:net";
import { FrameDecoder } from "../src/protocol/frame-decoder.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface ChannelListener {
  /** The frames share memory that the next read overwrites: copy what must outlive the call. */
  onFrames(frames: readonly Uint8Array[]): void;
  /** The connection is gone; nothing follows. */
  onEnd(reason: string): void;
}

export interface Channel {
  /** Takes whole frames, lengths included. The bytes must not change afterwards. */
  write(bytes: Uint8Array): void;
  listen(listener: ChannelListener): void;
  destroy(): void;
}

const READ_BUFFER_BYTES = 256 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;

/** Replies may be larger than requests: the list of many children, say. */
const REPLY_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Opens a connection.
 *
 * @throws Error when nobody accepts it.
 */
export function connectTcp(address: Address): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const channel: TcpChannel = new TcpChannel(address, () => {
      channel.listen(silentListener);
      resolve(channel);
    });
    channel.listen({
      onFrames: () => reject(new Error("the server spoke first")),
      onEnd: (reason) => reject(new Error(`${address.host}:${address.port}: ${reason}`)),
    });
  });
}

const silentListener: ChannelListener = { onFrames: () => {}, onEnd: () => {} };

class TcpChannel implements Channel {
  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder(REPLY_BYTES_MAX);
  readonly #frames: Uint8Array[] = [];
  #listener = silentListener;
  #failure = "the connection was closed";

  constructor(address: Address, onOpen: () => void) {
    // One buffer for all reads: without it Node.js allocates one per read and runs the streams machinery.
    this.#socket = connect({
      host: address.host,
      port: address.port,
      noDelay: true,
      onread: {
        buffer: new Uint8Array(READ_BUFFER_BYTES),
        callback: (length, buffer) => this.#read(buffer.subarray(0, length)),
      },
    });
    this.#socket.setTimeout(CONNECT_TIMEOUT_MS, () => this.#fail("no connection within 10 s"));
    this.#socket.once("connect", () => {
      this.#socket.setTimeout(0);
      onOpen();
    });
    this.#socket.on("error", (error) => (this.#failure = error.message));
    this.#socket.once("close", () => this.#listener.onEnd(this.#failure));
  }

  listen(listener: ChannelListener): void {
    this.#listener = listener;
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Uint8Array): boolean {
    const frames = this.#frames;
    frames.length = 0;
    const valid = this.#decoder.push(chunk, frames);
    if (frames.length > 0) this.#listener.onFrames(frames);
    if (!valid) this.#fail("the server sent a frame of an impossible length");
    return valid;
  }

  #fail(reason: string): void {
    this.#failure = reason;
    this.#socket.destroy();
  }
}
