import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { OpCode } from "../../src/protocol/op-code.ts";
import { writeReply } from "../../src/protocol/replies.ts";
import { DIGITS, hasBytesAt, putDigits, putInt } from "../bytes.ts";
import {
  encodeRequestFrame,
  LENGTH_BYTES,
  REPLY_BODY_AT,
  REQUEST_BODY_AT,
  REQUEST_XID_AT,
} from "../wire-layout.ts";
import type { Workload } from "./workload.ts";
import { OPEN_ACL, znodeData, znodeName } from "../znode.ts";

/** Creates znodes under one parent; the operation's number is in the name and in the data. */
export class CreateWorkload implements Workload {
  readonly frameBytesMax: number;
  readonly #frame: Uint8Array;
  readonly #nameDigitsAt: number;
  readonly #dataAt: number;
  readonly #replyBody: Uint8Array;

  constructor(parent: string, seed: number) {
    const type = OpCode.create;
    const path = `${parent}/${znodeName(0)}`;
    const data = znodeData(seed, 0);
    this.#frame = encodeRequestFrame(0, { type, path, data, acl: OPEN_ACL, flags: 0 });
    this.frameBytesMax = this.#frame.length;
    const pathEndAt = REQUEST_BODY_AT + LENGTH_BYTES + path.length;
    this.#nameDigitsAt = pathEndAt - DIGITS;
    this.#dataAt = pathEndAt + LENGTH_BYTES;
    const writer = new JuteWriter();
    writeReply(writer, { type, path });
    this.#replyBody = writer.toBytes();
  }

  encode(target: Uint8Array, at: number, xid: number, operation: number): number {
    target.set(this.#frame, at);
    putInt(target, at + REQUEST_XID_AT, xid);
    putDigits(target, at + this.#nameDigitsAt, operation);
    putDigits(target, at + this.#dataAt, operation);
    return this.#frame.length;
  }

  check(reply: Uint8Array, operation: number): string | undefined {
    const expected = this.#replyBody;
    putDigits(expected, expected.length - DIGITS, operation);
    const right =
      reply.length === REPLY_BODY_AT + expected.length &&
      hasBytesAt(reply, REPLY_BODY_AT, expected);
    return right ? undefined : `create ${operation}: the reply does not name the path`;
  }
}
