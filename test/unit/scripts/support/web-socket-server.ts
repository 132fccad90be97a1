/**
 * The far end of a bridge under test: accepts WebSockets, keeps the messages it got, and can stop reading.
 * Only as much of RFC 6455 as that takes.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";

const textFrame = 0x81;
const binaryFrame = 0x82;
const closeFrame = 0x88;

export class WebSocketServer {
  readonly connections: WebSocketPeer[] = [];
  readonly requests: IncomingMessage[] = [];
  /** Answers every upgrade with this status instead, when set. */
  refusal: { readonly status: number; readonly body: string } | undefined;
  /** New connections are not read from. */
  isDeaf = false;
  readonly #server = createServer((_request, response) => {
    response.statusCode = this.refusal?.status ?? 426;
    response.end(this.refusal?.body);
  });

  async start(): Promise<string> {
    this.#server.on("upgrade", (request, socket: Socket) => this.#upgrade(request, socket));
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("no port");
    return `ws://127.0.0.1:${address.port}/v1/default/zk`;
  }

  stop(): void {
    for (const { socket } of this.connections) socket.destroy();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #upgrade(request: IncomingMessage, socket: Socket): void {
    this.requests.push(request);
    if (this.refusal) {
      socket.end(`HTTP/1.1 ${this.refusal.status} Refused\r\nconnection: close\r\n\r\n`);
      return;
    }
    const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(key).digest("base64");
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n" +
        `sec-websocket-accept: ${accept}\r\n\r\n`,
    );
    const peer = new WebSocketPeer(socket);
    if (this.isDeaf) socket.pause();
    this.connections.push(peer);
  }
}

export class WebSocketPeer {
  readonly socket: Socket;
  readonly messages: Buffer[] = [];
  readonly texts: string[] = [];
  closeCode: number | undefined;
  isGone = false;
  #received: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      while (this.#takeFrame());
    });
    socket.on("error", () => {}); // "close" follows.
    socket.on("close", () => (this.isGone = true));
  }

  send(payload: Uint8Array): void {
    this.#write(binaryFrame, payload);
  }

  sendText(text: string): void {
    this.#write(textFrame, Buffer.from(text));
  }

  close(code: number, reason: string): void {
    const payload = Buffer.alloc(2 + reason.length);
    payload.writeUInt16BE(code, 0);
    payload.write(reason, 2);
    this.#write(closeFrame, payload);
  }

  #write(kind: number, payload: Uint8Array): void {
    const header = Buffer.alloc(10);
    header.writeUInt8(kind, 0);
    header.writeUInt8(127, 1);
    header.writeBigUInt64BE(BigInt(payload.length), 2);
    const isShort = payload.length < 126;
    if (isShort) header.writeUInt8(payload.length, 1);
    this.socket.write(Buffer.concat([header.subarray(0, isShort ? 2 : 10), payload]));
  }

  /** Takes one frame out of what was received; false when there is no whole one. */
  #takeFrame(): boolean {
    const bytes = this.#received;
    if (bytes.length < 14) {
      if (bytes.length < 2 || bytes.length < 6 + (bytes.readUInt8(1) & 0x7f)) return false;
    }
    const short = bytes.readUInt8(1) & 0x7f;
    const lengthBytes = short < 126 ? 0 : short === 126 ? 2 : 8;
    const length =
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(2)
          : Number(bytes.readBigUInt64BE(2));
    const start = 2 + lengthBytes + 4;
    if (bytes.length < start + length) return false;
    const mask = bytes.subarray(start - 4, start);
    const payload = bytes
      .subarray(start, start + length)
      .map((byte, index) => byte ^ (mask[index % 4] as number));
    this.#received = bytes.subarray(start + length);
    this.#take(bytes.readUInt8(0), Buffer.from(payload));
    return true;
  }

  #take(kind: number, payload: Buffer): void {
    if (kind === textFrame) this.texts.push(payload.toString());
    if (kind === binaryFrame) this.messages.push(payload);
    if (kind === closeFrame) {
      this.closeCode = payload.readUInt16BE(0);
      this.#write(closeFrame, payload);
      this.socket.end();
    }
  }
}
