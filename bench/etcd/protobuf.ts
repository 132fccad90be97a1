/**
 * Protocol Buffers' encoding, as far as etcd's messages need it: varints and bytes.
 */
const VARINT = 0;
const BYTES = 2;

const encoder = new TextEncoder();

/** One field of a message: its number and its value. Text and messages are bytes. */
export type Field = readonly [number: number, value: number | string | Uint8Array];

export function encodeMessage(...fields: readonly Field[]): Uint8Array {
  const parts: number[] = [];
  for (const [number, value] of fields) {
    if (typeof value === "number") {
      parts.push(...varint(number * 8 + VARINT), ...varint(value));
    } else {
      const bytes = typeof value === "string" ? encoder.encode(value) : value;
      parts.push(...varint(number * 8 + BYTES), ...varint(bytes.length), ...bytes);
    }
  }
  return Uint8Array.from(parts);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  bytes.push(rest);
  return bytes;
}

/** Walks over the fields of a message. What it stands on is read with `value` or `bytes()`. */
export class MessageReader {
  readonly #message: Uint8Array;
  #position = 0;
  #start = 0;
  /** The number of the field that it stands on. */
  field = 0;
  /** Of a varint its value, a safe integer or not exact; of bytes their number. */
  value = 0;

  constructor(message: Uint8Array) {
    this.#message = message;
  }

  /** Goes to the next field; false behind the last one. */
  next(): boolean {
    if (this.#position >= this.#message.length) return false;
    const tag = this.#varint();
    this.field = tag >>> 3;
    const type = tag & 7;
    if (type !== VARINT && type !== BYTES) throw new RangeError(`a field of type ${type}`);
    this.value = this.#varint();
    this.#start = this.#position;
    if (type === BYTES) this.#position += this.value;
    if (this.#position > this.#message.length) throw new RangeError("a message cut short");
    return true;
  }

  /** The bytes that it stands on, which share the message's memory. */
  bytes(): Uint8Array {
    return this.#message.subarray(this.#start, this.#position);
  }

  #varint(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.#message[this.#position++];
      if (byte === undefined) throw new RangeError("a number cut short");
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
  }
}
