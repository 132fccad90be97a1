/**
 * How a number is written into a znode.
 */

/** What stands in a counter's znode is no number, or one that cannot be counted with here. */
export class CounterDataError extends Error {
  readonly path: string;

  constructor(path: string, problem: string) {
    super(`${problem}: ${path}`);
    this.name = "CounterDataError";
    this.path = path;
  }
}

/** A counter would have left its range; it was not changed. */
export class CounterRangeError extends RangeError {
  readonly path: string;

  constructor(path: string, value: number, { min, max }: CounterFormat) {
    super(`${value} is not an integer from ${min} to ${max}: ${path}`);
    this.name = "CounterRangeError";
    this.path = path;
  }
}

export interface CounterFormat {
  readonly min: number;
  readonly max: number;
  encode(value: number): Uint8Array;
  /** Undefined when it is not of this format. */
  decode(data: Uint8Array): number | undefined;
}

const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number;

const text: CounterFormat = {
  min: MIN_SAFE_INTEGER,
  max: MAX_SAFE_INTEGER,
  encode: (value) => new TextEncoder().encode(String(value)),
  decode: (data) => {
    const digits = new TextDecoder().decode(data);
    return /^[+-]?\d+$/.test(digits) ? Number(digits) : undefined;
  },
};

const int32: CounterFormat = {
  min: -(2 ** 31),
  max: 2 ** 31 - 1,
  encode: (value) => {
    const data = new Uint8Array(4);
    viewOf(data).setInt32(0, value);
    return data;
  },
  decode: (data) => (data.length === 4 ? viewOf(data).getInt32(0) : undefined),
};

const int64: CounterFormat = {
  min: MIN_SAFE_INTEGER,
  max: MAX_SAFE_INTEGER,
  encode: (value) => {
    const data = new Uint8Array(8);
    viewOf(data).setBigInt64(0, BigInt(value));
    return data;
  },
  decode: (data) => (data.length === 8 ? Number(viewOf(data).getBigInt64(0)) : undefined),
};

/** By the names that users choose them by. */
export const COUNTER_FORMATS = { text, int32, int64 } as const;

function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}
