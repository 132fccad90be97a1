/**
 * Keys that are named after the znodes of the other scenarios, and hold the same data: calls on them as templates, and
 * what they answer.
 */
import { DIGITS, hasBytesAt, putDigits } from "../bytes.ts";
import { DATA_BYTES } from "../znode.ts";
import { Method } from "./etcd-control.ts";
import { type CallTemplate, makeCall } from "./grpc-frames.ts";
import { encodeMessage, MessageReader } from "./protobuf.ts";

export interface PutTemplate extends CallTemplate {
  /** Where the ten digits of the data stand. */
  readonly digitsAt: number;
}

export function makePut(key: string, data: Uint8Array): PutTemplate {
  // The value is the message's last field, so its bytes are its last bytes.
  const call = makeCall(Method.put, encodeMessage([1, key], [2, data]));
  return { ...call, digitsAt: call.bytes.length - data.length };
}

export function makeGet(key: string): CallTemplate {
  return makeCall(Method.range, encodeMessage([1, key]));
}

/** A PutResponse has a header, and nothing else when it was not asked for more. */
export function isPutReply(message: Uint8Array): boolean {
  return message[0] === 0x0a && message.length > 2 && message.length === 2 + (message[1] as number);
}

/** Whether a RangeResponse holds one key with just this data, of the write with this number, and this version. */
export function isGetReply(
  message: Uint8Array,
  data: Uint8Array,
  write: number,
  version: number,
): boolean {
  putDigits(data, 0, write);
  const reply = new MessageReader(message);
  let found = 0;
  while (reply.next()) {
    if (reply.field !== 2) continue;
    found++;
    const keyValue = new MessageReader(reply.bytes());
    let [isData, isVersion] = [false, false];
    while (keyValue.next()) {
      if (keyValue.field === 4) isVersion = keyValue.value === version;
      if (keyValue.field === 5) {
        isData = keyValue.value === DATA_BYTES && hasBytesAt(keyValue.bytes(), 0, data);
      }
    }
    if (!isData || !isVersion) return false;
  }
  return found === 1;
}

/** Where the digits of a name end in a call, and where those of the data behind it begin. */
export interface CreateDigits {
  readonly nameDigitsAt: number;
  readonly dataAt: number;
}

/** Of a key that is once in `bytes`, with its data behind it. */
export function findCreateDigits(bytes: Uint8Array, key: string): CreateDigits {
  const { buffer, byteOffset, length } = bytes;
  const endAt = Buffer.from(buffer, byteOffset, length).indexOf(key) + key.length;
  // Between them the tag of the value's field and its length, a byte each.
  return { nameDigitsAt: endAt - DIGITS, dataAt: endAt + 2 };
}
