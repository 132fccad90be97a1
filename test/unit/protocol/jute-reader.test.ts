import { describe, expect, it } from "vitest";
import { JuteError, JuteReader } from "../../../src/protocol/jute-reader.ts";
import { fromHex, readerOf } from "./wire-bytes.ts";

describe("JuteReader: ints, longs and bools", () => {
  it.each([
    ["00000000", 0],
    ["00000001", 1],
    ["7fffffff", 2_147_483_647],
    ["80000000", -2_147_483_648],
    ["ffffffff", -1],
    ["ffffff9b", -101],
    ["01020304", 0x01020304],
  ])("reads int %s as %d", (hex, value) => {
    expect(readerOf(hex).readInt()).toBe(value);
  });

  it.each([
    ["0000000000000000", 0],
    ["0000000000000001", 1],
    ["ffffffffffffffff", -1],
    ["fffffffffffffffe", -2],
    ["00000000ffffffff", 2 ** 32 - 1],
    ["0000000100000000", 2 ** 32],
    ["0000000080000000", 2 ** 31],
    ["ffffffff80000000", -(2 ** 31)],
    ["ffffffff00000000", -(2 ** 32)],
    ["001fffffffffffff", Number.MAX_SAFE_INTEGER],
    ["ffe0000000000001", Number.MIN_SAFE_INTEGER],
    ["000001a20a406816", 1_795_468_322_838],
  ])("reads long %s as %d", (hex, value) => {
    expect(readerOf(hex).readLong()).toBe(value);
  });

  it("reads a long beyond the safe integers as the nearest number, which is none of ours", () => {
    const value = readerOf("0100002716b90002").readLong();
    expect(value).toBe(Number(0x0100002716b90002n));
    expect(Number.isSafeInteger(value)).toBe(false);
    expect(readerOf("7fffffffffffffff").readLong()).toBe(2 ** 63);
    expect(readerOf("8000000000000000").readLong()).toBe(-(2 ** 63));
  });

  it.each(["01", "02", "80", "ff"])("reads byte %s as true", (hex) => {
    expect(readerOf(hex).readBool()).toBe(true);
  });

  it("reads byte 00 as false", () => {
    expect(readerOf("00").readBool()).toBe(false);
  });

  it("reads one value behind the other and says what remains", () => {
    const reader = readerOf("00000007 01 ffffffffffffffff");
    expect(reader.remaining).toBe(13);
    expect(reader.readInt()).toBe(7);
    expect(reader.remaining).toBe(9);
    expect(reader.readBool()).toBe(true);
    expect(reader.readLong()).toBe(-1);
    expect(reader.remaining).toBe(0);
  });

  it("reads from a view into the middle of a larger buffer", () => {
    const whole = fromHex("aaaaaaaa 00000005 bbbbbbbb");
    const reader = new JuteReader(whole.subarray(4, 8));
    expect(reader.readInt()).toBe(5);
    expect(() => reader.readBool()).toThrow(JuteError);
  });
});

describe("JuteReader: buffers", () => {
  it("tells null from empty", () => {
    expect(readerOf("ffffffff").readBuffer()).toBeNull();
    expect(readerOf("00000000").readBuffer()).toEqual(new Uint8Array(0));
  });

  it("reads the bytes of a buffer and stops behind them", () => {
    const reader = readerOf("00000003 616263 05");
    expect(reader.readBuffer()).toEqual(fromHex("616263"));
    expect(reader.remaining).toBe(1);
  });

  it("shares the memory of the frame", () => {
    const frame = fromHex("00000001 61");
    const buffer = new JuteReader(frame).readBuffer();
    frame[4] = 0x62;
    expect(buffer).toEqual(fromHex("62"));
  });
});

