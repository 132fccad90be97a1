import { describe, expect, test } from "vitest";
import {
  encodeMessage,
  MessageDecoder,
  WebSocketOpcode,
} from "../../../bench/web-socket-messages.ts";

const { binary, close, continuation, ping, text } = WebSocketOpcode;
const noise = Uint8Array.from({ length: 70_000 }, (_, index) => index * 31);

/** As a server sends it: not masked. */
function message(opcode: number, payload: Uint8Array, isLast = true): Uint8Array {
  const { length } = payload;
  const first = (isLast ? 0x80 : 0) | opcode;
  const long = [first, 127, 0, 0, 0, 0, 0, length >>> 16, (length >>> 8) & 0xff, length & 0xff];
  const medium = [first, 126, length >>> 8, length & 0xff];
  const head = length < 126 ? [first, length] : length <= 0xffff ? medium : long;
  return Uint8Array.from([...head, ...payload]);
}

function decode(chunks: readonly Uint8Array[]) {
  const told: string[] = [];
  const pieces: Uint8Array[] = [];
  const decoder = new MessageDecoder({
    onData: (bytes, isLast) => {
      pieces.push(bytes.slice());
      if (!isLast) return;
      const data = Buffer.concat(pieces.splice(0));
      const isAsSent = Buffer.compare(data, noise.subarray(0, data.length)) === 0;
      told.push(`data ${data.length}${isAsSent ? "" : ", spoiled"}`);
    },
    onText: (content) => told.push(`text ${content}`),
    onPing: (payload) => told.push(`ping ${payload.join()}`),
    onClose: (code) => told.push(`close ${code}`),
  });
  let wrong: string | undefined;
  for (const chunk of chunks) {
    // Chunks share one buffer, as reads from a socket do: what is kept must be a copy.
    const shared = new Uint8Array(chunk);
    wrong ??= decoder.push(shared);
    shared.fill(0xff);
  }
  return { told, wrong };
}

describe("messages of a server", () => {
  const stream = Buffer.concat([
    message(binary, noise.subarray(0, 300)),
    message(ping, Uint8Array.of(1, 2)),
    message(binary, noise.subarray(0, 5), false),
    message(text, new TextEncoder().encode("pong")),
    message(continuation, new Uint8Array(0)),
    message(binary, noise),
    message(text, new TextEncoder().encode("beat 7")),
    message(close, Uint8Array.of(3, 232)),
  ]);
  const expected = [
    "data 300",
    "ping 1,2",
    "text pong",
    "data 5",
    "data 70000",
    "text beat 7",
    "close 1000",
  ];

  test.each([1, 2, 3, 7, 301, 4_096, stream.length])("cut into pieces of %i bytes", (size) => {
    const chunks = Array.from({ length: Math.ceil(stream.length / size) }, (_, index) =>
      stream.subarray(index * size, (index + 1) * size),
    );
    expect(decode(chunks)).toEqual({ told: expected, wrong: undefined });
  });

  test.each([
    ["a compressed one", [0xc2, 0], /extension/],
    ["a masked one", [...encodeMessage(binary, Uint8Array.of(1))], /masked/],
    ["one of a type that is not known", [0x83, 0], /type 3/],
    ["a text in pieces", [text, 1, 65], /in pieces/],
    ["a ping of 126 bytes", [0x80 | ping, 126, 0, 126], /126 bytes/],
    ["a length of 2^40", [0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0], /1099511627776 bytes/],
  ])("%s is refused", (_, bytes, wrong) => {
    const decoded = decode([Uint8Array.from(bytes)]);
    expect(decoded.told).toEqual([]);
    expect(decoded.wrong).toMatch(wrong);
  });
});

test.each([
  [0, [0x82, 0x80]],
  [125, [0x82, 0x80 | 125]],
  [126, [0x82, 0x80 | 126, 0, 126]],
  [65_535, [0x82, 0x80 | 126, 0xff, 0xff]],
  [65_536, [0x82, 0x80 | 127, 0, 0, 0, 0, 0, 1, 0, 0]],
])("%i bytes are masked, and have the shortest length that says so", (length, header) => {
  const payload = noise.subarray(0, length);
  const encoded = encodeMessage(binary, payload);
  const maskAt = header.length;
  expect([...encoded.subarray(0, maskAt)]).toEqual(header);
  const mask = encoded.subarray(maskAt, maskAt + 4);
  const unmasked = encoded
    .subarray(maskAt + 4)
    .map((byte, index) => byte ^ (mask[index & 3] as number));
  expect(Buffer.compare(unmasked, payload)).toBe(0);
});
