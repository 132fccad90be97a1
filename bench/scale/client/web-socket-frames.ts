/**
 * The part of RFC 6455 that a lean client needs. Node's own WebSocket costs tens of kilobytes a connection, and a
 * benchmark with 20,000 of them would measure itself.
 */
import { createHash } from "node:crypto";

export const WebSocketOpcode = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const FINAL = 0x80;
const MASKED = 0x80;
const LENGTH_OF_16_BITS = 126;
const LENGTH_OF_64_BITS = 127;
const MASK_BYTES = 4;

/** What a server may send in one message: the reply to the list of many children, say. */
const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;

const ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * One frame of a client, whole and final. The key is zero, so that masking changes nothing: keys protect proxies that
 * are not there, and masking would take processor time from the server under test.
 */
export function encodeClientFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const lengthBytes = length < LENGTH_OF_16_BITS ? 0 : length <= 0xffff ? 2 : 8;
  const payloadAt = 2 + lengthBytes + MASK_BYTES;
  const frame = new Uint8Array(payloadAt + length);
  const view = new DataView(frame.buffer);
  view.setUint8(0, FINAL | opcode);
  if (lengthBytes === 0) {
    view.setUint8(1, MASKED | length);
  } else if (lengthBytes === 2) {
    view.setUint8(1, MASKED | LENGTH_OF_16_BITS);
    view.setUint16(2, length);
  } else {
    view.setUint8(1, MASKED | LENGTH_OF_64_BITS);
    view.setBigUint64(2, BigInt(length));
  }
  frame.set(payload, payloadAt);
  return frame;
}

/** Takes a message's opcode and its payload, which shares memory that the next read overwrites. */
export type OnMessage = (opcode: number, payload: Uint8Array) => void;

/** Cuts what a server sends into messages, whatever the splits and merges on the way. */
export class ServerFrameDecoder {
  #carry = new Uint8Array(0);
  #carried = 0;

  /**
   * Takes the next chunk. Returns what is wrong with the stream, which is then of no further use; workerd sends every
   * message in one frame, so that a fragment counts as wrong, too.
   */
  push(chunk: Uint8Array, onMessage: OnMessage): string | undefined {
    let bytes = chunk;
    if (this.#carried > 0) {
      this.#keep(chunk);
      bytes = this.#carry.subarray(0, this.#carried);
    }
    let at = 0;
    while (true) {
      const size = frameSize(bytes, at);
      if (typeof size === "string") return size;
      if (size === undefined || at + size.total > bytes.length) break;
      const opcode = (bytes[at] as number) & 0x0f;
      onMessage(opcode, bytes.subarray(at + size.header, at + size.total));
      at += size.total;
    }
    const rest = bytes.subarray(at);
    if (this.#carried > 0) {
      // A new buffer: what was handed out just now shares the old one.
      if (at > 0) this.#carry = rest.slice();
      this.#carried = rest.length;
    } else if (rest.length > 0) {
      this.#keep(rest);
    }
    return undefined;
  }

  #keep(bytes: Uint8Array): void {
    const end = this.#carried + bytes.length;
    if (end > this.#carry.length) {
      const grown = new Uint8Array(Math.max(end, this.#carry.length * 2));
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
    }
    this.#carry.set(bytes, this.#carried);
    this.#carried = end;
  }
}

/** Bytes of the frame that begins at `at`; undefined while its header is not complete, a text when it is wrong. */
function frameSize(
  bytes: Uint8Array,
  at: number,
): { readonly header: number; readonly total: number } | undefined | string {
  const available = bytes.length - at;
  if (available < 2) return undefined;
  const [first, second] = [bytes[at] as number, bytes[at + 1] as number];
  if ((first & FINAL) === 0 || (first & 0x0f) === 0) return "a fragmented message";
  if ((first & 0x70) !== 0) return "an extension that was not asked for";
  if ((second & MASKED) !== 0) return "a masked frame from a server";
  if (second < LENGTH_OF_16_BITS) return { header: 2, total: 2 + second };
  const header = second === LENGTH_OF_16_BITS ? 4 : 10;
  if (available < header) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at + 2, header - 2);
  const length = header === 4 ? view.getUint16(0) : Number(view.getBigUint64(0));
  if (length > MESSAGE_BYTES_MAX) return `a message of ${length} bytes`;
  return { header, total: header + length };
}

/** The request that opens a WebSocket. */
export function encodeUpgradeRequest(host: string, path: string, key: string): Uint8Array {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${key}`,
    "Sec-WebSocket-Version: 13",
    "",
    "",
  ];
  return new TextEncoder().encode(lines.join("\r\n"));
}

/**
 * Looks at the answer to the upgrade: undefined while its header is not complete; otherwise how many bytes that header
 * has, or what is wrong with it.
 */
export function readUpgradeResponse(bytes: Uint8Array, key: string): number | string | undefined {
  const text = new TextDecoder("latin1").decode(bytes);
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [status = "", ...fields] = text.slice(0, end).split("\r\n");
  if (!/^HTTP\/1\.1 101(?: |$)/.test(status)) return `the upgrade was answered with "${status}"`;
  const accept = createHash("sha1")
    .update(key + ACCEPT_GUID)
    .digest("base64");
  const isAccepted = fields.some((field) => {
    const [name = "", ...value] = field.split(":");
    return name.toLowerCase() === "sec-websocket-accept" && value.join(":").trim() === accept;
  });
  return isAccepted ? end + 4 : "the upgrade was answered for another key";
}
