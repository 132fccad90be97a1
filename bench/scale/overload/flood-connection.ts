/**
 * A connection that sends whether or not it is answered, and checks that every request is answered or refused, in order.
 * Prepared frames, of which only the xid changes: the sender must be several times as fast as the server.
 */
import { ErrorCode } from "../../../src/protocol/error-code.ts";
import { putInt, readInt } from "../../bytes.ts";
import type { Channel } from "../../tcp-channel.ts";
import { REPLY_ERR_AT, REPLY_XID_AT, REQUEST_XID_AT } from "../../wire-layout.ts";

export class FloodConnection {
  sent = 0;
  answered = 0;
  /** Answered with the error that says that the server has too much to do. */
  refused = 0;
  /** What went wrong; undefined while nothing has. */
  failure: string | undefined;
  onReplies: (() => void) | undefined;
  readonly #channel: Channel;
  readonly #frames: readonly Uint8Array[];

  /** Takes a channel on which a session was opened, and the frames of requests, all of one length, that it sends in turn. */
  constructor(channel: Channel, frames: readonly Uint8Array[]) {
    this.#channel = channel;
    this.#frames = frames;
    channel.listen({
      onFrames: (replies) => {
        for (const reply of replies) this.#accept(reply);
        this.onReplies?.();
      },
      onEnd: (reason) => {
        this.failure ??= `the connection ended: ${reason}`;
        this.onReplies?.();
      },
    });
  }

  get outstanding(): number {
    return this.sent - this.answered - this.refused;
  }

  /** Sends so many requests, in one write. */
  send(count: number): void {
    const length = this.#frames[0]?.length ?? 0;
    const bytes = new Uint8Array(count * length);
    for (let i = 0; i < count; i++) {
      bytes.set(this.#frames[this.sent % this.#frames.length] as Uint8Array, i * length);
      putInt(bytes, i * length + REQUEST_XID_AT, ++this.sent);
    }
    if (count > 0) this.#channel.write(bytes);
  }

  destroy(): void {
    this.#channel.destroy();
  }

  #accept(reply: Uint8Array): void {
    const due = this.answered + this.refused + 1;
    const xid = readInt(reply, REPLY_XID_AT);
    if (xid !== due) this.failure ??= `a reply to xid ${xid} where ${due} is due`;
    const err = readInt(reply, REPLY_ERR_AT);
    if (err === ErrorCode.ok) {
      this.answered += 1;
      return;
    }
    this.refused += 1;
    if (err !== ErrorCode.throttledOp) this.failure ??= `xid ${xid} was answered with error ${err}`;
  }
}
