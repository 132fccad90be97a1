import { EventType, OpCode, ReservedXid } from "../../src/protocol/op-code.ts";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { readWatcherEvent } from "../../src/protocol/records.ts";
import { hasBytesAt, putInt, readInt } from "../bytes.ts";
import type { Channel } from "../tcp-channel.ts";
import {
  encodeRequestFrame,
  LENGTH_BYTES,
  REPLY_BODY_AT,
  REPLY_ERR_AT,
  REPLY_XID_AT,
  REQUEST_XID_AT,
} from "../wire-layout.ts";
import type { Watcher, WatcherListener } from "./fan-out-driver.ts";

/** A session that watches one znode's data and, whenever it is told to, reads it and watches it again. */
export class WatchingSession implements Watcher {
  readonly #channel: Channel;
  readonly #path: string;
  readonly #frame: Uint8Array;
  readonly #listener: WatcherListener;
  #xid = 0;
  #state: "idle" | "asking" | "watching" = "idle";
  #expected: Uint8Array = new Uint8Array(0);

  constructor(channel: Channel, path: string, listener: WatcherListener) {
    this.#channel = channel;
    this.#path = path;
    this.#listener = listener;
    this.#frame = encodeRequestFrame(0, { type: OpCode.getData, path, watch: true });
    channel.listen({
      onFrames: (frames) => frames.forEach((frame) => this.#accept(frame)),
      onEnd: (reason) => {
        if (this.#state !== "idle") listener.onWrong(`a watching session ended: ${reason}`);
      },
    });
  }

  /** Asks for the data, which must be what is expected, and leaves a watch. */
  arm(expected: Uint8Array): void {
    this.#expected = expected;
    this.#state = "asking";
    const frame = this.#frame.slice();
    putInt(frame, REQUEST_XID_AT, ++this.#xid);
    this.#channel.write(frame);
  }

  /** Closes the session, and resolves when the server has. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#channel.listen({ onFrames: () => {}, onEnd: () => resolve() });
      this.#channel.write(encodeRequestFrame(this.#xid + 1, { type: OpCode.closeSession }));
    });
  }

  destroy(): void {
    this.#state = "idle";
    this.#channel.destroy();
  }

  #accept(frame: Uint8Array): void {
    const xid = readInt(frame, REPLY_XID_AT);
    if (xid === ReservedXid.notification) this.#acceptEvent(frame.subarray(REPLY_BODY_AT));
    else this.#acceptReply(frame, xid);
  }

  #acceptReply(frame: Uint8Array, xid: number): void {
    const isDue = this.#state === "asking" && xid === this.#xid;
    const isRight =
      readInt(frame, REPLY_ERR_AT) === 0 &&
      readInt(frame, REPLY_BODY_AT) === this.#expected.length &&
      hasBytesAt(frame, REPLY_BODY_AT + LENGTH_BYTES, this.#expected);
    if (!isDue) this.#listener.onWrong(`a reply to xid ${xid} that is not due`);
    else if (!isRight) this.#listener.onWrong(`not the data that was written last`);
    this.#state = "watching";
    this.#listener.onArmed();
  }

  #acceptEvent(body: Uint8Array): void {
    const { type, path } = readWatcherEvent(new JuteReader(body));
    if (this.#state !== "watching") this.#listener.onWrong("an event without a watch");
    if (type !== EventType.nodeDataChanged || path !== this.#path) {
      this.#listener.onWrong(`an event of type ${type} of ${path}`);
    }
    this.#state = "idle";
    this.#listener.onEvent();
  }
}
