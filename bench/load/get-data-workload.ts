import { OpCode } from "../../src/protocol/op-code.ts";
import { hasBytesAt, putInt, readInt } from "../bytes.ts";
import type { OwnedZnode } from "./set-data-workload.ts";
import {
  encodeRequestFrame,
  LENGTH_BYTES,
  REPLY_BODY_AT,
  REQUEST_XID_AT,
  STAT_BYTES,
  STAT_VERSION_AT,
} from "../wire-layout.ts";
import type { Workload } from "./workload.ts";
import { DATA_BYTES, znodeData } from "../znode.ts";

const REPLY_DATA_AT = REPLY_BODY_AT + LENGTH_BYTES;
const REPLY_STAT_AT = REPLY_DATA_AT + DATA_BYTES;

/** Reads its znodes in turn, which nobody has written to since they were created. */
export class GetDataWorkload implements Workload {
  readonly frameBytesMax: number;
  readonly #frames: readonly Uint8Array[];
  readonly #data: readonly Uint8Array[];

  constructor(znodes: readonly OwnedZnode[]) {
    this.#frames = znodes.map(({ path }) =>
      encodeRequestFrame(0, { type: OpCode.getData, path, watch: false }),
    );
    this.#data = znodes.map(({ seed }) => znodeData(seed, 0));
    this.frameBytesMax = Math.max(...this.#frames.map((frame) => frame.length));
  }

  encode(target: Uint8Array, at: number, xid: number, operation: number): number {
    const frame = this.#frames[operation % this.#frames.length] as Uint8Array;
    target.set(frame, at);
    putInt(target, at + REQUEST_XID_AT, xid);
    return frame.length;
  }

  check(reply: Uint8Array, operation: number): string | undefined {
    const expected = this.#data[operation % this.#data.length] as Uint8Array;
    const right =
      reply.length === REPLY_STAT_AT + STAT_BYTES &&
      readInt(reply, REPLY_BODY_AT) === DATA_BYTES &&
      hasBytesAt(reply, REPLY_DATA_AT, expected);
    if (!right) return `getData ${operation}: not the data that was written`;
    const version = readInt(reply, REPLY_STAT_AT + STAT_VERSION_AT);
    return version === 0 ? undefined : `getData ${operation}: version ${version} where 0 is due`;
  }
}
