/**
 * The znodes of the benchmark: names of one width, 100 bytes of data that tell which znode and which write they are of.
 */
import { Perms } from "../src/protocol/op-code.ts";
import type { ACL } from "../src/protocol/records.ts";
import { DIGITS, putDigits } from "./bytes.ts";

export const DATA_BYTES = 100;

export const OPEN_ACL: readonly ACL[] = [
  { perms: Perms.all, id: { scheme: "world", id: "anyone" } },
];

/** The name of one width that {@link putDigits} then changes in place. */
export function znodeName(number: number): string {
  return `n${String(number).padStart(DIGITS, "0")}`;
}

/** Data of a znode: the number of the write that it is of, then bytes that only this znode has. */
export function znodeData(seed: number, write: number): Uint8Array {
  const data = new Uint8Array(DATA_BYTES);
  putDigits(data, 0, write);
  let state = (seed + 1) * 2_654_435_761;
  for (let i = DIGITS; i < DATA_BYTES; i++) {
    // Xorshift: a different run of bytes for every seed, and the same one at every call.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data[i] = state;
  }
  return data;
}
