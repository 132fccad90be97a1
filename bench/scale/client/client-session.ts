/**
 * A session over any channel: replies in the order of the requests, events as they come, heartbeats where asked for.
 * A callback a request instead of a promise, since a million of them are to be loaded.
 */
import { ErrorCode } from "../../../src/protocol/error-code.ts";
import { JuteReader } from "../../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import { PASSWD_BYTES } from "../../../src/protocol/limits.ts";
import { OpCode, ReservedXid } from "../../../src/protocol/op-code.ts";
import {
  readConnectResponse,
  readReplyHeader,
  readWatcherEvent,
  type ReplyHeader,
  type WatcherEvent,
  writeConnectRequest,
  writeRequestHeader,
} from "../../../src/protocol/records.ts";
import { readReply, type Reply } from "../../../src/protocol/replies.ts";
import { type Request, writeRequest } from "../../../src/protocol/requests.ts";
import type { Channel } from "../../tcp-channel.ts";
import { REPLY_BODY_AT } from "../../wire-layout.ts";

/** Longer than any part runs without a word from a session. */
export const LONG_TIMEOUT_MS = 40_000;

const HANDSHAKE_TIMEOUT_MS = 60_000;

/** Takes the reply: its header, its body, and the frame that both are in, whose memory the next read overwrites. */
export type OnReply = (header: ReplyHeader, body: JuteReader, frame: Uint8Array) => void;

interface Pending {
  readonly xid: number;
  readonly onReply: OnReply;
  readonly onLost: (error: Error) => void;
}

const ignoreLoss = (): void => {};

export class ClientSession {
  /** What the server granted, in milliseconds. */
  readonly timeoutMs: number;
  onEvent: ((event: WatcherEvent) => void) | undefined;
  /** Why the connection is gone; undefined while it is there. */
  ended: string | undefined;
  readonly #channel: Channel;
  readonly #writer = new JuteWriter();
  #pending: Pending[] = [];
  #answered = 0;
  #xid = 0;
  #onEnded: () => void = () => {};

  private constructor(channel: Channel, timeoutMs: number) {
    this.#channel = channel;
    this.timeoutMs = timeoutMs;
    channel.listen({
      onFrames: (frames) => {
        for (const frame of frames) this.#accept(frame);
      },
      onEnd: (reason) => this.#fail(reason),
    });
  }

  /**
   * Opens a new session on a channel.
   *
   * @throws Error when the server refuses it or says nothing for a minute.
   */
  static async open(channel: Channel, timeoutMs: number = LONG_TIMEOUT_MS): Promise<ClientSession> {
    const granted = await exchangeHandshake(channel, timeoutMs);
    if (granted > 0) return new ClientSession(channel, granted);
    channel.destroy();
    throw new Error("the server refused a new session");
  }

  /** Requests that wait for their reply. */
  get inFlight(): number {
    return this.#pending.length - this.#answered;
  }

  /** Sends a request; those of one turn leave in one write. `onLost` is called when the connection ends before the reply. */
  send(request: Request, onReply: OnReply, onLost: (error: Error) => void = ignoreLoss): void {
    if (this.ended !== undefined) {
      onLost(new Error(this.ended));
      return;
    }
    const xid = request.type === OpCode.ping ? ReservedXid.ping : ++this.#xid;
    if (this.#writer.length === 0) queueMicrotask(() => this.#channel.write(this.#writer.take()));
    const frame = this.#writer.beginFrame();
    writeRequestHeader(this.#writer, { xid, type: request.type });
    writeRequest(this.#writer, request);
    this.#writer.endFrame(frame);
    this.#pending.push({ xid, onReply, onLost });
  }

  /** Sends a request and waits. Rejects when the server answers with an error. */
  request<R extends Request>(request: R): Promise<Extract<Reply, { type: R["type"] }>> {
    return new Promise((resolve, reject) => {
      const onReply: OnReply = ({ err }, _body, frame) => {
        if (err === ErrorCode.ok) {
          const body = new JuteReader(frame.slice(REPLY_BODY_AT));
          resolve(readReply(body, request.type) as Extract<Reply, { type: R["type"] }>);
        } else {
          const path = "path" in request ? ` of ${request.path}` : "";
          reject(new Error(`op ${request.type}${path} answered with error ${err}`));
        }
      };
      this.send(request, onReply, reject);
    });
  }

  /** Closes the session and waits until the server has closed the connection. */
  async close(): Promise<void> {
    if (this.ended !== undefined) return;
    const ended = new Promise<void>((resolve) => (this.#onEnded = resolve));
    await this.request({ type: OpCode.closeSession });
    await ended;
  }

  /** Drops the connection; the session is left to expire. */
  destroy(): void {
    this.#channel.destroy();
  }

  #accept(frame: Uint8Array): void {
    const reader = new JuteReader(frame);
    const header = readReplyHeader(reader);
    if (header.xid === ReservedXid.notification) {
      this.onEvent?.(readWatcherEvent(reader));
      return;
    }
    const pending = this.#pending[this.#answered];
    if (pending === undefined || pending.xid !== header.xid) {
      this.#channel.destroy();
      this.#fail(`a reply to xid ${header.xid} where ${pending?.xid ?? "none"} is due`);
      return;
    }
    this.#answered += 1;
    if (this.#answered === this.#pending.length || this.#answered > 10_000) this.#compact();
    pending.onReply(header, reader, frame);
  }

  /** Forgets the requests that are answered. */
  #compact(): void {
    this.#pending = this.#pending.slice(this.#answered);
    this.#answered = 0;
  }

  #fail(reason: string): void {
    this.ended ??= reason;
    this.#compact();
    const lost = this.#pending;
    this.#pending = [];
    for (const { onLost } of lost) onLost(new Error(`no answer: ${reason}`));
    this.#onEnded();
  }
}

/** Returns the timeout that the server grants; 0 when it refuses the session. */
function exchangeHandshake(channel: Channel, timeOut: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      channel.destroy();
      reject(new Error("no answer to the handshake within a minute"));
    }, HANDSHAKE_TIMEOUT_MS);
    channel.listen({
      onFrames: ([frame]) => {
        clearTimeout(timer);
        if (frame) resolve(readConnectResponse(new JuteReader(frame)).timeOut);
      },
      onEnd: (reason) => {
        clearTimeout(timer);
        reject(new Error(`during the handshake: ${reason}`));
      },
    });
    channel.write(encodeHandshake(timeOut));
  });
}

/** The first frame of a connection that wants a new session. */
export function encodeHandshake(timeOut: number): Uint8Array {
  const writer = new JuteWriter();
  const at = writer.beginFrame();
  writeConnectRequest(writer, {
    protocolVersion: 0,
    lastZxidSeen: 0,
    timeOut,
    sessionId: 0,
    passwd: new Uint8Array(PASSWD_BYTES),
    readOnly: false,
  });
  writer.endFrame(at);
  return writer.toBytes();
}
