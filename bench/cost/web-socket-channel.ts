/**
 * A WebSocket that carries frames: one message for each write, as a client sends it that packs what it has.
 */
import { FrameDecoder } from "../../src/protocol/frame-decoder.ts";
import type { Address, Channel, ChannelListener } from "../tcp-channel.ts";

const REPLY_BYTES_MAX = 64 * 1024 * 1024;

export class WebSocketChannel implements Channel {
  readonly #socket: WebSocket;
  #listener: ChannelListener = { onFrames: () => {}, onEnd: () => {} };
  #onPong: () => void = () => {};

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#receive(data));
    socket.addEventListener("close", ({ code }) => this.#listener.onEnd(`closed with ${code}`));
  }

  listen(listener: ChannelListener): void {
    this.#listener = listener;
  }

  write(bytes: Uint8Array): void {
    this.#socket.send(new Uint8Array(bytes));
  }

  /** Sends the text that the platform answers without waking the object, and waits for the answer. */
  async ping(): Promise<void> {
    const answered = new Promise<void>((resolve) => (this.#onPong = resolve));
    this.#socket.send("ping");
    await answered;
  }

  destroy(): void {
    this.#socket.close();
  }

  #receive(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) {
      this.#onPong();
      return;
    }
    const frames: Uint8Array[] = [];
    new FrameDecoder(REPLY_BYTES_MAX).push(new Uint8Array(data), frames);
    this.#listener.onFrames(frames);
  }
}

/**
 * Opens a WebSocket to a namespace.
 *
 * @throws Error when the server does not take it.
 */
export async function connectWebSocket(
  http: Address,
  namespace: string,
): Promise<WebSocketChannel> {
  const url = `ws://${http.host}:${http.port}/v1/${namespace}/zk`;
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error(`no WebSocket at ${url}`)));
  });
  return new WebSocketChannel(socket);
}
