/**
 * A connection that carries frames, whatever is below them. {@link TcpChannel} carries them as they are.
 */
import { FrameDecoder } from "../src/protocol/frame-decoder.ts";
import { type Address, TcpStream } from "./tcp-stream.ts";

export type { Address };

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

/** Replies may be larger than requests: the list of many children, say. */
export const REPLY_BYTES_MAX = 64 * 1024 * 1024;

export const silentListener: ChannelListener = { onFrames: () => {}, onEnd: () => {} };

/**
 * Opens a connection.
 *
 * @throws Error when nobody accepts it.
 */
export async function connectTcp(address: Address): Promise<Channel> {
  return new TcpChannel(await TcpStream.open(address));
}

class TcpChannel implements Channel {
  readonly #stream: TcpStream;
  readonly #decoder = new FrameDecoder(REPLY_BYTES_MAX);
  readonly #frames: Uint8Array[] = [];
  #listener = silentListener;

  constructor(stream: TcpStream) {
    this.#stream = stream;
    stream.listen({
      onBytes: (bytes) => this.#read(bytes),
      onEnd: (reason) => this.#listener.onEnd(reason),
    });
  }

  listen(listener: ChannelListener): void {
    this.#listener = listener;
  }

  write(bytes: Uint8Array): void {
    this.#stream.write(bytes);
  }

  destroy(): void {
    this.#stream.destroy();
  }

  #read(bytes: Uint8Array): void {
    const frames = this.#frames;
    frames.length = 0;
    const valid = this.#decoder.push(bytes, frames);
    if (frames.length > 0) this.#listener.onFrames(frames);
    if (!valid) this.#stream.fail("the server sent a frame of an impossible length");
  }
}
