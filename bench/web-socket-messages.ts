/**
 * WebSocket's own framing (RFC 6455, 5.2), as far as a client needs it that speaks binary messages and short texts.
 *
 * Written here because the generator's processor time is taken from the server that it measures. Per getData, 8 x 32 and
 * 64 x 1, it costs the generator 1.0 and 14 us; the package `ws` 1.0 and 16, and a dependency; Node.js's own WebSocket 2.3
 * and 33, so that the server gets to do a third less (2026-11, Node.js 24.21). It also costs tens of kilobytes a connection.
 */

export const WebSocketOpcode = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

const FIN = 0x80;
const RESERVED = 0x70;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MASK_BYTES = 4;

/** A whole message of a client, masked as the RFC asks of clients. */
export function encodeMessage(opcode: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const lengthBytes = length < LENGTH_16 ? 0 : length <= 0xffff ? 2 : 8;
  const maskAt = 2 + lengthBytes;
  const payloadAt = maskAt + MASK_BYTES;
  const message = new Uint8Array(payloadAt + length);
  message[0] = FIN | opcode;
  message[1] = MASKED | (lengthBytes === 0 ? length : lengthBytes === 2 ? LENGTH_16 : LENGTH_64);
  for (let i = 0, rest = length; i < lengthBytes; i++, rest = Math.trunc(rest / 256)) {
    message[maskAt - 1 - i] = rest;
  }
  // It only has to differ from message to message: nobody is between this client and its server. With a key of zero the
  // server would have nothing to unmask, which it has with every real client.
  const mask = (Math.random() * 0x1_0000_0000) >>> 0;
  for (let i = 0; i < MASK_BYTES; i++) message[maskAt + i] = mask >>> (8 * i);
  for (let i = 0; i < length; i++) {
    message[payloadAt + i] = (payload[i] as number) ^ (mask >>> (8 * (i & 3)));
  }
  return message;
}

export interface MessageListener {
  /** A piece of a data message's payload, and whether it is the last one. It shares the chunk's memory. */
  onData(bytes: Uint8Array, isLast: boolean): void;
  onText(text: string): void;
  onPing(payload: Uint8Array): void;
  onClose(code: number | undefined): void;
}

const HEADER_BYTES_MAX = 10;
const CONTROL_BYTES_MAX = 125;
/** What a server may send in one message: the reply to the list of many children, say. */
const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;
const NOTHING = new Uint8Array(0);
const decoder = new TextDecoder();

/** Cuts what a server sends into messages, whatever the splits on the way. */
export class MessageDecoder {
  readonly #listener: MessageListener;
  readonly #header = new Uint8Array(HEADER_BYTES_MAX);
  #headerBytes = 0;
  /** Of the frame whose header is known; -1 between two frames. */
  #payloadLeft = -1;
  /** What has come of a message that is passed on as a whole. */
  #kept: Uint8Array = NOTHING;

  constructor(listener: MessageListener) {
    this.#listener = listener;
  }

  /** Returns what is wrong with the stream, which is then of no further use; undefined when nothing is. */
  push(chunk: Uint8Array): string | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#payloadLeft < 0) {
        this.#header[this.#headerBytes++] = chunk[at++] as number;
        const wrong = this.#readHeader();
        if (wrong !== undefined) return wrong;
        if (this.#payloadLeft !== 0) continue;
      }
      const end = Math.min(chunk.length, at + this.#payloadLeft);
      this.#take(chunk.subarray(at, end));
      at = end;
    }
    return undefined;
  }

  get #opcode(): number {
    return (this.#header[0] as number) & 0x0f;
  }

  #readHeader(): string | undefined {
    if (this.#headerBytes < 2) return undefined;
    const second = this.#header[1] as number;
    const wrong = wrongHeader(this.#header[0] as number, second);
    if (wrong !== undefined) return wrong;
    const lengthBytes = second === LENGTH_16 ? 2 : second === LENGTH_64 ? 8 : 0;
    if (this.#headerBytes < 2 + lengthBytes) return undefined;
    let length = lengthBytes === 0 ? second : 0;
    for (let i = 0; i < lengthBytes; i++) length = length * 256 + (this.#header[2 + i] as number);
    const lengthMax = this.#opcode >= WebSocketOpcode.close ? CONTROL_BYTES_MAX : MESSAGE_BYTES_MAX;
    if (length > lengthMax) return `the server sent a message of ${length} bytes`;
    this.#payloadLeft = length;
    return undefined;
  }

  /** Takes payload of the current frame, and ends the frame when that was the last of it. */
  #take(bytes: Uint8Array): void {
    this.#payloadLeft -= bytes.length;
    const isWhole = this.#payloadLeft === 0;
    const opcode = this.#opcode;
    const isLast = isWhole && ((this.#header[0] as number) & FIN) !== 0;
    if (isWhole) {
      this.#headerBytes = 0;
      this.#payloadLeft = -1;
    }
    if (isInPieces(opcode)) {
      this.#listener.onData(bytes, isLast);
      return;
    }
    const cameAtOnce = isWhole && this.#kept.length === 0;
    const kept = cameAtOnce ? bytes : Buffer.concat([this.#kept, bytes]);
    this.#kept = isWhole ? NOTHING : kept;
    if (isWhole) this.#passOn(opcode, kept);
  }

  #passOn(opcode: number, payload: Uint8Array): void {
    if (opcode === WebSocketOpcode.text) this.#listener.onText(decoder.decode(payload));
    if (opcode === WebSocketOpcode.ping) this.#listener.onPing(payload);
    if (opcode === WebSocketOpcode.close) {
      const [high, low] = payload;
      this.#listener.onClose(
        high === undefined || low === undefined ? undefined : high * 256 + low,
      );
    }
  }
}

/** Whether what it carries is passed on as it comes. */
function isInPieces(opcode: number): boolean {
  return opcode === WebSocketOpcode.binary || opcode === WebSocketOpcode.continuation;
}

const opcodes: ReadonlySet<number> = new Set(Object.values(WebSocketOpcode));

function wrongHeader(first: number, second: number): string | undefined {
  const opcode = first & 0x0f;
  if ((first & RESERVED) !== 0) return "the server uses an extension that was not asked for";
  if ((second & MASKED) !== 0) return "the server sent a masked message";
  if (!opcodes.has(opcode)) return `the server sent a message of type ${opcode}`;
  if ((first & FIN) === 0 && !isInPieces(opcode)) return "the server sent a text in pieces";
  return undefined;
}
