/**
 * The other end of a client, in the hands of a test: it sees what was sent, message by message, and says what comes back.
 */
import type {
  OpenTransport,
  Transport,
  TransportListener,
} from "../../../../src/client/transport/transport.ts";
import { FrameDecoder } from "../../../../src/protocol/frame-decoder.ts";
import { JuteReader } from "../../../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../../../src/protocol/jute-writer.ts";
import { type EventType, OpCode, ReservedXid } from "../../../../src/protocol/op-code.ts";
import {
  type ConnectRequest,
  readConnectRequest,
  readRequestHeader,
  type Stat,
  writeConnectResponse,
  writeReplyHeader,
} from "../../../../src/protocol/records.ts";
import { type Reply, writeReply } from "../../../../src/protocol/replies.ts";
import { readRequest, type Request } from "../../../../src/protocol/requests.ts";
import { settle } from "./fake-clock.ts";

export interface SentRequest {
  readonly xid: number;
  readonly request: Request;
}

export const STAT: Stat = {
  czxid: 1,
  mzxid: 2,
  ctime: 3,
  mtime: 4,
  version: 5,
  cversion: 6,
  aversion: 7,
  ephemeralOwner: 0,
  dataLength: 8,
  numChildren: 9,
  pzxid: 10,
};

export class ScriptedServer {
  readonly connections: ScriptedConnection[] = [];
  /** Whether the client has to send pings as frames. */
  readonly #hasHeartbeat: boolean;

  constructor({ hasHeartbeat = true } = {}) {
    this.#hasHeartbeat = hasHeartbeat;
  }

  readonly openTransport: OpenTransport = (address, listener) => {
    const connection = new ScriptedConnection(address, listener, this.#hasHeartbeat);
    this.connections.push(connection);
    return connection;
  };

  get last(): ScriptedConnection {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error("the client has not connected");
    return connection;
  }
}

export class ScriptedConnection implements Transport {
  readonly address: string;
  /** What was sent after the handshake, by message. */
  readonly messages: SentRequest[][] = [];
  handshake: ConnectRequest | undefined;
  beats = 0;
  isClosed = false;
  readonly sendHeartbeat: (() => void) | undefined;
  readonly #listener: TransportListener;
  #answered = 0;

  constructor(address: string, listener: TransportListener, hasHeartbeat: boolean) {
    this.address = address;
    this.#listener = listener;
    this.sendHeartbeat = hasHeartbeat ? () => void this.beats++ : undefined;
  }

  get requests(): SentRequest[] {
    return this.messages.flat();
  }

  /** Requests that have no reply yet. */
  get open(): SentRequest[] {
    return this.requests.filter(({ xid }) => xid !== ReservedXid.ping).slice(this.#answered);
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    const frames: Uint8Array[] = [];
    const decoder = new FrameDecoder(64 * 1024 * 1024);
    if (!decoder.push(bytes, frames) || decoder.pendingBytes > 0) throw new Error("partial frame");
    if (this.handshake === undefined) {
      const [first, ...others] = frames;
      if (first === undefined || others.length > 0) throw new Error("not a handshake");
      this.handshake = readConnectRequest(new JuteReader(first));
      return;
    }
    const message = frames.map((frame) => {
      const reader = new JuteReader(frame);
      const { xid, type } = readRequestHeader(reader);
      const request = readRequest(reader, type);
      if (request === undefined) throw new Error(`op ${type}`);
      return { xid, request };
    });
    this.messages.push(message);
  }

  close(): void {
    this.isClosed = true;
  }

  /** Opens, and grants a session. */
  async accept({ sessionId = 7, timeOut = 9_000 } = {}): Promise<void> {
    await this.accepted();
    await this.answerHandshake({ sessionId, timeOut });
  }

  /** The transport is there; the client sends its handshake. */
  async accepted(): Promise<void> {
    this.#listener.onOpen();
    await settle();
  }

  async answerHandshake({ sessionId = 7, timeOut = 9_000 } = {}): Promise<void> {
    const passwd = new Uint8Array(16).fill(timeOut === 0 ? 0 : sessionId);
    await this.#deliver((writer) =>
      writeConnectResponse(writer, {
        protocolVersion: 0,
        timeOut,
        sessionId,
        passwd,
        readOnly: false,
      }),
    );
  }

  /** Says that the session is over. */
  async refuse(): Promise<void> {
    await this.accepted();
    await this.answerHandshake({ sessionId: 0, timeOut: 0 });
  }

  /** Answers the first request that is open. */
  async reply(reply: Reply, zxid = 1): Promise<void> {
    const xid = this.#nextXid();
    await this.#deliver((writer) => {
      writeReplyHeader(writer, xid, zxid, 0);
      writeReply(writer, reply);
    });
  }

  /** Answers as many with the same, in one message. */
  async replyAll(count: number, reply: Reply): Promise<void> {
    const writer = new JuteWriter();
    for (const { xid } of this.open.slice(0, count)) {
      const frame = writer.beginFrame();
      writeReplyHeader(writer, xid, 1, 0);
      writeReply(writer, reply);
      writer.endFrame(frame);
    }
    this.#answered += count;
    await this.bytes(writer.toBytes());
  }

  async replyError(err: number, zxid = 1): Promise<void> {
    const xid = this.#nextXid();
    await this.#deliver((writer) => writeReplyHeader(writer, xid, zxid, err));
  }

  async replyRaw(xid: number, err: number, body: Uint8Array = new Uint8Array(0)): Promise<void> {
    await this.#deliver((writer) => {
      writeReplyHeader(writer, xid, 1, err);
      for (const byte of body) writer.writeBool(byte !== 0);
    });
  }

  async event(type: EventType, path: string, zxid = -1): Promise<void> {
    await this.#deliver((writer) => {
      writeReplyHeader(writer, ReservedXid.notification, zxid, 0);
      writer.writeInt(type);
      writer.writeInt(3);
      writer.writeString(path);
    });
  }

  async beat(): Promise<void> {
    this.#listener.onHeartbeat();
    await settle();
  }

  /** Answers a ping that came as a frame. */
  async pong(): Promise<void> {
    await this.#deliver((writer) => writeReplyHeader(writer, ReservedXid.ping, 1, 0));
  }

  async drop(reason = "dropped"): Promise<void> {
    this.#listener.onClose(reason);
    await settle();
  }

  async bytes(bytes: Uint8Array): Promise<void> {
    this.#listener.onBytes(bytes);
    await settle();
  }

  #nextXid(): number {
    const [next] = this.open;
    if (next === undefined) throw new Error("no request is open");
    this.#answered++;
    return next.xid;
  }

  async #deliver(write: (writer: JuteWriter) => void): Promise<void> {
    const writer = new JuteWriter();
    const frame = writer.beginFrame();
    write(writer);
    writer.endFrame(frame);
    await this.bytes(writer.toBytes());
  }
}

/** The paths of requests, each with its op, for short expectations. */
export function summary(requests: readonly SentRequest[]): string[] {
  const names = new Map<number, string>(Object.entries(OpCode).map(([name, code]) => [code, name]));
  return requests.map(({ request }) => {
    const path = "path" in request && request.path !== null ? ` ${request.path}` : "";
    return `${names.get(request.type)}${path}`;
  });
}
