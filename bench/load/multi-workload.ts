import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { OpCode } from "../../src/protocol/op-code.ts";
import { writeReply } from "../../src/protocol/replies.ts";
import { DIGITS, hasBytesAt, putDigits, putInt } from "../bytes.ts";
import { encodeRequestFrame, LENGTH_BYTES, REPLY_BODY_AT, REQUEST_XID_AT } from "../wire-layout.ts";
import { OPEN_ACL, znodeData, znodeName } from "../znode.ts";
import type { Workload } from "./workload.ts";

/** Creates that one multi holds. */
export const MULTI_CREATES = 10;

/** Multis of creates under one parent; the znode's number is in its name and in its data. */
export class MultiWorkload implements Workload {
  readonly frameBytesMax: number;
  readonly #frame: Uint8Array;
  /** Where the digits of the number of each znode stand: of its name and of its data. */
  readonly #nameDigitsAt: readonly number[];
  readonly #dataAt: readonly number[];
  readonly #replyBody: Uint8Array;
  readonly #replyDigitsAt: readonly number[];

  constructor(parent: string, seed: number) {
    const { create, multi } = OpCode;
    const numbers = Array.from({ length: MULTI_CREATES }, (_, number) => number);
    const paths = numbers.map((number) => `${parent}/${znodeName(number)}`);
    const ops = paths.map((path, number) => {
      const data = znodeData(seed, number);
      return { type: create, path, data, acl: OPEN_ACL, flags: 0 };
    });
    this.#frame = encodeRequestFrame(0, { type: multi, ops });
    this.frameBytesMax = this.#frame.length;
    this.#nameDigitsAt = paths.map((path) => endOf(this.#frame, path) - DIGITS);
    this.#dataAt = this.#nameDigitsAt.map((at) => at + DIGITS + LENGTH_BYTES);
    const writer = new JuteWriter();
    const results = paths.map((path) => ({ type: create, path }));
    writeReply(writer, { type: multi, results });
    this.#replyBody = writer.toBytes();
    this.#replyDigitsAt = paths.map((path) => endOf(this.#replyBody, path) - DIGITS);
  }

  encode(target: Uint8Array, at: number, xid: number, operation: number): number {
    target.set(this.#frame, at);
    putInt(target, at + REQUEST_XID_AT, xid);
    for (let i = 0; i < MULTI_CREATES; i++) {
      const number = operation * MULTI_CREATES + i;
      putDigits(target, at + (this.#nameDigitsAt[i] as number), number);
      putDigits(target, at + (this.#dataAt[i] as number), number);
    }
    return this.#frame.length;
  }

  check(reply: Uint8Array, operation: number): string | undefined {
    const expected = this.#replyBody;
    for (let i = 0; i < MULTI_CREATES; i++) {
      putDigits(expected, this.#replyDigitsAt[i] as number, operation * MULTI_CREATES + i);
    }
    const right =
      reply.length === REPLY_BODY_AT + expected.length &&
      hasBytesAt(reply, REPLY_BODY_AT, expected);
    return right ? undefined : `multi ${operation}: the reply does not name the paths`;
  }
}

/** Where the text ends in the bytes, which have it once. */
function endOf(bytes: Uint8Array, text: string): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(text) + text.length;
}
