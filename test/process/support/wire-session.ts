/**
 * A ZooKeeper session over TCP that shows all that happens on the wire: one promise a request, any number of
 * requests in flight, and a log of replies and events in order of arrival. It sends nothing by itself, no pings
 * either. A reply that does not fit what was asked breaks the connection.
 */
import { ErrorCode } from "../../../src/protocol/error-code.ts";
import { JuteReader } from "../../../src/protocol/jute-reader.ts";
import {
  CreateFlags,
  type EventType,
  OpCode,
  Perms,
  ReservedXid,
} from "../../../src/protocol/op-code.ts";
import {
  type ACL,
  readConnectResponse,
  readReplyHeader,
  readWatcherEvent,
  type SessionId,
  type Stat,
  type Zxid,
} from "../../../src/protocol/records.ts";
import { type Reply, readReply } from "../../../src/protocol/replies.ts";
import type { Request } from "../../../src/protocol/requests.ts";
import { type Address, type End, TCPConnection } from "./tcp-connection.ts";
import { concat, connectFrame, encodeRequest } from "./wire-bytes.ts";

export const OPEN_ACL: readonly ACL[] = [
  { perms: Perms.all, id: { scheme: "world", id: "anyone" } },
];

export interface Credentials {
  readonly sessionId: SessionId;
  readonly passwd: Uint8Array;
}

export interface OpenOptions {
  /** Milliseconds; 30,000 unless told. */
  readonly timeoutMs?: number;
  readonly lastZxidSeen?: Zxid;
  /** The session to resume, instead of opening a new one. */
  readonly resume?: Credentials;
}

export interface Answer<R extends Request = Request> {
  readonly err: number;
  readonly zxid: Zxid;
  /** Undefined when `err` is not 0. */
  readonly reply: ReplyTo<R> | undefined;
}

export type ReplyTo<R extends Request> = Reply & { readonly type: R["type"] };

export type LogEntry =
  | { readonly kind: "reply"; readonly xid: number; readonly zxid: Zxid; readonly err: number }
  | { readonly kind: "event"; readonly type: EventType; readonly path: string };

interface Pending {
  readonly xid: number;
  readonly request: Request;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** The server says that the session is over. */
export class SessionRefused extends Error {
  override name = "SessionRefused";
}

/** The connection ended before the answer came: what was asked for may have happened or not. */
export class ConnectionLost extends Error {
  override name = "ConnectionLost";
}

export class WireSession implements Credentials {
  readonly connection: TCPConnection;
  readonly sessionId: SessionId;
  readonly passwd: Uint8Array;
  /** Negotiated, in milliseconds. */
  readonly timeoutMs: number;
  readonly log: LogEntry[] = [];
  /** The highest zxid that a reply carried. */
  lastZxid: Zxid;
  /** Called with each watch event, in order with the replies. */
  onEvent: (type: EventType, path: string) => void = () => {};
  readonly #pending: Pending[] = [];
  #answered = 0;
  #outgoing: Uint8Array[] = [];
  #xid = 0;

  private constructor(connection: TCPConnection, granted: Uint8Array, lastZxid: Zxid) {
    const response = readConnectResponse(new JuteReader(granted));
    if (response.timeOut <= 0) throw new SessionRefused("the session is expired");
    this.connection = connection;
    this.sessionId = response.sessionId;
    this.passwd = response.passwd ?? new Uint8Array(0);
    this.timeoutMs = response.timeOut;
    this.lastZxid = lastZxid;
    connection.onFrame = (frame) => this.#accept(frame);
    connection.onEnd = (end) => this.#lose(end);
    // Whatever came in one piece with the response.
    for (const frame of connection.frames.slice(1)) this.#accept(frame);
    if (connection.end !== undefined) this.#lose(connection.end);
  }

  /**
   * Opens a session, or resumes one.
   *
   * @throws SessionRefused when the server says that it is over; Error when there is no connection, or no answer.
   */
  static async open(address: Address, options: OpenOptions = {}): Promise<WireSession> {
    const { timeoutMs = 30_000, lastZxidSeen = 0, resume } = options;
    const connection = await TCPConnection.open(address);
    try {
      connection.write(connectFrame({ timeOut: timeoutMs, lastZxidSeen, ...resume }));
      return new WireSession(connection, await connection.frame(0), lastZxidSeen);
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  /** Undefined while the connection is open. */
  get end(): End | undefined {
    return this.connection.end;
  }

  /**
   * Sends a request and resolves with its answer, an error code included. Requests of one turn leave in one piece.
   *
   * @throws ConnectionLost when the connection ends before the answer.
   */
  request<R extends Request>(request: R): Promise<Answer<R>> {
    return new Promise((resolve, reject) => {
      if (this.end !== undefined) {
        reject(new ConnectionLost(`the connection has ended (${this.end})`));
        return;
      }
      this.#xid += 1;
      const xid = request.type === OpCode.ping ? ReservedXid.ping : this.#xid;
      this.#pending.push({
        xid,
        request,
        resolve: (answer) => resolve(answer as Answer<R>),
        reject,
      });
      this.#send(encodeRequest(xid, request));
    });
  }

