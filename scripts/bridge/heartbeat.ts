/**
 * Turns ZooKeeper's pings into the text message `ping`, and the `pong` into the reply to it (docs/wire.md). The platform answers
 * the text without waking the server's object, and without charging for it. Only of a client that waits for no reply: so
 * what it gets stays in the order in which it asked.
 */
import { FRAME_HEADER_BYTES } from "../../src/protocol/limits.ts";
import { OpCode, ReservedXid } from "../../src/protocol/op-code.ts";

export const PING_TEXT = "ping";
export const PONG_TEXT = "pong";

/** A request of nothing but its header. */
const PING = Buffer.alloc(8);
PING.writeInt32BE(ReservedXid.ping, 0);
PING.writeInt32BE(OpCode.ping, 4);

/** Where the zxid is in a reply: behind the xid; and err behind it. */
const ZXID_AT = 4;
const ZXID_BYTES = 8;
const REPLY_BYTES = 16;

export class Heartbeat {
  /** The client has its session. */
  #isOpen = false;
  /** What the client has sent, the handshake included, and the server has not answered. */
  #unanswered = 0;
  /** The last zxid that the server told. */
  readonly #zxid = new Uint8Array(ZXID_BYTES);

  /** Whether what the client sends is a ping that goes as text. Otherwise it is counted: it must be sent. */
  takesPing(frames: readonly Uint8Array[]): boolean {
    const [frame] = frames;
    const isLone = this.#isOpen && this.#unanswered === 0 && frames.length === 1;
    if (isLone && frame !== undefined && PING.equals(frame)) return true;
    this.#unanswered += frames.length;
    return false;
  }

  /** Takes note of what the server sends: whole frames, each with its length. */
  onReplies(message: Uint8Array): void {
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    let at = 0;
    while (at + FRAME_HEADER_BYTES + REPLY_BYTES <= message.length) {
      const start = at + FRAME_HEADER_BYTES;
      at = start + view.getUint32(at);
      if (!this.#isOpen) {
        this.#isOpen = true;
        this.#unanswered -= 1;
      } else if (view.getInt32(start) !== ReservedXid.notification) {
        this.#unanswered -= 1;
        this.#zxid.set(message.subarray(start + ZXID_AT, start + ZXID_AT + ZXID_BYTES));
      }
    }
  }

  /** The reply to a ping, with its length. */
  reply(): Uint8Array {
    const reply = new Uint8Array(FRAME_HEADER_BYTES + REPLY_BYTES);
    const view = new DataView(reply.buffer);
    view.setInt32(0, REPLY_BYTES);
    view.setInt32(FRAME_HEADER_BYTES, ReservedXid.ping);
    reply.set(this.#zxid, FRAME_HEADER_BYTES + ZXID_AT);
    return reply;
  }
}
