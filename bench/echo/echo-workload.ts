import { DIGITS, hasBytesAt, putDigits, putInt } from "../bytes.ts";
import type { Workload } from "../load/workload.ts";
import { LENGTH_BYTES, REPLY_BODY_AT, REQUEST_XID_AT } from "../wire-layout.ts";

/** Room for a frame's length, a reply's header and the operation's number. */
const FRAME_BYTES_MIN = LENGTH_BYTES + REPLY_BODY_AT + DIGITS;

/**
 * Frames of the size of a request that look like their own successful reply, since that is what they come back as: xid,
 * no zxid, no error, the operation's number, and bytes that are the same in all of them.
 */
export class EchoWorkload implements Workload {
  readonly frameBytesMax: number;
  readonly #frame: Uint8Array;

  constructor(frameBytes: number) {
    if (frameBytes < FRAME_BYTES_MIN) throw new RangeError(`${frameBytes} bytes are no request`);
    this.frameBytesMax = frameBytes;
    this.#frame = new Uint8Array(frameBytes);
    putInt(this.#frame, 0, frameBytes - LENGTH_BYTES);
    for (let at = FRAME_BYTES_MIN; at < frameBytes; at++) this.#frame[at] = at;
  }

  encode(target: Uint8Array, at: number, xid: number, operation: number): number {
    const frame = this.#frame;
    putInt(frame, REQUEST_XID_AT, xid);
    putDigits(frame, LENGTH_BYTES + REPLY_BODY_AT, operation);
    target.set(frame, at);
    return frame.length;
  }

  check(reply: Uint8Array, operation: number): string | undefined {
    const expected = this.#frame.subarray(LENGTH_BYTES + REPLY_BODY_AT);
    putDigits(expected, 0, operation);
    const right =
      reply.length === REPLY_BODY_AT + expected.length &&
      hasBytesAt(reply, REPLY_BODY_AT, expected);
    return right ? undefined : `echo ${operation}: not what was sent`;
  }
}
