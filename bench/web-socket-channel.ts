/**
 * Frames in WebSocket messages: what is written at once leaves as one message, and every message that comes must hold
 * whole frames, as docs/wire.md has it. A connection costs a few kilobytes: twenty thousand of them are to be idle.
 */
import { randomBytes } from "node:crypto";
import { FrameDecoder } from "../src/protocol/frame-decoder.ts";
import {
  type Channel,
  type ChannelListener,
  REPLY_BYTES_MAX,
  silentListener,
} from "./tcp-channel.ts";
import { type Address, type StreamOptions, TcpStream } from "./tcp-stream.ts";
import { encodeMessage, MessageDecoder, WebSocketOpcode } from "./web-socket-messages.ts";
import { encodeUpgradeRequest, readUpgradeResponse } from "./web-socket-upgrade.ts";

const UPGRADE_TIMEOUT_MS = 60_000;
const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();

/**
 * Opens a connection and upgrades it.
 *
 * @throws Error when the server does not accept that.
 */
export async function connectWebSocket(
  address: Address,
  path: string,
  options: StreamOptions = {},
): Promise<WebSocketChannel> {
  const stream = await TcpStream.open(address, options);
  await upgrade(stream, address, path);
  return new WebSocketChannel(stream);
}

/** The server has nothing to say before it is asked, so that nothing follows its head. */
function upgrade(stream: TcpStream, address: Address, path: string): Promise<void> {
  const key = randomBytes(16).toString("base64");
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => stream.fail("no answer for a minute"), UPGRADE_TIMEOUT_MS);
    let received = NOTHING;
    stream.listen({
      onBytes: (bytes) => {
        received = new Uint8Array(Buffer.concat([received, bytes]));
        const headBytes = readUpgradeResponse(received, key);
        if (headBytes === undefined) return;
        clearTimeout(timer);
        if (headBytes === received.length) resolve();
        else stream.fail(typeof headBytes === "string" ? headBytes : "the server spoke first");
      },
      onEnd: (reason) => {
        clearTimeout(timer);
        reject(new Error(`no WebSocket at ${address.host}:${address.port}${path}: ${reason}`));
      },
    });
    stream.write(encodeUpgradeRequest(address, path, key));
  });
}

export class WebSocketChannel implements Channel {
  /** Called with every text message. */
  onText: ((text: string) => void) | undefined;
  readonly #stream: TcpStream;
  readonly #messages: MessageDecoder;
  readonly #decoder = new FrameDecoder(REPLY_BYTES_MAX);
  readonly #frames: Uint8Array[] = [];
  #listener = silentListener;

  constructor(stream: TcpStream) {
    this.#stream = stream;
    this.#messages = new MessageDecoder({
      onData: (bytes, isLast) => this.#onData(bytes, isLast),
      onText: (text) => this.#onText(text),
      onPing: (payload) => stream.write(encodeMessage(WebSocketOpcode.pong, payload)),
      onClose: (code) => this.#onClose(code),
    });
    stream.listen({
      onBytes: (bytes) => this.#read(bytes),
      onEnd: (reason) => this.#listener.onEnd(reason),
    });
  }

  listen(listener: ChannelListener): void {
    this.#listener = listener;
  }

  write(bytes: Uint8Array): void {
    this.#stream.write(encodeMessage(WebSocketOpcode.binary, bytes));
  }

  /** Sends a text message. */
  writeText(text: string): void {
    this.#stream.write(encodeMessage(WebSocketOpcode.text, encoder.encode(text)));
  }

  /** Sends the heartbeat that the platform answers by itself, with a text. */
  beat(): void {
    this.writeText("ping");
  }

  destroy(): void {
    this.#stream.destroy();
  }

  #read(bytes: Uint8Array): void {
    const wrong = this.#messages.push(bytes);
    this.#passOn();
    if (wrong !== undefined) this.#stream.fail(wrong);
  }

  #passOn(): void {
    const frames = this.#frames;
    if (frames.length > 0) this.#listener.onFrames(frames);
    frames.length = 0;
  }

  #onData(bytes: Uint8Array, isLast: boolean): void {
    const valid = this.#decoder.push(bytes, this.#frames);
    if (!valid) this.#stream.fail("the server sent a frame of an impossible length");
    else if (isLast && this.#decoder.pendingBytes > 0) {
      this.#stream.fail("the server sent a message that ends within a frame");
    }
  }

  #onText(text: string): void {
    this.#passOn(); // They came before it.
    this.onText?.(text);
  }

  #onClose(code: number | undefined): void {
    this.#stream.write(encodeMessage(WebSocketOpcode.close, NOTHING));
    this.#stream.fail(`the WebSocket was closed with code ${code ?? "none"}`);
  }
}
