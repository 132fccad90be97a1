import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JuteReader } from "../../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import { fromHex, toHex, written } from "./wire-bytes.ts";

function writtenInts(list: readonly number[] | null): string {
  return written((w) => w.writeVector(list, (writer, value) => writer.writeInt(value)));
}

describe("JuteWriter: every type", () => {
  it.each([
    [0, "00000000"],
    [1, "00000001"],
    [-1, "ffffffff"],
    [-101, "ffffff9b"],
    [2_147_483_647, "7fffffff"],
    [-2_147_483_648, "80000000"],
  ])("writes int %d as %s", (value, hex) => {
    expect(written((w) => w.writeInt(value))).toBe(hex);
  });

  it.each([
    [0, "0000000000000000"],
    [1, "0000000000000001"],
    [-1, "ffffffffffffffff"],
    [-2, "fffffffffffffffe"],
    [2 ** 31, "0000000080000000"],
    [2 ** 32 - 1, "00000000ffffffff"],
    [2 ** 32, "0000000100000000"],
    [-(2 ** 31), "ffffffff80000000"],
    [-(2 ** 32), "ffffffff00000000"],
    [-(2 ** 32) - 1, "fffffffeffffffff"],
    [Number.MAX_SAFE_INTEGER, "001fffffffffffff"],
    [Number.MIN_SAFE_INTEGER, "ffe0000000000001"],
    [1_795_468_322_838, "000001a20a406816"],
  ])("writes long %d as %s", (value, hex) => {
    expect(written((w) => w.writeLong(value))).toBe(hex);
  });

  it("writes bools as one byte", () => {
    expect(written((w) => w.writeBool(true))).toBe("01");
    expect(written((w) => w.writeBool(false))).toBe("00");
  });

  it("writes null and empty buffers differently", () => {
    expect(written((w) => w.writeBuffer(null))).toBe("ffffffff");
    expect(written((w) => w.writeBuffer(new Uint8Array(0)))).toBe("00000000");
    expect(written((w) => w.writeBuffer(fromHex("00ff10")))).toBe("0000000300ff10");
  });

  it("copies a buffer: changing it afterwards changes nothing", () => {
    const buffer = fromHex("6162");
    const writer = new JuteWriter();
    writer.writeBuffer(buffer);
    buffer[0] = 0;
    expect(toHex(writer.toBytes())).toBe("000000026162");
  });

  it("writes null and empty strings differently", () => {
    expect(written((w) => w.writeString(null))).toBe("ffffffff");
    expect(written((w) => w.writeString(""))).toBe("00000000");
  });

  it.each([
    ["/a", "000000022f61"],
    ["é", "00000002c3a9"],
    ["中", "00000003e4b8ad"],
    ["😀", "00000004f09f9880"],
    ["aé", "0000000361c3a9"],
    ["\ufffd", "00000003efbfbd"],
    ["\ud800", "00000003efbfbd"],
    ["\u0000", "0000000100"],
  ])("writes the string %j as %s", (text, hex) => {
    expect(written((w) => w.writeString(text))).toBe(hex);
  });

  it("writes null and empty vectors differently", () => {
    expect(writtenInts(null)).toBe("ffffffff");
    expect(writtenInts([])).toBe("00000000");
    expect(writtenInts([1, -1])).toBe("0000000200000001ffffffff");
  });

  it("goes on behind a non-ASCII string exactly where it ended", () => {
    const hex = written((w) => {
      w.writeString("中é");
      w.writeInt(5);
      w.writeString("a");
    });
    expect(hex).toBe("00000005e4b8adc3a9000000050000000161");
  });
});

