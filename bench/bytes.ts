/**
 * Bytes read and written in place. Encoding and checking one request must cost next to nothing: on a small machine
 * the generator's processor time is taken from the server that it measures.
 */

/** Width of every number that {@link putDigits} writes, that of ZooKeeper's own sequence suffix. */
export const DIGITS = 10;

export function readInt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

/** A 64-bit value that is a safe integer. */
export function readLong(bytes: Uint8Array, at: number): number {
  return readInt(bytes, at) * 0x1_0000_0000 + (readInt(bytes, at + 4) >>> 0);
}

export function putInt(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Writes `value` in {@link DIGITS} decimal digits, with leading zeros. */
export function putDigits(bytes: Uint8Array, at: number, value: number): void {
  let rest = value;
  for (let i = at + DIGITS - 1; i >= at; i--) {
    const next = Math.trunc(rest / 10);
    bytes[i] = 48 + (rest - next * 10);
    rest = next;
  }
}

/** Whether `expected` stands in `bytes` at `at`. */
export function hasBytesAt(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  const { length } = expected;
  if (bytes.length - at < length) return false;
  for (let i = 0; i < length; i++) if (bytes[at + i] !== expected[i]) return false;
  return true;
}
