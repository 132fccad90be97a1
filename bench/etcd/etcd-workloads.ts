/**
 * The load of the other scenarios as calls of etcd: the same names, the same data, in the same order.
 */
import { putDigits } from "../bytes.ts";
import type { OwnedZnode } from "../load/owned-znodes.ts";
import type { Workload } from "../load/workload.ts";
import { type WriteShare, ZnodeSchedule } from "../load/znode-schedule.ts";
import { znodeData, znodeName } from "../znode.ts";
import { Method } from "./etcd-control.ts";
import {
  type CreateDigits,
  findCreateDigits,
  isGetReply,
  isPutReply,
  makeGet,
  makePut,
  type PutTemplate,
} from "./etcd-znodes.ts";
import { type CallTemplate, makeCall, putCall } from "./grpc-frames.ts";
import { encodeMessage, MessageReader } from "./protobuf.ts";

/** Gets and puts the same keys all the time. */
export class EtcdZnodeWorkload implements Workload {
  readonly frameBytesMax: number;
  readonly schedule: ZnodeSchedule;
  readonly #gets: readonly CallTemplate[];
  readonly #puts: readonly PutTemplate[];
  readonly #data: readonly Uint8Array[];

  constructor(znodes: readonly OwnedZnode[], share: WriteShare) {
    this.schedule = new ZnodeSchedule(znodes.length, share);
    this.#data = znodes.map(({ seed }) => znodeData(seed, 0));
    this.#gets = znodes.map(({ path }) => makeGet(path));
    this.#puts = znodes.map(({ path, seed }) => makePut(path, znodeData(seed, 0)));
    this.frameBytesMax = Math.max(...this.#puts.map(({ bytes }) => bytes.length));
  }

  encode(target: Uint8Array, at: number, streamId: number, operation: number): number {
    const index = this.schedule.indexOf(operation);
    if (!this.schedule.isWrite(operation)) {
      return putCall(target, at, this.#gets[index] as CallTemplate, streamId);
    }
    const put = this.#puts[index] as PutTemplate;
    const size = putCall(target, at, put, streamId);
    putDigits(target, at + put.digitsAt, this.schedule.writesBefore(operation));
    return size;
  }

  check(reply: Uint8Array, operation: number): string | undefined {
    const { schedule } = this;
    if (schedule.isWrite(operation)) {
      return isPutReply(reply) ? undefined : `put ${operation}: not a bare reply`;
    }
    const index = schedule.indexOf(operation);
    const version = schedule.versionOf(index, schedule.writesBefore(operation));
    const data = this.#data[index] as Uint8Array;
    // The put that created the key made it version 1.
    const right = isGetReply(reply, data, schedule.writeOf(index, version), version + 1);
    return right ? undefined : `get ${operation}: not the data that was written`;
  }
}

/** Puts new keys under one prefix: one a call, or several in a transaction. */
export class EtcdCreateWorkload implements Workload {
  readonly frameBytesMax: number;
  readonly #call: CallTemplate;
  readonly #digits: readonly CreateDigits[];
  readonly #isTxn: boolean;

  constructor(prefix: string, seed: number, perTxn: number | undefined) {
    const numbers = Array.from({ length: perTxn ?? 1 }, (_, number) => number);
    const keys = numbers.map((number) => `${prefix}${znodeName(number)}`);
    const puts = keys.map((key) => encodeMessage([1, key], [2, znodeData(seed, 0)]));
    this.#isTxn = perTxn !== undefined;
    this.#call = this.#isTxn
      ? makeCall(Method.txn, encodeMessage(...puts.map((put) => requestOp(put))))
      : makeCall(Method.put, puts[0] as Uint8Array);
    this.#digits = keys.map((key) => findCreateDigits(this.#call.bytes, key));
    this.frameBytesMax = this.#call.bytes.length;
  }

  encode(target: Uint8Array, at: number, streamId: number, operation: number): number {
    const size = putCall(target, at, this.#call, streamId);
    const digits = this.#digits;
    for (let i = 0; i < digits.length; i++) {
      const { nameDigitsAt, dataAt } = digits[i] as CreateDigits;
      const number = operation * digits.length + i;
      putDigits(target, at + nameDigitsAt, number);
      putDigits(target, at + dataAt, number);
    }
    return size;
  }

  check(reply: Uint8Array, operation: number): string | undefined {
    const right = this.#isTxn ? succeeded(reply) === this.#digits.length : isPutReply(reply);
    return right ? undefined : `put ${operation}: not the reply that is due`;
  }
}

/** A put in the list of what a transaction does when its conditions, of which there are none, hold. */
function requestOp(put: Uint8Array): [number, Uint8Array] {
  return [2, encodeMessage([2, put])];
}

/** How many operations of a transaction were done; 0 when it failed. */
function succeeded(message: Uint8Array): number {
  const reply = new MessageReader(message);
  let [isDone, responses] = [false, 0];
  while (reply.next()) {
    if (reply.field === 2) isDone = reply.value === 1;
    if (reply.field === 3) responses++;
  }
  return isDone ? responses : 0;
}
