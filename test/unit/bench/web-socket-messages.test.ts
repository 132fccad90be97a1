import { expect, test } from "vitest";
import {
  encodeMessage,
  MessageDecoder,
  WebSocketOpcode,
} from "../../../bench/web-socket-messages.ts";

/** As a server sends it: not masked. */
function message(opcode: number, payload: Uint8Array, isLast = true): Uint8Array {
  const { length } = payload;
  const first = (isLast ? 0x80 : 0) | opcode;
  const head = length < 126 ? [first, length] : [first, 126, length >>> 8, length & 0xff];
  return Uint8Array.from([...head, ...payload]);
}

function decode(chunks: readonly Uint8Array[]) {
  const told: string[] = [];
  let bytes = 0;
  const decoder = new MessageDecoder({
    onData: (data, isLast) => {
      bytes += data.length;
      if (isLast) told.push(`data ${bytes}`);
    },
    onPing: (payload) => told.push(`ping ${payload.join()}`),
    onClose: (code) => told.push(`close ${code}`),
  });
  const wrong = chunks.map((chunk) => decoder.push(chunk)).find((one) => one !== undefined);
  return { told, wrong };
}

const stream = Uint8Array.from([
  ...message(WebSocketOpcode.binary, new Uint8Array(300)),
  ...message(WebSocketOpcode.ping, Uint8Array.of(1, 2)),
  ...message(WebSocketOpcode.binary, new Uint8Array(5), false),
  ...message(WebSocketOpcode.continuation, new Uint8Array(0)),
  ...message(WebSocketOpcode.close, Uint8Array.of(3, 232)),
]);
const expected = ["data 300", "ping 1,2", "data 305", "close 1000"];

test("messages are found wherever the chunks end", () => {
  for (const size of [1, 2, 7, 301, stream.length]) {
    const chunks = Array.from({ length: Math.ceil(stream.length / size) }, (_, index) =>
      stream.subarray(index * size, (index + 1) * size),
    );
    expect(decode(chunks)).toEqual({ told: expected, wrong: undefined });
  }
});

test("text, and what a client sends, are refused", () => {
  expect(decode([message(WebSocketOpcode.text, Uint8Array.of(65))]).wrong).toMatch(/text/);
  const masked = encodeMessage(WebSocketOpcode.binary, Uint8Array.of(1));
  expect(decode([masked]).wrong).toMatch(/masked/);
});

test.each([0, 125, 126, 65_535, 65_536])("%i bytes are masked as they should be", (length) => {
  const payload = Uint8Array.from({ length }, (_, index) => index);
  const encoded = encodeMessage(WebSocketOpcode.binary, payload);
  const maskAt = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const mask = encoded.subarray(maskAt, maskAt + 4);
  const unmasked = encoded
    .subarray(maskAt + 4)
    .map((byte, index) => byte ^ (mask[index & 3] as number));
  expect(Buffer.compare(unmasked, payload)).toBe(0);
  expect(encoded[0]).toBe(0x82);
});
