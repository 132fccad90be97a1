/** Ways to spoil bytes. Each takes some and gives others; none knows what they mean. */
import type { Random } from "../process/support/random.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Mutation = (bytes: Bytes, random: Random, other: () => Bytes) => Bytes;

/** Numbers that a length, a count, a type or a version may be, and better is not. */
const INTERESTING =
  "-1 -2 0 1 2 3 4 5 7 8 13 14 15 16 20 22 100 101 102 105 106 107 127 128 255 256 65535 65536 1048575 1048576 2147483647 -2147483648 -10 -11"
    .split(" ")
    .map(Number);

/** Invalid UTF-8, surrogates, an overlong zero, a byte order mark, and what a path may not have. */
const TEXTS = [
  "ff",
  "c080",
  "eda080",
  "efbbbf",
  "00",
  "2f2f",
  "2f2e2e",
  "f09f9880",
  "2f",
  "efbfbd",
];

const mutations: readonly Mutation[] = [
  function flipBit(bytes, random) {
    return withByte(bytes, random, (byte) => byte ^ (1 << random.below(8)));
  },
  function flipBit(bytes, random) {
    return withByte(bytes, random, (byte) => byte ^ (1 << random.below(8)));
  },
  function changeByte(bytes, random) {
    return withByte(bytes, random, () => random.below(256));
  },
  function changeNumber(bytes, random) {
    return withNumber(bytes, random.below(bytes.length), random.pick(INTERESTING) ?? 0);
  },
  function changeAlignedNumber(bytes, random) {
    return withNumber(bytes, random.below(bytes.length >> 2) * 4, random.pick(INTERESTING) ?? 0);
  },
  function changeType(bytes, random) {
    const types = [
      ...Array.from({ length: 24 }, (_, i) => i),
      100,
      101,
      102,
      103,
      104,
      105,
      106,
      107,
    ];
    return withNumber(bytes, 4, random.pick(types) ?? 0);
  },
  function truncate(bytes, random) {
    return bytes.slice(0, random.below(bytes.length + 1));
  },
  function extend(bytes, random) {
    return join(
      bytes,
      Uint8Array.from({ length: random.below(24) }, () => random.below(256)),
    );
  },
  function remove(bytes, random) {
    const [from, to] = range(bytes, random);
    return join(bytes.slice(0, from), bytes.slice(to));
  },
  function repeat(bytes, random) {
    const [from, to] = range(bytes, random);
    return join(bytes.slice(0, to), bytes.slice(from));
  },
  function insertText(bytes, random) {
    const at = random.below(bytes.length + 1);
    const text = Uint8Array.from(Buffer.from(random.pick(TEXTS) ?? "", "hex"));
    return join(bytes.slice(0, at), text, bytes.slice(at));
  },
  function splice(bytes, random, other) {
    const rest = other();
    return join(
      bytes.slice(0, random.below(bytes.length + 1)),
      rest.slice(random.below(rest.length)),
    );
  },
  function swapBodies(bytes, _random, other) {
    return join(bytes.slice(0, 8), other().slice(8));
  },
];

/** One time in so many, a part of a frame is repeated until the frame is large. */
const LARGE_ONE_IN = 2_000;
const LARGE_BYTES_MAX = 0xfffff;

/** Spoils a frame in one to four ways. */
export function mutate(frame: Bytes, random: Random, other: () => Bytes): Bytes {
  let bytes = frame;
  for (let left = 1 + random.below(4); left > 0 && bytes.length > 0; left--) {
    const mutation = random.pick(mutations);
    if (mutation !== undefined) bytes = mutation(bytes, random, other);
  }
  return random.below(LARGE_ONE_IN) === 0 ? enlarge(bytes, random) : bytes;
}

function enlarge(bytes: Bytes, random: Random): Bytes {
  const [from, to] = range(bytes, random);
  const part = bytes.slice(from, to);
  if (part.length === 0) return bytes;
  const times = Math.floor((LARGE_BYTES_MAX - bytes.length) / part.length);
  return join(bytes.slice(0, to), Buffer.alloc(times * part.length, part), bytes.slice(to));
}

function withByte(bytes: Bytes, random: Random, change: (byte: number) => number): Bytes {
  const changed = bytes.slice();
  const at = random.below(bytes.length);
  changed[at] = change(changed[at] ?? 0);
  return changed;
}

function withNumber(bytes: Bytes, at: number, value: number): Bytes {
  if (at + 4 > bytes.length) return bytes;
  const changed = bytes.slice();
  new DataView(changed.buffer).setInt32(at, value);
  return changed;
}

function range(bytes: Bytes, random: Random): [from: number, to: number] {
  const from = random.below(bytes.length + 1);
  return [from, from + random.below(Math.min(bytes.length - from, 64) + 1)];
}

export function join(...parts: readonly Uint8Array[]): Bytes {
  return Uint8Array.from(Buffer.concat(parts));
}
