import { FRAME_HEADER_BYTES } from "./limits.ts";

/**
 * Writes jute's binary encoding (`org.apache.jute.BinaryOutputArchive`) into one growing buffer, any number of
 * frames after each other, so that a batch of replies leaves as one piece.
 */

const encoder = new TextEncoder();
const INITIAL_BYTES = 512;

export class JuteWriter {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Starts a frame; pass the result to {@link endFrame} when its payload is written. */
  beginFrame(): number {
    const at = this.#reserve(FRAME_HEADER_BYTES);
    return at;
  }

  /** Fills in the length of the frame that began at `at`. */
  endFrame(at: number): void {
    this.#putInt(at, this.#length - at - FRAME_HEADER_BYTES);
  }

  /** Forgets everything written after `length`. */
  truncate(length: number): void {
    this.#length = length;
  }

  writeBool(value: boolean): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value ? 1 : 0;
  }

  writeInt(value: number): void {
    this.#putInt(this.#reserve(4), value);
  }

  writeLong(value: number): void {
    const at = this.#reserve(8);
    this.#putInt(at, Math.floor(value / 0x1_0000_0000));
    // ToInt32 keeps exactly the low 32 bits of a safe integer, negative ones included.
    this.#putInt(at + 4, value | 0);
  }

  writeBuffer(value: Uint8Array | null): void {
    if (value === null) {
      this.writeInt(-1);
      return;
    }
    this.writeInt(value.length);
    this.writeBytes(value);
  }

  /** Bytes as they are, without their number. */
  writeBytes(value: Uint8Array): void {
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
  }

  writeString(value: string | null): void {
    if (value === null) {
      this.writeInt(-1);
      return;
    }
    const lengthAt = this.#reserve(4);
    this.writeUtf8(value);
    this.#putInt(lengthAt, this.#length - lengthAt - 4);
  }

  /** The bytes of a string, without their number. */
  writeUtf8(value: string): void {
    // A UTF-16 code unit takes at most three bytes of UTF-8.
    const start = this.#reserve(value.length * 3);
    const written = this.#writeAscii(value, start)
      ? value.length
      : encoder.encodeInto(value, this.#bytes.subarray(start)).written;
    this.#length = start + written;
  }

  writeVector<T>(
    elements: readonly T[] | null,
    writeElement: (writer: JuteWriter, element: T) => void,
  ): void {
    if (elements === null) {
      this.writeInt(-1);
      return;
    }
    this.writeInt(elements.length);
    for (const element of elements) writeElement(this, element);
  }

  /** A copy of everything written, or of what was written from a place on. */
  toBytes(start = 0): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(start, this.#length);
  }

  /** Everything written, handed over; the writer starts again empty, with memory for small replies only. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.toBytes();
    this.#length = 0;
    if (this.#bytes.length > 64 * 1024) this.#bytes = new Uint8Array(INITIAL_BYTES);
    return taken;
  }

  #writeAscii(value: string, start: number): boolean {
    const bytes = this.#bytes;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) return false;
      bytes[start + i] = unit;
    }
    return true;
  }

  #putInt(at: number, value: number): void {
    const bytes = this.#bytes;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
  }

  #reserve(count: number): number {
    const at = this.#length;
    const end = at + count;
    if (end > this.#bytes.length) this.#grow(end);
    this.#length = end;
    return at;
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
