import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ConnectionOpening,
  type Opening,
} from "../../../../src/objects/admin/connection-opening.ts";
import { FOUR_LETTER_WORDS } from "../../../../src/objects/admin/four-letter-words.ts";
import { FRAME_BYTES_MAX } from "../../../../src/protocol/limits.ts";

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** What is made of a connection's first bytes when they come in these pieces. */
function open(...chunks: readonly Uint8Array[]): Opening {
  const opening = new ConnectionOpening();
  let result: Opening = { kind: "incomplete" };
  for (const chunk of chunks) {
    result = opening.push(chunk);
    if (result.kind !== "incomplete") break;
  }
  return result;
}

const TRACE_MASK = "\0\0\0\0\0\0\x01\x02";

describe("a connection's first bytes", () => {
  it.each(FOUR_LETTER_WORDS.filter((word) => word !== "stmk"))("are the word %s", (word) => {
    for (const end of ["", "\n", "\r\n", " and whatever"]) {
      expect(open(bytes(word + end))).toEqual({ kind: "word", said: { word } });
    }
  });

  it("are a word whose number follows it", () => {
    const said = { word: "stmk", traceMask: 0x102n };
    expect(open(bytes(`stmk${TRACE_MASK}`))).toEqual({ kind: "word", said });
    expect(open(bytes(`stmk${TRACE_MASK}\n`))).toEqual({ kind: "word", said });
    expect(open(bytes(`stmk${TRACE_MASK}`).subarray(0, 11))).toEqual({ kind: "incomplete" });
    const negative = open(bytes(`stmk${"\xff".repeat(8)}`));
    expect(negative).toEqual({ kind: "word", said: { word: "stmk", traceMask: -1n } });
  });

  it("are the same in whatever pieces they come", () => {
    const texts = ["srvr\r\n", `stmk${TRACE_MASK}`, "\0\0\0\x01x"];
    const cuts = fc.array(fc.nat(12), { maxLength: 5 });
    fc.assert(
      fc.property(fc.constantFrom(...texts), cuts, (text, places) => {
        const sorted = places.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b);
        const chunks = [0, ...sorted].map((start, i) => bytes(text).slice(start, sorted[i]));
        const result = open(...chunks);
        const whole = open(bytes(text));
        if (whole.kind !== "frames") expect(result).toEqual(whole);
        // Of frames, what has come so far goes on to the decoder.
        else
          expect(result.kind === "frames" && [...result.bytes]).toEqual(
            [...bytes(text)].slice(0, result.kind === "frames" ? result.bytes.length : 0),
          );
      }),
    );
  });

  it("are no word when they are near one", () => {
    for (const text of ["ruoK", "RUOK", "ruo\n", "srv\0", "stmK", "\0\0\0-"]) {
      expect(open(bytes(text)).kind, text).toBe("frames");
    }
  });

  it("do not keep what the runtime may use again", () => {
    const opening = new ConnectionOpening();
    const first = bytes("ru");
    expect(opening.push(first)).toEqual({ kind: "incomplete" });
    first.fill(0);
    expect(opening.push(bytes("ok"))).toEqual({ kind: "word", said: { word: "ruok" } });
  });

  it("read as a length, no word is one that a frame may have", () => {
    for (const word of FOUR_LETTER_WORDS) {
      const length = new DataView(bytes(word).buffer as ArrayBuffer).getInt32(0);
      expect(length).toBeGreaterThan(FRAME_BYTES_MAX);
    }
  });
});
