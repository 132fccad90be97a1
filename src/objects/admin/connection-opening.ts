/**
 * How a connection begins: with a frame, or with a four-letter word where the frame's length would be. Read as a
 * length, every word is above a gigabyte, so none can be mistaken for a frame that is allowed.
 */
import { FOUR_LETTER_WORDS, type FourLetterWord, type SaidWord } from "./four-letter-words.ts";

const WORD_BYTES = 4;

/** Bytes of the number that follows `stmk`. */
const TRACE_MASK_BYTES = 8;

export type Opening =
  /** It is not clear yet: more must come. */
  | { readonly kind: "incomplete" }
  /** No word. `bytes` is everything that has come so far. */
  | { readonly kind: "frames"; readonly bytes: Uint8Array }
  /** A word. Whatever follows it, as the line end that telnet sends, is of no interest. */
  | { readonly kind: "word"; readonly said: SaidWord };

export class ConnectionOpening {
  #bytes = new Uint8Array(0);

  /** Takes the next chunk. Of no use any more once this has returned anything but "incomplete". */
  push(chunk: Uint8Array): Opening {
    const bytes = this.#bytes.length === 0 ? chunk : concat(this.#bytes, chunk);
    const opening = read(bytes);
    if (opening.kind === "incomplete") this.#bytes = bytes.slice();
    return opening;
  }
}

function read(bytes: Uint8Array): Opening {
  if (bytes.length < WORD_BYTES) return { kind: "incomplete" };
  const word = WORDS.get(view(bytes).getUint32(0));
  if (word === undefined) return { kind: "frames", bytes };
  if (word !== "stmk") return { kind: "word", said: { word } };
  if (bytes.length < WORD_BYTES + TRACE_MASK_BYTES) return { kind: "incomplete" };
  return { kind: "word", said: { word, traceMask: view(bytes).getBigInt64(WORD_BYTES) } };
}

const WORDS: ReadonlyMap<number, FourLetterWord> = new Map(
  FOUR_LETTER_WORDS.map((word) => [view(new TextEncoder().encode(word)).getUint32(0), word]),
);

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function concat(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}
