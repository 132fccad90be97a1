import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { OpCode } from "../../src/protocol/op-code.ts";
import { readReply } from "../../src/protocol/replies.ts";
import { putInt } from "../bytes.ts";
import { encodeRequestFrame, REPLY_BODY_AT, REQUEST_XID_AT } from "../wire-layout.ts";
import type { Workload } from "./workload.ts";

/** Asks for the names of a znode's children, over and over. */
export class ChildrenWorkload implements Workload {
  readonly frameBytesMax: number;
  readonly #frame: Uint8Array;
  readonly #names: readonly string[];
  /** A body that was found right. One with the names in the same order is compared with it, which costs little. */
  #rightBody: Buffer | undefined;

  /** The names must be sorted. */
  constructor(path: string, names: readonly string[]) {
    this.#frame = encodeRequestFrame(0, { type: OpCode.getChildren, path, watch: false });
    this.frameBytesMax = this.#frame.length;
    this.#names = names;
  }

  encode(target: Uint8Array, at: number, xid: number): number {
    target.set(this.#frame, at);
    putInt(target, at + REQUEST_XID_AT, xid);
    return this.#frame.length;
  }

  check(reply: Uint8Array, operation: number): string | undefined {
    const body = reply.subarray(REPLY_BODY_AT);
    if (this.#rightBody?.equals(body)) return undefined;
    if (!this.#isRight(body)) return `getChildren ${operation}: not the names of all children`;
    this.#rightBody = Buffer.from(body);
    return undefined;
  }

  #isRight(body: Uint8Array): boolean {
    const reply = readReply(new JuteReader(body), OpCode.getChildren);
    if (reply?.type !== OpCode.getChildren) return false;
    const names = reply.children.toSorted();
    return (
      names.length === this.#names.length &&
      names.every((name, number) => name === this.#names[number])
    );
  }
}
