/**
 * A session over any channel: replies in the order of the requests, events as they come, heartbeats where asked for.
 * A callback a request where a million of them are to be loaded, a promise where that is not too much.
 */
import { ErrorCode } from "../src/protocol/error-code.ts";
import { JuteReader } from "../src/protocol/jute-reader.ts";
import { JuteWriter } from "../src/protocol/jute-writer.ts";
import { OpCode, ReservedXid } from "../src/protocol/op-code.ts";
import {
  readReplyHeader,
  readWatcherEvent,
  type ReplyHeader,
  type WatcherEvent,
  writeRequestHeader,
} from "../src/protocol/records.ts";
import { readReply, type Reply } from "../src/protocol/replies.ts";
import { type Request, writeRequest } from "../src/protocol/requests.ts";
import { SESSION_TIMEOUT_MS, startSession } from "./session.ts";
import type { Channel } from "./tcp-channel.ts";
import { REPLY_BODY_AT } from "./wire-layout.ts";

/** Takes the reply: its header, its body, and the frame that both are in, whose memory the next read overwrites. */
export type OnReply = (header: ReplyHeader, body: JuteReader, frame: Uint8Array) => void;

export type ReplyTo<R extends Request> = Reply & { readonly type: R["type"] };

export interface Answer<R extends Request> {
  readonly header: ReplyHeader;
  /** Undefined when the header has an error. */
  readonly reply: ReplyTo<R> | undefined;
}

/** @throws Error when the answer is an error. */
export function replyOf<R extends Request>(request: R, { header, reply }: Answer<R>): ReplyTo<R> {
  if (header.err === ErrorCode.ok && reply !== undefined) return reply;
  const path = "path" in request ? ` of ${request.path}` : "";
  throw new Error(`op ${request.type}${path} answered with error ${header.err}`);
}

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
  /** Learns why the connection is gone, when all that waited for replies have. */
  onEnd: ((reason: string) => void) | undefined;
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
  static async open(
    channel: Channel,
    timeoutMs: number = SESSION_TIMEOUT_MS,
  ): Promise<ClientSession> {
    return new ClientSession(channel, await startSession(channel, timeoutMs));
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

  /** Sends a request and waits for the reply, which may say that there was an error. */
  ask<R extends Request>(request: R): Promise<Answer<R>> {
    return new Promise((resolve, reject) => {
      const onReply: OnReply = (header, _body, frame) => {
        // What is kept of a reply must not be overwritten by the next read.
        const reply =
          header.err === ErrorCode.ok
            ? readReply(new JuteReader(frame.slice(REPLY_BODY_AT)), request.type)
            : undefined;
        resolve({ header, reply: reply as ReplyTo<R> | undefined });
      };
      this.send(request, onReply, reject);
    });
  }

  /** Sends a request and waits. Rejects when the server answers with an error. */
  async request<R extends Request>(request: R): Promise<ReplyTo<R>> {
    return replyOf(request, await this.ask(request));
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
    this.onEnd?.(reason);
    this.#onEnded();
  }
}
