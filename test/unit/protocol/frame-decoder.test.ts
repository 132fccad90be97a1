import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameDecoder } from "../../../src/protocol/frame-decoder.ts";
import { FRAME_BYTES_MAX } from "../../../src/protocol/limits.ts";
import { fromHex, toHex } from "./wire-bytes.ts";

function framed(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(4 + payload.length);
  new DataView(frame.buffer).setInt32(0, payload.length);
  frame.set(payload, 4);
  return frame;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** The stream in chunks, cut at the given places. */
function chunksOf(stream: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = cuts.map((cut) => cut % (stream.length + 1)).toSorted((a, b) => a - b);
  return [0, ...places].map((start, i) => stream.slice(start, places[i] ?? stream.length));
}

function decode(chunks: readonly Uint8Array[], maxBytes?: number): string[] | "refused" {
  const decoder = new FrameDecoder(maxBytes);
  const frames: Uint8Array[] = [];
  for (const chunk of chunks) if (!decoder.push(chunk, frames)) return "refused";
  return frames.map(toHex);
}

const payloads = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 });
const cuts = fc.array(fc.nat(2_000), { maxLength: 30 });

describe("FrameDecoder", () => {
  it("gives the same frames whatever the splits and merges", () => {
    fc.assert(
      fc.property(payloads, cuts, (list, places) => {
        const stream = concat(list.map(framed));
        expect(decode(chunksOf(stream, places))).toEqual(list.map(toHex));
      }),
      { numRuns: 500 },
    );
  });

  it("gives the same frames byte by byte", () => {
    fc.assert(
      fc.property(payloads, (list) => {
        const stream = concat(list.map(framed));
        const bytes = Array.from(stream, (byte) => Uint8Array.of(byte));
        expect(decode(bytes)).toEqual(list.map(toHex));
      }),
    );
  });

  it("gives every frame as soon as its last byte is there, and counts what waits", () => {
    fc.assert(
      fc.property(payloads, cuts, (list, places) => {
        const decoder = new FrameDecoder();
        const frames: Uint8Array[] = [];
        let arrived = 0;
        for (const chunk of chunksOf(concat(list.map(framed)), places)) {
          expect(decoder.push(chunk, frames)).toBe(true);
          arrived += chunk.length;
          let complete = 0;
          let end = 0;
          for (const payload of list) {
            if (end + 4 + payload.length > arrived) break;
            end += 4 + payload.length;
            complete += 1;
          }
          expect(frames.length).toBe(complete);
          expect(decoder.pendingBytes).toBe(arrived - end);
        }
      }),
    );
  });

  it("keeps frames that it gave out intact while it goes on", () => {
    fc.assert(
      fc.property(payloads, cuts, cuts, (list, first, second) => {
        const decoder = new FrameDecoder();
        const stream = concat(list.map(framed));
        const frames: Uint8Array[] = [];
        for (const chunk of chunksOf(stream, first)) decoder.push(chunk, frames);
        const before = frames.map(toHex);
        for (const chunk of chunksOf(stream, second)) decoder.push(chunk, frames);
        expect(frames.map(toHex)).toEqual([...before, ...before]);
      }),
    );
  });

  it("gives frames of length zero", () => {
    expect(decode([fromHex("00000000 00000000")])).toEqual(["", ""]);
    expect(decode([fromHex("0000"), fromHex("0000"), fromHex("00000001 07")])).toEqual(["", "07"]);
  });

  it("takes empty chunks", () => {
    expect(
      decode([fromHex(""), fromHex("0000"), fromHex(""), fromHex("0001 09"), fromHex("")]),
    ).toEqual(["09"]);
  });

  it("waits for the rest of a header", () => {
    for (let size = 0; size < 4; size++) {
      const decoder = new FrameDecoder();
      const frames: Uint8Array[] = [];
      expect(decoder.push(new Uint8Array(size), frames)).toBe(true);
      expect(frames).toEqual([]);
      expect(decoder.pendingBytes).toBe(size);
    }
  });

  it("accepts a frame of exactly the limit and refuses one more byte", () => {
    expect(decode([framed(new Uint8Array(10))], 10)).toHaveLength(1);
    expect(decode([framed(new Uint8Array(11))], 10)).toBe("refused");
    expect(decode([framed(new Uint8Array(FRAME_BYTES_MAX))])).toHaveLength(1);
    expect(decode([framed(new Uint8Array(FRAME_BYTES_MAX + 1))])).toBe("refused");
  });

  it("has jute.maxbuffer as its default limit", () => {
    expect(FRAME_BYTES_MAX).toBe(1_048_575);
  });

  it.each([
    ["one above the limit", "00100000"],
    ["the largest int", "7fffffff"],
    ["-1", "ffffffff"],
    ["the smallest int", "80000000"],
    ["the four letters ruok", "72756f6b"],
    ["GET ", "47455420"],
    ["a TLS hello", "16030102"],
  ])("refuses a length of %s as soon as its four bytes are there", (_, hex) => {
    const header = fromHex(hex);
    expect(decode([header])).toBe("refused");
    const decoder = new FrameDecoder();
    const frames: Uint8Array[] = [];
    for (let i = 0; i < 4; i++) {
      expect(decoder.push(header.subarray(i, i + 1), frames)).toBe(i < 3);
    }
    expect(frames).toEqual([]);
  });

  it("gives the frames in front of a length that it refuses", () => {
    const decoder = new FrameDecoder();
    const frames: Uint8Array[] = [];
    const stream = concat([framed(fromHex("01")), framed(fromHex("0203")), fromHex("ffffffff")]);
    expect(decoder.push(stream, frames)).toBe(false);
    expect(frames.map(toHex)).toEqual(["01", "0203"]);
  });

  it("refuses at the same place whatever the splits", () => {
    fc.assert(
      fc.property(
        payloads,
        cuts,
        fc.integer({ min: 41, max: 2 ** 31 - 1 }),
        (list, places, length) => {
          const header = new Uint8Array(4);
          new DataView(header.buffer).setInt32(0, length);
          const stream = concat([...list.map(framed), header, new Uint8Array(30)]);
          const decoder = new FrameDecoder(40);
          const frames: Uint8Array[] = [];
          const accepted = chunksOf(stream, places).every((chunk) => decoder.push(chunk, frames));
          expect(accepted).toBe(false);
          expect(frames.map(toHex)).toEqual(list.map(toHex));
        },
      ),
    );
  });

  it("keeps no more memory than bytes have arrived, whatever length a frame claims", () => {
    const before = process.memoryUsage().arrayBuffers;
    const decoders = Array.from({ length: 200 }, () => new FrameDecoder());
    for (const decoder of decoders) {
      expect(decoder.push(fromHex("000fffff"), [])).toBe(true);
      expect(decoder.push(new Uint8Array(100), [])).toBe(true);
      expect(decoder.pendingBytes).toBe(104);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });

  it("takes a megabyte in small pieces in little time", () => {
    const payload = new Uint8Array(1_000_000).fill(3);
    const stream = framed(payload);
    const before = performance.now();
    const frames: Uint8Array[] = [];
    const decoder = new FrameDecoder();
    for (let at = 0; at < stream.length; at += 100)
      decoder.push(stream.subarray(at, at + 100), frames);
    expect(frames).toHaveLength(1);
    expect(Buffer.compare(frames[0] ?? new Uint8Array(0), payload)).toBe(0);
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});