  /** Sends bytes as they are, in order with the requests. Answers to them have to be foreseen by the caller. */
  write(bytes: Uint8Array): void {
    this.#send(bytes);
  }

  /** The reply to a request. */
  async ask<R extends Request>(request: R): Promise<ReplyTo<R>> {
    const { err, reply } = await this.request(request);
    const path = "path" in request ? ` ${request.path}` : "";
    if (reply === undefined) throw new Error(`op ${request.type}${path}: error ${err}`);
    return reply;
  }

  /** Creates a znode and returns its path. */
  async create(path: string, data = "", flags: number = CreateFlags.persistent): Promise<string> {
    const request = { type: OpCode.create, path, data: Buffer.from(data), acl: OPEN_ACL, flags };
    return (await this.ask(request)).path;
  }

  async setData(path: string, data: string): Promise<Stat> {
    const request = { type: OpCode.setData, path, data: Buffer.from(data), version: -1 };
    return (await this.ask(request)).stat;
  }

  async getData(path: string, watch = false): Promise<{ data: string | null; stat: Stat }> {
    const { data, stat } = await this.ask({ type: OpCode.getData, path, watch });
    return { data: data === null ? null : Buffer.from(data).toString(), stat };
  }

  async getChildren(path: string, watch = false): Promise<readonly string[]> {
    return (await this.ask({ type: OpCode.getChildren, path, watch })).children;
  }

  /** The znode's Stat, or undefined when there is none. */
  async exists(path: string, watch = false): Promise<Stat | undefined> {
    const { err, reply } = await this.request({ type: OpCode.exists, path, watch });
    if (err === ErrorCode.noNode) return undefined;
    if (reply === undefined) throw new Error(`exists ${path}: error ${err}`);
    return reply.stat;
  }

  async delete(path: string): Promise<void> {
    await this.ask({ type: OpCode.delete, path, version: -1 });
  }

  /** Returns the last zxid of the server. */
  async ping(): Promise<Zxid> {
    return (await this.request({ type: OpCode.ping })).zxid;
  }

  /** Ends the session and waits until the server has closed the connection. */
  async close(): Promise<void> {
    await this.ask({ type: OpCode.closeSession });
    await this.connection.ended();
  }

  /** Drops the connection; the session lives on until it expires. */
  drop(): void {
    this.connection.destroy();
  }

  #send(bytes: Uint8Array): void {
    this.#outgoing.push(bytes);
    if (this.#outgoing.length > 1) return;
    queueMicrotask(() => {
      const outgoing = this.#outgoing;
      this.#outgoing = [];
      this.connection.write(concat(...outgoing));
    });
  }

  #accept(frame: Uint8Array): void {
    const reader = new JuteReader(frame);
    const { xid, zxid, err } = readReplyHeader(reader);
    if (xid === ReservedXid.notification && zxid === -1 && err === 0) {
      const { type, path } = readWatcherEvent(reader);
      this.log.push({ kind: "event", type, path });
      this.onEvent(type, path);
      return;
    }
    this.log.push({ kind: "reply", xid, zxid, err });
    if (zxid > this.lastZxid) this.lastZxid = zxid;
    const pending = this.#pending[this.#answered];
    if (pending === undefined) return;
    if (pending.xid !== xid) {
      this.connection.destroy();
      pending.reject(new Error(`a reply to xid ${xid} where ${pending.xid} is due`));
      return;
    }
    this.#answered += 1;
    if (this.#answered === this.#pending.length) {
      this.#pending.length = 0;
      this.#answered = 0;
    }
    const reply = err === 0 ? readReply(reader, pending.request.type) : undefined;
    pending.resolve({ err, zxid, reply: reply as ReplyTo<Request> | undefined });
  }

  #lose(end: End): void {
    const lost = this.#pending.slice(this.#answered);
    this.#pending.length = 0;
    this.#answered = 0;
    for (const { reject } of lost) reject(new ConnectionLost(`no answer: ${end}`));
  }
}
