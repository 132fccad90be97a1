/**
 * A WebSocket that carries ZooKeeper frames, over a bare socket: a few kilobytes a connection.
 */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { FrameDecoder } from "../../../src/protocol/frame-decoder.ts";
import type { Address, Channel, ChannelListener } from "../../tcp-channel.ts";
import {
  encodeClientFrame,
  encodeUpgradeRequest,
  readUpgradeResponse,
  ServerFrameDecoder,
  WebSocketOpcode,
} from "./web-socket-frames.ts";

export interface WebSocketOptions {
  readonly namespace?: string;
  /** Another path than the namespace's. */
  readonly path?: string;
  /** Where the connection comes from: one address has ports for 28,000 connections to a server. */
  readonly localAddress?: string;
}

/** Node calls back before it reads again, from whatever socket: one buffer serves all of them. */
const readBuffer = new Uint8Array(256 * 1024);

const UPGRADE_TIMEOUT_MS = 60_000;
const REPLY_BYTES_MAX = 64 * 1024 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const HEARTBEAT = encodeClientFrame(WebSocketOpcode.text, encoder.encode("ping"));
const NOTHING = new Uint8Array(0);

const silentListener: ChannelListener = { onFrames: () => {}, onEnd: () => {} };

export class WebSocketChannel implements Channel {
  /** Called with every text message. */
  onText: ((text: string) => void) | undefined;
  readonly #socket: Socket;
  readonly #key = randomBytes(16).toString("base64");
  readonly #decoder = new ServerFrameDecoder();
  readonly #onOpen: () => void;
  #listener = silentListener;
  /** What has arrived of the answer to the upgrade; undefined once that is complete. */
  #opening: Uint8Array | undefined = NOTHING;
  #failure = "the connection was closed";

  private constructor(http: Address, options: WebSocketOptions, onOpen: () => void) {
    this.#onOpen = onOpen;
    const { namespace = "default", localAddress } = options;
    const path = options.path ?? `/v1/${namespace}/zk`;
    this.#socket = connect({
      host: http.host,
      port: http.port,
      noDelay: true,
      ...(localAddress !== undefined && { localAddress }),
      onread: {
        buffer: readBuffer,
        callback: (length, buffer) => this.#read(buffer.subarray(0, length)),
      },
    });
    this.#socket.setTimeout(UPGRADE_TIMEOUT_MS, () => this.#fail("no WebSocket within a minute"));
    this.#socket.once("connect", () =>
      this.#socket.write(encodeUpgradeRequest(http.host, path, this.#key)),
    );
    this.#socket.on("error", (error) => (this.#failure = error.message));
    this.#socket.once("close", () => this.#listener.onEnd(this.#failure));
  }

  /**
   * Opens a WebSocket to a namespace.
   *
   * @throws Error when the server does not upgrade.
   */
  static connect(http: Address, options: WebSocketOptions = {}): Promise<WebSocketChannel> {
    return new Promise((resolve, reject) => {
      const channel: WebSocketChannel = new WebSocketChannel(http, options, () => {
        channel.listen(silentListener);
        resolve(channel);
      });
      channel.listen({
        onFrames: () => reject(new Error("the server spoke first")),
        onEnd: (reason) => reject(new Error(`${http.host}:${http.port}: ${reason}`)),
      });
    });
  }

  listen(listener: ChannelListener): void {
    this.#listener = listener;
  }

  /** Sends whole frames as one message. */
  write(bytes: Uint8Array): void {
    this.#socket.write(encodeClientFrame(WebSocketOpcode.binary, bytes));
  }

  /** Sends the heartbeat that the platform answers by itself. */
  beat(): void {
    this.#socket.write(HEARTBEAT);
  }

  /** Sends a text message. */
  writeText(text: string): void {
    this.#socket.write(encodeClientFrame(WebSocketOpcode.text, encoder.encode(text)));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Uint8Array): boolean {
    const failure =
      this.#opening === undefined
        ? this.#decoder.push(chunk, this.#onMessage)
        : this.#readUpgrade(Buffer.concat([this.#opening, chunk]));
    if (failure !== undefined) this.#fail(failure);
    return failure === undefined;
  }

  #readUpgrade(bytes: Uint8Array): string | undefined {
    this.#opening = bytes;
    const headerBytes = readUpgradeResponse(bytes, this.#key);
    if (typeof headerBytes !== "number") return headerBytes;
    this.#opening = undefined;
    this.#socket.setTimeout(0);
    this.#onOpen();
    return this.#decoder.push(bytes.subarray(headerBytes), this.#onMessage);
  }

  readonly #onMessage = (opcode: number, payload: Uint8Array): void => {
    if (opcode === WebSocketOpcode.text) {
      this.onText?.(decoder.decode(payload));
    } else if (opcode === WebSocketOpcode.close) {
      const code =
        payload.length < 2
          ? 1005
          : new DataView(payload.buffer, payload.byteOffset, 2).getUint16(0);
      this.#socket.write(encodeClientFrame(WebSocketOpcode.close, payload.slice()));
      this.#fail(`the server closed the WebSocket with code ${code}`);
    } else if (opcode === WebSocketOpcode.ping) {
      this.#socket.write(encodeClientFrame(WebSocketOpcode.pong, payload.slice()));
    } else if (opcode === WebSocketOpcode.binary) {
      const frames: Uint8Array[] = [];
      // Every message holds whole frames: nothing is carried from one to the next.
      const cutter = new FrameDecoder(REPLY_BYTES_MAX);
      if (cutter.push(payload, frames) && cutter.pendingBytes === 0)
        this.#listener.onFrames(frames);
      else this.#fail("a message that is not made of whole frames");
    }
  };

  #fail(reason: string): void {
    this.#failure = reason;
    this.#socket.end(() => this.#socket.destroy());
  }
}