describe("JuteReader: strings", () => {
  it("tells null from empty", () => {
    expect(readerOf("ffffffff").readNullableString()).toBeNull();
    expect(readerOf("00000000").readNullableString()).toBe("");
    expect(readerOf("00000000").readString()).toBe("");
  });

  it("refuses null where a string is required", () => {
    expect(() => readerOf("ffffffff").readString()).toThrow(JuteError);
  });

  it.each([
    ["ASCII", "/a b~\u0000\u007f"],
    ["two-byte characters", "żółw"],
    ["three-byte characters", "中文\uffef"],
    ["four-byte characters", "a😀b"],
    ["a byte order mark, which is a character like any other", "\ufeffx"],
    ["64 ASCII bytes", "x".repeat(64)],
    ["65 ASCII bytes", "x".repeat(65)],
    ["64 bytes that are not ASCII", "é".repeat(32)],
    ["non-ASCII at the end of 64 bytes", `${"x".repeat(62)}é`],
    ["many bytes", "ab中".repeat(5_000)],
  ])("reads %s", (_, text) => {
    const encoded = new TextEncoder().encode(text);
    const frame = new Uint8Array(4 + encoded.length);
    new DataView(frame.buffer).setInt32(0, encoded.length);
    frame.set(encoded, 4);
    expect(new JuteReader(frame).readString()).toBe(text);
  });

  it.each([
    ["ff", "\ufffd"],
    ["fffe", "\ufffd\ufffd"],
    ["c3", "\ufffd"],
    ["2fc3", "/\ufffd"],
    ["c080", "\ufffd\ufffd"],
    ["61ff62", "a\ufffdb"],
  ])("reads invalid UTF-8 %s as replacement characters", (hex, text) => {
    const length = (hex.length / 2).toString(16).padStart(8, "0");
    expect(readerOf(length + hex).readString()).toBe(text);
  });

  it("reads invalid UTF-8 in a long string as replacement characters", () => {
    const hex = `${"61".repeat(100)}ff`;
    expect(readerOf(`00000065${hex}`).readString()).toBe(`${"a".repeat(100)}\ufffd`);
  });

  it("reads an encoded surrogate as characters that no path may have", () => {
    expect(readerOf("00000003 eda080").readString()).toMatch(/^\ufffd+$/);
  });
});

function readInts(hex: string): number[] | null {
  return readerOf(hex).readVector((r) => r.readInt());
}

describe("JuteReader: vectors", () => {
  it("tells null from empty", () => {
    expect(readInts("ffffffff")).toBeNull();
    expect(readInts("00000000")).toEqual([]);
  });

  it("reads as many elements as it says", () => {
    expect(readInts("00000003 00000001 00000002 ffffffff 00000009")).toEqual([1, 2, -1]);
  });

  it("reads a count below -1 as empty, as ZooKeeper does", () => {
    expect(readInts("fffffffe")).toEqual([]);
    expect(readInts("80000000")).toEqual([]);
  });

  it("refuses a count that is larger than what follows, at once and without the memory for it", () => {
    const before = performance.now();
    expect(() => readInts("7fffffff 00000001")).toThrow(JuteError);
    expect(() => readInts("00000002 00000001")).toThrow(JuteError);
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  it("reads vectors of strings with nulls in them", () => {
    const vector = readerOf("00000002 00000001 61 ffffffff").readVector((r) =>
      r.readNullableString(),
    );
    expect(vector).toEqual(["a", null]);
  });
});

describe("JuteReader: bounds", () => {
  const reads: [string, (reader: JuteReader) => unknown][] = [
    ["readInt", (r) => r.readInt()],
    ["readLong", (r) => r.readLong()],
    ["readBool", (r) => r.readBool()],
    ["readBuffer", (r) => r.readBuffer()],
    ["readString", (r) => r.readString()],
    ["readNullableString", (r) => r.readNullableString()],
    ["readVector", (r) => r.readVector((element) => element.readInt())],
  ];

  it.each(reads)("%s throws JuteError where there is nothing", (_, read) => {
    expect(() => read(readerOf(""))).toThrow(JuteError);
  });

  it.each(reads.filter(([name]) => name !== "readBool"))(
    "%s throws JuteError where there is too little",
    (_, read) => {
      expect(() => read(readerOf("000000"))).toThrow(JuteError);
    },
  );

  it.each(["fffffffe", "80000000", "ffffff00"])("refuses the negative length %s", (hex) => {
    expect(() => readerOf(hex).readBuffer()).toThrow(JuteError);
    expect(() => readerOf(hex).readString()).toThrow(JuteError);
    expect(() => readerOf(hex).readNullableString()).toThrow(JuteError);
  });

  it.each(["00000001", "00000003 6162", "7fffffff 61", "000003e8 2f61"])(
    "refuses the length of %s, which is beyond the end",
    (hex) => {
      expect(() => readerOf(hex).readBuffer()).toThrow(JuteError);
      expect(() => readerOf(hex).readString()).toThrow(JuteError);
    },
  );

  it("has a name of its own for the error", () => {
    expect(new JuteError("x").name).toBe("JuteError");
    expect(new JuteError("x")).toBeInstanceOf(Error);
  });
});
