import { OpCode } from "../../src/protocol/op-code.ts";
import { DIGITS, putDigits, putInt } from "../bytes.ts";
import {
  encodeRequestFrame,
  LENGTH_BYTES,
  REPLY_BODY_AT,
  REQUEST_BODY_AT,
  REQUEST_XID_AT,
} from "../wire-layout.ts";
import type { Workload } from "./workload.ts";
import { znodeName } from "../znode.ts";

/** Deletes what a CreateWorkload created under the same parent. */
export class DeleteWorkload implements Workload {
  readonly frameBytesMax: number;
  readonly #frame: Uint8Array;
  readonly #nameDigitsAt: number;

  constructor(parent: string) {
    const path = `${parent}/${znodeName(0)}`;
    this.#frame = encodeRequestFrame(0, { type: OpCode.delete, path, version: 0 });
    this.frameBytesMax = this.#frame.length;
    this.#nameDigitsAt = REQUEST_BODY_AT + LENGTH_BYTES + path.length - DIGITS;
  }

  encode(target: Uint8Array, at: number, xid: number, operation: number): number {
    target.set(this.#frame, at);
    putInt(target, at + REQUEST_XID_AT, xid);
    putDigits(target, at + this.#nameDigitsAt, operation);
    return this.#frame.length;
  }

  check(reply: Uint8Array, operation: number): string | undefined {
    return reply.length === REPLY_BODY_AT ? undefined : `delete ${operation}: the reply has a body`;
  }
}
