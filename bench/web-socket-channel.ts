/**
 * Frames in WebSocket messages: what is written at once leaves as one message, and every message that comes must hold
 * whole frames, as docs/wire.md has it.
 */
import { createHash, randomBytes } from "node:crypto";
import { FrameDecoder } from "../src/protocol/frame-decoder.ts";
import {
  type Channel,
  type ChannelListener,
  REPLY_BYTES_MAX,
  silentListener,
} from "./tcp-channel.ts";
import { type Address, TcpStream } from "./tcp-stream.ts";
import { encodeMessage, MessageDecoder, WebSocketOpcode } from "./web-socket-messages.ts";

/** What the RFC appends to a key before it is hashed. */
const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const UPGRADE_TIMEOUT_MS = 20_000;

/**
 * Opens a connection and upgrades it.
 *
 * @throws Error when the server does not accept that.
 */
export async function connectWebSocket(address: Address, path: string): Promise<Channel> {
  const stream = await TcpStream.open(address);
  const key = randomBytes(16).toString("base64");
  const request = [
    `GET ${path} HTTP/1.1`,
    `Host: ${address.host}:${address.port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${key}`,
  ];
  const head = await exchangeHeads(stream, `${request.join("\r\n")}\r\n\r\n`);
  const accept = createHash("sha1").update(`${key}${KEY_SUFFIX}`).digest("base64");
  if (!head.startsWith("HTTP/1.1 101 ") || !head.includes(accept)) {
    stream.destroy();
    throw new Error(`no upgrade at ${path}: ${head.split("\r\n")[0]}`);
  }
  return new WebSocketChannel(stream);
}

/** The server says nothing after its head before it was asked, so what comes until then is the head. */
function exchangeHeads(stream: TcpStream, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => stream.fail("no upgrade within 20 s"), UPGRADE_TIMEOUT_MS);
    let head = "";
    stream.listen({
      onBytes: (bytes) => {
        head += Buffer.from(bytes).toString("latin1");
        if (!head.includes("\r\n\r\n")) return;
        clearTimeout(timer);
        resolve(head);
      },
      onEnd: (reason) => {
        clearTimeout(timer);
        reject(new Error(`during the upgrade: ${reason}`));
      },
    });
    stream.write(Buffer.from(request, "latin1"));
  });
}

class WebSocketChannel implements Channel {
  readonly #stream: TcpStream;
  readonly #messages: MessageDecoder;
  readonly #decoder = new FrameDecoder(REPLY_BYTES_MAX);
  readonly #frames: Uint8Array[] = [];
  #listener = silentListener;

  constructor(stream: TcpStream) {
    this.#stream = stream;
    this.#messages = new MessageDecoder({
      onData: (bytes, isLast) => this.#onData(bytes, isLast),
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

  destroy(): void {
    this.#stream.destroy();
  }

  #read(bytes: Uint8Array): void {
    const frames = this.#frames;
    frames.length = 0;
    const wrong = this.#messages.push(bytes);
    if (frames.length > 0) this.#listener.onFrames(frames);
    if (wrong !== undefined) this.#stream.fail(wrong);
  }

  #onData(bytes: Uint8Array, isLast: boolean): void {
    const valid = this.#decoder.push(bytes, this.#frames);
    if (!valid) this.#stream.fail("the server sent a frame of an impossible length");
    else if (isLast && this.#decoder.pendingBytes > 0) {
      this.#stream.fail("the server sent a message that ends within a frame");
    }
  }

  #onClose(code: number | undefined): void {
    this.#stream.write(encodeMessage(WebSocketOpcode.close, new Uint8Array(0)));
    this.#stream.fail(`the WebSocket was closed with code ${code ?? "none"}`);
  }
}
