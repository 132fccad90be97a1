import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  encodeClientFrame,
  encodeUpgradeRequest,
  readUpgradeResponse,
  ServerFrameDecoder,
  WebSocketOpcode,
} from "../../../bench/scale/client/web-socket-frames.ts";

const { binary, text } = WebSocketOpcode;

function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index * 31);
}

/** As a server sends it: the client's frame without mask and key. */
function serverFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const frame = encodeClientFrame(opcode, payload);
  const headerBytes = frame.length - payload.length - 4;
  const unmasked = Uint8Array.from([...frame.subarray(0, headerBytes), ...payload]);
  unmasked[1] = (unmasked[1] as number) & 0x7f;
  return unmasked;
}

function decode(chunks: readonly Uint8Array[]) {
  const decoder = new ServerFrameDecoder();
  const messages: [opcode: number, payload: Uint8Array][] = [];
  let failure: string | undefined;
  for (const chunk of chunks) {
    // Chunks share one buffer, as reads from a socket do: what is kept must be a copy.
    const shared = new Uint8Array(chunk);
    failure ??= decoder.push(shared, (opcode, payload) => messages.push([opcode, payload.slice()]));
    shared.fill(0xff);
  }
  return { messages, failure };
}

describe("frames of a client", () => {
  test("a text, byte for byte", () => {
    const frame = encodeClientFrame(text, new TextEncoder().encode("ping"));
    expect([...frame]).toEqual([0x81, 0x84, 0, 0, 0, 0, 0x70, 0x69, 0x6e, 0x67]);
  });

  test.each([
    [125, [0x82, 0x80 | 125]],
    [126, [0x82, 0x80 | 126, 0, 126]],
    [65_535, [0x82, 0x80 | 126, 0xff, 0xff]],
    [65_536, [0x82, 0x80 | 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])("%i bytes have the shortest length that says so", (length, header) => {
    const frame = encodeClientFrame(binary, bytes(length));
    expect([...frame.subarray(0, header.length)]).toEqual(header);
    expect(frame.length).toBe(header.length + 4 + length);
  });
});

describe("frames of a server", () => {
  const payloads = [bytes(0), bytes(5), bytes(126), bytes(300), bytes(70_000), bytes(1)];
  const stream = Buffer.concat(payloads.map((payload) => serverFrame(binary, payload)));

  test.each([1, 2, 3, 7, 100, 4_096, stream.length])("cut into pieces of %i bytes", (size) => {
    const chunks = Array.from({ length: Math.ceil(stream.length / size) }, (_, index) =>
      stream.subarray(index * size, (index + 1) * size),
    );
    const { messages, failure } = decode(chunks);
    expect(failure).toBeUndefined();
    expect(messages.map(([opcode]) => opcode)).toEqual(payloads.map(() => binary));
    expect(messages.map(([, payload]) => Buffer.from(payload).toString("hex"))).toEqual(
      payloads.map((payload) => Buffer.from(payload).toString("hex")),
    );
  });

  test.each([
    ["a first fragment", [0x02, 0], "a fragmented message"],
    ["a continuation", [0x80, 0], "a fragmented message"],
    ["a compressed frame", [0xc2, 0], "an extension that was not asked for"],
    ["a masked frame", [0x82, 0x80], "a masked frame from a server"],
    ["a length of 2^40", [0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0], "a message of 1099511627776 bytes"],
  ])("%s is refused", (_, frame, failure) => {
    expect(decode([Uint8Array.from(frame)])).toEqual({ messages: [], failure });
  });
});

function response(...lines: string[]): Uint8Array {
  return new TextEncoder().encode([...lines, "", ""].join("\r\n"));
}

describe("the upgrade", () => {
  const key = "dGhlIHNhbXBsZSBub25jZQ==";
  const accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

  test("the sample of RFC 6455", () => {
    const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    expect(createHash("sha1").update(`${key}${guid}`).digest("base64")).toBe(accept);
    const bytesOf = response("HTTP/1.1 101 Switching Protocols", `sec-websocket-accept: ${accept}`);
    expect(readUpgradeResponse(bytesOf, key)).toBe(bytesOf.length);
    expect(readUpgradeResponse(bytesOf.subarray(0, -1), key)).toBeUndefined();
  });

  test("another answer is refused", () => {
    expect(readUpgradeResponse(response("HTTP/1.1 429 Too Many"), key)).toContain("429");
    const foreign = response("HTTP/1.1 101 X", "Sec-WebSocket-Accept: bm8=");
    expect(readUpgradeResponse(foreign, key)).toContain("another key");
  });

  test("the request names path, host and key", () => {
    const request = new TextDecoder().decode(encodeUpgradeRequest("127.0.0.1", "/v1/a/zk", key));
    expect(request).toMatch(/^GET \/v1\/a\/zk HTTP\/1\.1\r\nHost: 127\.0\.0\.1\r\n/);
    expect(request).toContain(`\r\nSec-WebSocket-Key: ${key}\r\n`);
    expect(request.endsWith("\r\n\r\n")).toBe(true);
  });
});