describe("JuteWriter: frames and memory", () => {
  it("puts the length in front of a frame", () => {
    const hex = written((w) => {
      const first = w.beginFrame();
      w.writeInt(1);
      w.writeBool(true);
      w.endFrame(first);
      w.endFrame(w.beginFrame());
    });
    expect(hex).toBe("00000005000000010100000000");
  });

  it("forgets what was written after a length", () => {
    const writer = new JuteWriter();
    writer.writeInt(1);
    const mark = writer.length;
    writer.writeString("gone");
    writer.truncate(mark);
    writer.writeInt(2);
    expect(toHex(writer.toBytes())).toBe("0000000100000002");
  });

  it("hands over its bytes and starts again empty", () => {
    const writer = new JuteWriter();
    writer.writeInt(1);
    const taken = writer.take();
    expect(writer.length).toBe(0);
    writer.writeInt(2);
    expect(toHex(taken)).toBe("00000001");
    expect(toHex(writer.take())).toBe("00000002");
    expect(writer.take().length).toBe(0);
  });

  it("starts again empty also after a large batch", () => {
    const writer = new JuteWriter();
    const large = new Uint8Array(300_000).fill(7);
    writer.writeBuffer(large);
    expect(writer.take().length).toBe(300_004);
    writer.writeInt(9);
    expect(toHex(writer.take())).toBe("00000009");
  });

  it("grows for a buffer that is larger than all of its memory, and has all of its bytes", () => {
    for (const size of [500, 509, 600, 5_000, 300_000]) {
      const value = Uint8Array.from({ length: size }, (_, i) => i % 251);
      const writer = new JuteWriter();
      writer.writeInt(7);
      writer.writeBuffer(value);
      const reader = new JuteReader(writer.toBytes());
      expect(reader.readInt()).toBe(7);
      expect(Buffer.compare(reader.readBuffer() ?? new Uint8Array(0), value)).toBe(0);
    }
  });

  it("gives copies: bytes taken earlier do not change", () => {
    const writer = new JuteWriter();
    writer.writeInt(1);
    const copy = writer.toBytes();
    writer.truncate(0);
    writer.writeInt(2);
    expect(toHex(copy)).toBe("00000001");
  });

  it.each([511, 512, 513, 508, 1_023, 1_024, 5_000, 70_000])(
    "grows past %d bytes without losing any",
    (size) => {
      const writer = new JuteWriter();
      for (let i = 0; i < size; i++) writer.writeBool(i % 3 === 0);
      writer.writeString("é".repeat(size));
      writer.writeLong(-5);
      const bytes = writer.toBytes();
      expect(bytes.length).toBe(size + 4 + 2 * size + 8);
      const reader = new JuteReader(bytes);
      for (let i = 0; i < size; i++) if (reader.readBool() !== (i % 3 === 0)) expect.fail(`${i}`);
      expect(reader.readString()).toBe("é".repeat(size));
      expect(reader.readLong()).toBe(-5);
      expect(reader.remaining).toBe(0);
    },
  );
});

type Value =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "long"; readonly value: number }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "string"; readonly value: string | null }
  | { readonly kind: "buffer"; readonly value: Uint8Array | null }
  | { readonly kind: "strings"; readonly value: readonly (string | null)[] | null };

const anyString = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 100 }),
  fc.string({ maxLength: 200 }),
);
const anyValue: fc.Arbitrary<Value> = fc.oneof(
  fc.record({ kind: fc.constant("int" as const), value: fc.integer() }),
  fc.record({ kind: fc.constant("long" as const), value: fc.maxSafeInteger() }),
  fc.record({ kind: fc.constant("bool" as const), value: fc.boolean() }),
  fc.record({ kind: fc.constant("string" as const), value: fc.option(anyString) }),
  fc.record({ kind: fc.constant("buffer" as const), value: fc.option(fc.uint8Array()) }),
  fc.record({
    kind: fc.constant("strings" as const),
    value: fc.option(fc.array(fc.option(anyString), { maxLength: 8 })),
  }),
);

function write(writer: JuteWriter, entry: Value): void {
  if (entry.kind === "int") writer.writeInt(entry.value);
  else if (entry.kind === "long") writer.writeLong(entry.value);
  else if (entry.kind === "bool") writer.writeBool(entry.value);
  else if (entry.kind === "string") writer.writeString(entry.value);
  else if (entry.kind === "buffer") writer.writeBuffer(entry.value);
  else if (entry.kind === "strings") {
    writer.writeVector(entry.value, (w, element) => w.writeString(element));
  }
}

function read(reader: JuteReader, kind: Value["kind"]): unknown {
  if (kind === "int") return reader.readInt();
  if (kind === "long") return reader.readLong();
  if (kind === "bool") return reader.readBool();
  if (kind === "string") return reader.readNullableString();
  if (kind === "buffer") return reader.readBuffer();
  return reader.readVector((r) => r.readNullableString());
}

describe("JuteWriter: bytes for other uses", () => {
  it("writes the bytes of a string alone", () => {
    expect(written((w) => w.writeUtf8("aü€"))).toBe("61c3bce282ac");
    expect(written((w) => w.writeUtf8(""))).toBe("");
  });
});

describe("JuteWriter and JuteReader together", () => {
  it("read back any sequence of values as it was written", () => {
    fc.assert(
      fc.property(fc.array(anyValue, { maxLength: 60 }), (values) => {
        const writer = new JuteWriter();
        for (const entry of values) write(writer, entry);
        const reader = new JuteReader(writer.toBytes());
        for (const { kind, value } of values) expect(read(reader, kind)).toEqual(value);
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  it("write every safe integer as a 64-bit two's complement", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const expected = BigInt.asUintN(64, BigInt(value)).toString(16).padStart(16, "0");
        expect(written((w) => w.writeLong(value))).toBe(expected);
      }),
    );
  });
});
