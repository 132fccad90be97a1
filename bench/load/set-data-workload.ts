import { OpCode } from "../../src/protocol/op-code.ts";
import { putDigits, putInt, readInt } from "../bytes.ts";
import {
  encodeRequestFrame,
  REPLY_BODY_AT,
  REQUEST_BODY_AT,
  LENGTH_BYTES,
  REQUEST_XID_AT,
  STAT_BYTES,
  STAT_DATA_LENGTH_AT,
  STAT_VERSION_AT,
} from "../wire-layout.ts";
import type { Workload } from "./workload.ts";
import { DATA_BYTES, znodeData } from "../znode.ts";

/** A znode that one connection alone works on, so that its version is known without asking. */
export interface OwnedZnode {
  readonly path: string;
  readonly seed: number;
}

/** Sets the data of its znodes in turn; operation n is write n, of znode n modulo their number. */
export class SetDataWorkload implements Workload {
  readonly frameBytesMax: number;
  readonly #frames: readonly Uint8Array[];
  readonly #dataAt: readonly number[];

  constructor(znodes: readonly OwnedZnode[]) {
    this.#frames = znodes.map(({ path, seed }) =>
      encodeRequestFrame(0, {
        type: OpCode.setData,
        path,
        data: znodeData(seed, 0),
        version: -1,
      }),
    );
    this.#dataAt = znodes.map(
      ({ path }) => REQUEST_BODY_AT + LENGTH_BYTES + path.length + LENGTH_BYTES,
    );
    this.frameBytesMax = Math.max(...this.#frames.map((frame) => frame.length));
  }

  encode(target: Uint8Array, at: number, xid: number, operation: number): number {
    const index = operation % this.#frames.length;
    const frame = this.#frames[index] as Uint8Array;
    target.set(frame, at);
    putInt(target, at + REQUEST_XID_AT, xid);
    putDigits(target, at + (this.#dataAt[index] as number), operation);
    return frame.length;
  }

  check(reply: Uint8Array, operation: number): string | undefined {
    if (reply.length !== REPLY_BODY_AT + STAT_BYTES) return `setData ${operation}: not a Stat`;
    const version = readInt(reply, REPLY_BODY_AT + STAT_VERSION_AT);
    const expected = Math.trunc(operation / this.#frames.length) + 1;
    if (version !== expected) {
      return `setData ${operation}: version ${version} where ${expected} is due`;
    }
    const dataLength = readInt(reply, REPLY_BODY_AT + STAT_DATA_LENGTH_AT);
    return dataLength === DATA_BYTES ? undefined : `setData ${operation}: dataLength ${dataLength}`;
  }
}
