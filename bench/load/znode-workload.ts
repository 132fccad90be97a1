import { OpCode } from "../../src/protocol/op-code.ts";
import { hasBytesAt, putDigits, putInt, readInt } from "../bytes.ts";
import {
  encodeRequestFrame,
  LENGTH_BYTES,
  REPLY_BODY_AT,
  REQUEST_BODY_AT,
  REQUEST_XID_AT,
  STAT_BYTES,
  STAT_DATA_LENGTH_AT,
  STAT_VERSION_AT,
} from "../wire-layout.ts";
import { DATA_BYTES, znodeData } from "../znode.ts";
import type { OwnedZnode } from "./owned-znodes.ts";
import type { Workload } from "./workload.ts";
import { type WriteShare, ZnodeSchedule } from "./znode-schedule.ts";

const REPLY_DATA_AT = REPLY_BODY_AT + LENGTH_BYTES;
const REPLY_STAT_AT = REPLY_DATA_AT + DATA_BYTES;

/** Reads its znodes' data, or sets it, or both, as its schedule has it. */
export class ZnodeWorkload implements Workload {
  readonly frameBytesMax: number;
  readonly schedule: ZnodeSchedule;
  readonly #reads: readonly Uint8Array[];
  readonly #writes: readonly Uint8Array[];
  readonly #dataAt: readonly number[];
  readonly #data: readonly Uint8Array[];

  constructor(znodes: readonly OwnedZnode[], share: WriteShare) {
    this.schedule = new ZnodeSchedule(znodes.length, share);
    const { getData, setData } = OpCode;
    this.#reads = znodes.map(({ path }) =>
      encodeRequestFrame(0, { type: getData, path, watch: false }),
    );
    this.#data = znodes.map(({ seed }) => znodeData(seed, 0));
    this.#writes = znodes.map(({ path, seed }) =>
      encodeRequestFrame(0, { type: setData, path, data: znodeData(seed, 0), version: -1 }),
    );
    this.#dataAt = znodes.map(
      ({ path }) => REQUEST_BODY_AT + LENGTH_BYTES + path.length + LENGTH_BYTES,
    );
    const sent = share === "none" ? this.#reads : this.#writes;
    this.frameBytesMax = Math.max(...sent.map((frame) => frame.length));
  }

  encode(target: Uint8Array, at: number, xid: number, operation: number): number {
    const { schedule } = this;
    const index = schedule.indexOf(operation);
    const isWrite = schedule.isWrite(operation);
    const frame = (isWrite ? this.#writes : this.#reads)[index] as Uint8Array;
    target.set(frame, at);
    putInt(target, at + REQUEST_XID_AT, xid);
    if (isWrite) {
      putDigits(target, at + (this.#dataAt[index] as number), schedule.writesBefore(operation));
    }
    return frame.length;
  }

  check(reply: Uint8Array, operation: number): string | undefined {
    const { schedule } = this;
    const index = schedule.indexOf(operation);
    const version = schedule.versionOf(index, schedule.writesBefore(operation));
    return schedule.isWrite(operation)
      ? checkSetData(reply, operation, version + 1)
      : this.#checkGetData(reply, operation, index, version);
  }

  #checkGetData(
    reply: Uint8Array,
    operation: number,
    index: number,
    version: number,
  ): string | undefined {
    const expected = this.#data[index] as Uint8Array;
    putDigits(expected, 0, this.schedule.writeOf(index, version));
    const right =
      reply.length === REPLY_STAT_AT + STAT_BYTES &&
      readInt(reply, REPLY_BODY_AT) === DATA_BYTES &&
      hasBytesAt(reply, REPLY_DATA_AT, expected);
    if (!right) return `getData ${operation}: not the data that was written`;
    const found = readInt(reply, REPLY_STAT_AT + STAT_VERSION_AT);
    if (found === version) return undefined;
    return `getData ${operation}: version ${found} where ${version} is due`;
  }
}

function checkSetData(reply: Uint8Array, operation: number, version: number): string | undefined {
  if (reply.length !== REPLY_BODY_AT + STAT_BYTES) return `setData ${operation}: not a Stat`;
  const found = readInt(reply, REPLY_BODY_AT + STAT_VERSION_AT);
  if (found !== version) {
    return `setData ${operation}: version ${found} where ${version} is due`;
  }
  const dataLength = readInt(reply, REPLY_BODY_AT + STAT_DATA_LENGTH_AT);
  return dataLength === DATA_BYTES ? undefined : `setData ${operation}: dataLength ${dataLength}`;
}
