/**
 * One TCP client and its WebSocket. They live and die together.
 *
 * Towards the server every message holds whole frames, each with its length; what comes back is a byte stream already.
 * Neither side may pile up bytes here: the client is read no faster than the server takes its requests and than the
 * client takes its replies.
 */
import type { Socket } from "node:net";
import { FrameDecoder } from "../../src/protocol/frame-decoder.ts";
import { FRAME_HEADER_BYTES } from "../../src/protocol/limits.ts";
import { Heartbeat, PING_TEXT, PONG_TEXT } from "./heartbeat.ts";
import type { Upstream } from "./upstream.ts";

/** Bytes waiting for the server at which reading from the client pauses, and at which it goes on. */
const unsentBytesHigh = 1024 * 1024;
const unsentBytesLow = 256 * 1024;
/** A WebSocket does not say when it has sent: it is asked. */
const unsentPollMs = 5;
/** A WebSocket cannot be paused either: a client that asks for this much without reading it is cut off. */
const unreadBytesMax = 64 * 1024 * 1024;
/** How long a client may take to read the last of it when the server has closed. */
const lingerMs = 5000;
const normalClosure = 1000;

export class BridgedConnection {
  readonly #client: Socket;
  readonly #server: WebSocket;
  readonly #decoder = new FrameDecoder();
  readonly #heartbeat = new Heartbeat();
  readonly #report: (line: string) => void;
  readonly #name: string;
  #isClientSlow = false;
  #isServerSlow = false;

  constructor(client: Socket, upstream: Upstream, report: (line: string) => void) {
    this.#client = client;
    this.#server = upstream.connect();
    this.#report = report;
    this.#name = `${client.remoteAddress}:${client.remotePort}`;
    this.#listenToClient();
    this.#listenToServer(upstream);
  }

  destroy(): void {
    this.#client.destroy();
  }

  #listenToClient(): void {
    const client = this.#client;
    client.on("data", (chunk) => this.#forward(chunk));
    client.on("drain", () => {
      this.#isClientSlow = false;
      this.#resume();
    });
    client.on("error", () => {
      // A reset, say: "close" follows, which is all that matters.
    });
    client.on("close", () => this.#server.close(normalClosure));
  }

  #listenToServer(upstream: Upstream): void {
    const server = this.#server;
    let isOpen = false;
    server.addEventListener("open", () => {
      isOpen = true;
      this.#client.resume();
    });
    server.addEventListener("message", ({ data }) => {
      if (data instanceof ArrayBuffer) {
        const message = new Uint8Array(data);
        this.#heartbeat.onReplies(message);
        this.#deliver(message);
      } else if (data === PONG_TEXT) {
        this.#deliver(this.#heartbeat.reply());
      }
    });
    server.addEventListener("error", () => {
      // "close" follows.
    });
    server.addEventListener("close", ({ code, reason }) => {
      if (this.#client.destroyed) return; // Its doing.
      if (!isOpen) void this.#reportFailure(upstream);
      else if (code !== normalClosure) {
        this.#report(`${this.#name}: the server closed it (${`${code} ${reason}`.trim()})`);
      }
      this.#client.destroySoon();
      const linger = setTimeout(() => this.#client.destroy(), lingerMs);
      this.#client.once("close", () => clearTimeout(linger));
    });
  }

  async #reportFailure(upstream: Upstream): Promise<void> {
    this.#report(
      `${this.#name}: cannot connect to ${upstream.url}: ${await upstream.explainFailure()}`,
    );
  }

  #forward(chunk: Uint8Array): void {
    if (this.#server.readyState !== WebSocket.OPEN) return; // Closing: too late for more.
    const frames: Uint8Array[] = [];
    const isIntact = this.#decoder.push(chunk, frames);
    if (frames.length > 0) {
      const isPing = this.#heartbeat.takesPing(frames);
      this.#server.send(isPing ? PING_TEXT : joinFrames(frames));
    }
    if (!isIntact) {
      this.#report(`${this.#name}: closed: it does not speak ZooKeeper's protocol`);
      this.#client.destroy();
    } else if (this.#server.bufferedAmount > unsentBytesHigh && !this.#isServerSlow) {
      this.#isServerSlow = true;
      this.#client.pause();
      this.#pollUnsent();
    }
  }

  #pollUnsent(): void {
    if (this.#server.readyState === WebSocket.OPEN) {
      if (this.#server.bufferedAmount > unsentBytesLow) {
        setTimeout(() => this.#pollUnsent(), unsentPollMs);
        return;
      }
    }
    this.#isServerSlow = false;
    this.#resume();
  }

  #deliver(bytes: Uint8Array): void {
    const client = this.#client;
    if (client.write(bytes) || client.destroyed) return;
    if (client.writableLength > unreadBytesMax) {
      this.#report(`${this.#name}: closed: it does not read its replies`);
      client.destroy();
      return;
    }
    this.#isClientSlow = true;
    client.pause();
  }

  #resume(): void {
    if (!this.#isClientSlow && !this.#isServerSlow) this.#client.resume();
  }
}

/** One message of all of them, each with its length in front. */
function joinFrames(frames: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = frames.reduce((sum, frame) => sum + FRAME_HEADER_BYTES + frame.length, 0);
  const message = new Uint8Array(bytes);
  const view = new DataView(message.buffer);
  let offset = 0;
  for (const frame of frames) {
    view.setInt32(offset, frame.length);
    message.set(frame, offset + FRAME_HEADER_BYTES);
    offset += FRAME_HEADER_BYTES + frame.length;
  }
  return message;
}
