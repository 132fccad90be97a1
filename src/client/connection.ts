/**
 * One connection, from its opening to its end: the handshake, frames, heartbeats, and when what was sent and heard.
 */
import { FrameDecoder } from "../protocol/frame-decoder.ts";
import { JuteReader } from "../protocol/jute-reader.ts";
import { ReservedXid } from "../protocol/op-code.ts";
import { readReplyHeader, type ReplyHeader } from "../protocol/records.ts";
import type { Clock } from "./clock.ts";
import {
  type ConnectAnswer,
  encodeConnect,
  readConnectAnswer,
  type SessionIdentity,
} from "./handshake.ts";
import { Line } from "./line.ts";
import { PING_FRAME } from "./fixed-frames.ts";
import type { OpenTransport, Transport } from "./transport/transport.ts";

/** More than any server sends: a length beyond it is no length. */
const REPLY_BYTES_MAX = 256 * 1024 * 1024;

export interface ConnectionListener {
  /** The handshake may be sent. */
  onOpen(): void;
  onAnswer(answer: ConnectAnswer, sentMs: number): void;
  /** A reply or an event. May throw: the connection is of no further use then. */
  onReply(header: ReplyHeader, reader: JuteReader): void;
  /** A heartbeat was answered. */
  onHeartbeat(sentMs: number): void;
  onEnd(reason: string): void;
}

export class Connection {
  readonly startedMs: number;
  /** When something was sent and heard last, on the client's clock. */
  sentMs: number;
  heardMs: number;
  isOpen = false;
  readonly #clock: Clock;
  readonly #listener: ConnectionListener;
  readonly #transport: Transport;
  readonly #decoder = new FrameDecoder(REPLY_BYTES_MAX);
  /** When the heartbeats were sent that are not answered. */
  readonly #beats = new Line<number>();
  #isConnected = false;
  #isEnded = false;

  constructor(open: OpenTransport, address: string, clock: Clock, listener: ConnectionListener) {
    this.#clock = clock;
    this.#listener = listener;
    this.startedMs = this.sentMs = this.heardMs = clock.now();
    this.#transport = open(address, {
      onOpen: () => {
        if (this.#isEnded) return;
        this.isOpen = true;
        listener.onOpen();
      },
      onBytes: (bytes) => this.#onBytes(bytes),
      onHeartbeat: () => {
        if (this.#isEnded) return;
        this.heardMs = clock.now();
        this.#onBeat();
      },
      onClose: (reason) => this.#end(reason),
    });
  }

  /** Asks for a session. */
  connect(identity: SessionIdentity, timeoutMs: number, lastZxidSeen: number): void {
    this.send(encodeConnect(identity, timeoutMs, lastZxidSeen), this.#clock.now());
  }

  send(bytes: Uint8Array<ArrayBuffer>, nowMs: number): void {
    this.sentMs = nowMs;
    this.#transport.send(bytes);
  }

  beat(nowMs: number): void {
    this.sentMs = nowMs;
    this.#beats.push(nowMs);
    if (this.#transport.sendHeartbeat === undefined) this.#transport.send(PING_FRAME);
    else this.#transport.sendHeartbeat();
  }

  /** Ends it, without telling. */
  close(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#transport.close();
  }

  #onBytes(bytes: Uint8Array): void {
    if (this.#isEnded) return;
    this.heardMs = this.#clock.now();
    const frames: Uint8Array[] = [];
    const isIntact = this.#decoder.push(bytes, frames);
    try {
      for (const frame of frames) {
        // Whoever hears of a frame may end the connection.
        if (!this.#isEnded) this.#onFrame(new JuteReader(frame));
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
    if (!isIntact) this.#fail("a frame of an impossible length");
  }

  #onFrame(reader: JuteReader): void {
    if (!this.#isConnected) {
      this.#isConnected = true;
      this.#listener.onAnswer(readConnectAnswer(reader), this.sentMs);
      return;
    }
    const header = readReplyHeader(reader);
    if (header.xid === ReservedXid.ping) this.#onBeat();
    else this.#listener.onReply(header, reader);
  }

  #onBeat(): void {
    const sentMs = this.#beats.shift();
    if (sentMs !== undefined) this.#listener.onHeartbeat(sentMs);
  }

  #fail(reason: string): void {
    if (this.#isEnded) return;
    this.#transport.close();
    this.#end(reason);
  }

  #end(reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#listener.onEnd(reason);
  }
}
