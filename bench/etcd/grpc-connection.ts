/**
 * A connection that carries gRPC calls, any number at the same time. It tells its listener what comes for each; who
 * waits for what is not known here.
 */
import { readInt } from "../bytes.ts";
import { type Address, TcpStream } from "../tcp-stream.ts";
import {
  encodeFrame,
  encodeOpening,
  encodeWindowUpdate,
  FRAME_HEADER_BYTES,
  FrameFlag,
  FrameType,
  INITIAL_WINDOW,
  MESSAGE_HEADER_BYTES,
} from "./grpc-frames.ts";

export interface GrpcListener {
  /** The message shares memory that the next read overwrites. */
  onMessage(streamId: number, message: Uint8Array): void;
  /** The call has ended, with success or not. */
  onCallEnd(streamId: number, isOk: boolean): void;
  /** All that one read brought was told. */
  onRead(): void;
  /** The connection is gone; nothing follows. */
  onEnd(reason: string): void;
}

/** The trailer `grpc-status: 0` as HPACK has it without a table: its name in Huffman code, its value as it is. */
const STATUS_OK = Buffer.from([
  0x00, 0x88, 0x9a, 0xca, 0xc8, 0xb2, 0x12, 0x34, 0xda, 0x8f, 0x01, 0x30,
]);

/** Received bytes after which the server is told that it may go on. */
const CREDIT_BYTES = 2 ** 28;

const silentListener: GrpcListener = {
  onMessage: () => {},
  onCallEnd: () => {},
  onRead: () => {},
  onEnd: () => {},
};

export class GrpcConnection {
  readonly #stream: TcpStream;
  #listener = silentListener;
  #carry = new Uint8Array(0);
  /** Of messages that came in pieces, by stream. */
  readonly #pieces = new Map<number, Uint8Array>();
  #received = 0;
  #nextStreamId = 1;
  /** Bytes of messages that the server takes now. */
  window = INITIAL_WINDOW;

  private constructor(stream: TcpStream) {
    this.#stream = stream;
    stream.listen({
      onBytes: (bytes) => this.#read(bytes),
      onEnd: (reason) => this.#listener.onEnd(reason),
    });
    stream.write(encodeOpening());
  }

  static async open(address: Address): Promise<GrpcConnection> {
    return new GrpcConnection(await TcpStream.open(address));
  }

  listen(listener: GrpcListener): void {
    this.#listener = listener;
  }

  /** The stream of the next call; every call must leave in the order of their streams. */
  takeStreamId(): number {
    const id = this.#nextStreamId;
    this.#nextStreamId += 2;
    return id;
  }

  /** Sends calls, whole ones. */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const length = readInt(bytes, at) >>> 8;
      // Headers are not counted, and the server gives back no more than what it counts.
      if (bytes[at + 3] === FrameType.data) this.window -= length;
      at += FRAME_HEADER_BYTES + length;
    }
    this.#stream.write(bytes);
  }

  destroy(): void {
    this.#stream.destroy();
  }

  #read(chunk: Uint8Array): void {
    const bytes = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    let at = 0;
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const end = at + FRAME_HEADER_BYTES + (readInt(bytes, at) >>> 8);
      if (end > bytes.length) break;
      this.#acceptFrame(bytes, at, bytes.subarray(at + FRAME_HEADER_BYTES, end));
      at = end;
    }
    this.#carry = bytes.slice(at) as Uint8Array<ArrayBuffer>;
    this.#received += chunk.length;
    if (this.#received >= CREDIT_BYTES) {
      this.#stream.write(encodeWindowUpdate(this.#received));
      this.#received = 0;
    }
    this.#listener.onRead();
  }

  #acceptFrame(bytes: Uint8Array, at: number, payload: Uint8Array): void {
    const type = bytes[at + 3] as number;
    const flags = bytes[at + 4] as number;
    const streamId = readInt(bytes, at + 5);
    switch (type) {
      case FrameType.data:
        this.#acceptData(streamId, payload, flags);
        break;
      case FrameType.headers:
        this.#acceptHeaders(streamId, payload, flags);
        break;
      case FrameType.resetStream:
        this.#endCall(streamId, false);
        break;
      case FrameType.settings:
      case FrameType.ping:
        if ((flags & FrameFlag.ack) === 0) this.#acknowledge(type, payload);
        break;
      case FrameType.goAway:
        this.#stream.fail("the server went away");
        break;
      case FrameType.windowUpdate:
        if (streamId === 0) this.window += readInt(payload, 0);
        break;
      default:
        this.#stream.fail(`the server sent a frame of type ${type}`);
    }
  }

  #acknowledge(type: number, payload: Uint8Array): void {
    const echoed = type === FrameType.ping ? payload.slice() : new Uint8Array(0);
    this.#stream.write(encodeFrame(type, FrameFlag.ack, 0, echoed));
  }

  /** The first headers say nothing that the last ones, which end the stream, do not. */
  #acceptHeaders(streamId: number, payload: Uint8Array, flags: number): void {
    if ((flags & FrameFlag.endHeaders) === 0 || (flags & FrameFlag.padded) !== 0) {
      this.#stream.fail("the server sent headers in pieces");
    } else if ((flags & FrameFlag.endStream) !== 0) {
      const { buffer, byteOffset, length } = payload;
      this.#endCall(streamId, Buffer.from(buffer, byteOffset, length).includes(STATUS_OK));
    }
  }

  #endCall(streamId: number, isOk: boolean): void {
    const isWhole = !this.#pieces.delete(streamId);
    this.#listener.onCallEnd(streamId, isOk && isWhole);
  }

  #acceptData(streamId: number, payload: Uint8Array, flags: number): void {
    if ((flags & FrameFlag.padded) !== 0) {
      this.#stream.fail("the server sent padded data");
      return;
    }
    const piece = this.#pieces.get(streamId);
    let rest = piece === undefined ? payload : Buffer.concat([piece, payload]);
    if (piece !== undefined) this.#pieces.delete(streamId);
    while (rest.length >= MESSAGE_HEADER_BYTES) {
      const end = MESSAGE_HEADER_BYTES + readInt(rest, 1);
      if (rest.length < end) break;
      if (rest[0] !== 0) this.#stream.fail("the server sent a compressed message");
      this.#listener.onMessage(streamId, rest.subarray(MESSAGE_HEADER_BYTES, end));
      rest = rest.subarray(end);
    }
    if (rest.length > 0) this.#pieces.set(streamId, rest.slice());
  }
}
