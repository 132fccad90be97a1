/**
 * Reads jute's binary encoding (`org.apache.jute.BinaryInputArchive`) from one frame.
 *
 * Every read checks its bounds and throws {@link JuteError}, and nothing else, on bytes that are not a valid
 * encoding: callers turn that into a marshalling error in one place. A 64-bit value beyond the safe integers
 * loses its low bits; this project never issues one, so such a value can only be foreign and equals none of ours.
 */

/** The bytes are not what the protocol says they should be. */
export class JuteError extends Error {
  override name = "JuteError";
}

const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** Strings up to this length are tried as ASCII without a call into the decoder. */
const SHORT_STRING_BYTES = 64;

export class JuteReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  readBool(): boolean {
    return this.#bytes[this.#advance(1)] !== 0;
  }

  readInt(): number {
    const bytes = this.#bytes;
    const at = this.#advance(4);
    return (
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
    );
  }

  readLong(): number {
    const high = this.readInt();
    return high * 0x1_0000_0000 + (this.readInt() >>> 0);
  }

  /** A byte array, or null for length -1. The result shares the frame's memory: copy what must outlive it. */
  readBuffer(): Uint8Array | null {
    const length = this.#readLength();
    if (length < 0) return null;
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** A string, or null for length -1. Invalid UTF-8 becomes U+FFFD, as in Java. */
  readNullableString(): string | null {
    const length = this.#readLength();
    if (length < 0) return null;
    const at = this.#advance(length);
    return decodeUtf8(this.#bytes, at, at + length);
  }

  /** A string that the protocol does not allow to be null. */
  readString(): string {
    const value = this.readNullableString();
    if (value === null) throw new JuteError("null where a string is required");
    return value;
  }

  /** Skips exactly these bytes; false, and nothing skipped, when others come next. */
  skip(expected: Uint8Array): boolean {
    const start = this.#position;
    if (expected.length > this.remaining) return false;
    for (let i = 0; i < expected.length; i++) {
      if (this.#bytes[start + i] !== expected[i]) return false;
    }
    this.#position = start + expected.length;
    return true;
  }

  /** A vector, or null for a count of -1; `readElement` is called once per element. */
  readVector<T>(readElement: (reader: JuteReader) => T): T[] | null {
    const count = this.readInt();
    if (count === -1) return null;
    const elements: T[] = [];
    // The count is the peer's word only: memory grows with the elements that are really there.
    for (let i = 0; i < count; i++) elements.push(readElement(this));
    return elements;
  }

  #readLength(): number {
    const length = this.readInt();
    if (length < -1) throw new JuteError(`negative length ${length}`);
    return length;
  }

  #advance(count: number): number {
    const at = this.#position;
    if (at + count > this.#bytes.length) {
      throw new JuteError(`${count} bytes wanted, ${this.#bytes.length - at} left`);
    }
    this.#position = at + count;
    return at;
  }
}

/** A list of units for each length, used again and again. */
const unitsByLength: number[][] = [];

function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length > SHORT_STRING_BYTES) return decoder.decode(bytes.subarray(start, end));
  // One call for all units: adding them one by one makes a rope, which costs again when it is first looked up.
  const units = (unitsByLength[length] ??= Array.from({ length }, () => 0));
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i] as number;
    if (byte > 0x7f) return decoder.decode(bytes.subarray(start, end));
    units[i] = byte;
  }
  return String.fromCharCode.apply(null, units);
}
