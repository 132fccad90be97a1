/**
 * A TCP connection at the level of bytes: writes anything, cuts what comes back into frames, and knows how it ended.
 */
import { connect, type Socket } from "node:net";
import { FrameDecoder } from "../../../src/protocol/frame-decoder.ts";
import { Condition } from "./conditions.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How a connection ended: the server closed it in order, or broke it. */
export type End = "FIN" | "RST";

/** Replies may be larger than requests. */
const FRAME_BYTES_MAX = 64 * 1024 * 1024;

export class TCPConnection {
  /** Payloads of the frames that have come, in order of arrival. */
  readonly frames: Uint8Array[] = [];
  receivedBytes = 0;
  /** Undefined while the connection is open. */
  end: End | undefined;
  /** Called with each frame as it comes. */
  onFrame: (frame: Uint8Array) => void = () => {};
  onEnd: (end: End) => void = () => {};
  /** When the connection was opened and when it ended, in milliseconds of `performance.now()`. */
  readonly openedMs = performance.now();
  endedMs: number | undefined;
  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder(FRAME_BYTES_MAX);
  readonly #condition = new Condition();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.once("end", () => this.#ended("FIN"));
    socket.once("error", () => this.#ended("RST"));
    socket.once("close", () => this.#ended("RST"));
  }

  /** @throws Error when nobody accepts the connection. */
  static open(address: Address): Promise<TCPConnection> {
    return new Promise((resolve, reject) => {
      // Half open, so that a close by the server is seen as such and answered by us when we like.
      const socket = connect({ ...address, noDelay: true, allowHalfOpen: true });
      const connection = new TCPConnection(socket);
      socket.once("connect", () => resolve(connection));
      socket.once("error", reject);
    });
  }

  write(bytes: Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  /** Ends our side in order; what the server sends still arrives. */
  finish(): void {
    this.#socket.end();
  }

  /** Drops the connection. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Drops the connection with a reset, as a process that crashed does. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Stops reading: what the server sends fills the buffers on the way and then waits. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Waits for the frame of that number, counted from 0. */
  frame(index: number): Promise<Uint8Array> {
    return this.#condition.wait(`frame ${index}`, () => {
      const frame = this.frames[index];
      if (frame === undefined && this.end !== undefined) {
        throw new Error(`the connection ended (${this.end}) before frame ${index}`);
      }
      return frame;
    });
  }

  /** Waits for the end of the connection and closes our side as well. */
  async ended(timeoutMs?: number): Promise<End> {
    const end = await this.#condition.wait("the end of the connection", () => this.end, timeoutMs);
    this.#socket.destroy();
    return end;
  }

  /** Waits until `probe` finds something in what has come. */
  until<T>(what: string, probe: () => T | undefined, timeoutMs?: number): Promise<T> {
    return this.#condition.wait(what, probe, timeoutMs);
  }

  #read(chunk: Buffer): void {
    this.receivedBytes += chunk.length;
    const frames: Uint8Array[] = [];
    const isIntact = this.#decoder.push(chunk, frames);
    for (const frame of frames) {
      this.frames.push(frame);
      this.onFrame(frame);
    }
    this.#condition.changed();
    if (!isIntact) this.#socket.destroy(new Error("a frame of an impossible length"));
  }

  #ended(end: End): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.endedMs = performance.now();
    this.onEnd(end);
    this.#condition.changed();
  }
}
