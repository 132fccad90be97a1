/**
 * One client of a stream, as one server sees it: a session, with a connection or without, and what has come over it
 * since the last step.
 */
import { type Address, Connection, type OnAnswer } from "./connection.ts";
import type { Naming } from "./naming.ts";
import { eventText, replyText, type ReplyFacts } from "./reply-text.ts";
import { Bytes, frameOf, opTypes, pingFrame } from "./request-bytes.ts";

/** Something that a client saw, in words that must be the same on both servers. */
export interface Entry {
  readonly kind: "reply" | "event" | "connection";
  readonly text: string;
  /** Text that may take the place of `text`, where an order is unspecified. */
  readonly loose: string;
  /** The payload in hex; for reports only. */
  readonly hex: string;
}

export interface ConnectFields {
  readonly sessionId: bigint;
  readonly passwd: Buffer | null;
  readonly timeoutMs: number;
  readonly lastZxidSeen: bigint;
  readonly isOld: boolean;
}

/** How a connect ended: with a session, refused, or without a word. */
export type ConnectResult = "connected" | "refused" | "ended" | "silent";

const ZERO_PASSWD = Buffer.alloc(16);
const CONNECT_RESPONSE_BYTES = 36;
const AUTH_XID = -4;
const SET_WATCHES_XID = -8;

export class Slot {
  readonly index: number;
  address: Address;
  readonly #naming: Naming;
  connection: Connection | undefined;
  /** 0n while there is no session. */
  sessionId = 0n;
  passwd: Buffer = ZERO_PASSWD;
  timeoutMs = 0;
  lastZxid = 0n;
  /** When the session was last heard of without a connection, in milliseconds of `performance.now()`. */
  droppedMs = 0;
  #log: Entry[] = [];
  #xid = 0;
  #generation = 0;

  constructor(index: number, address: Address, naming: Naming) {
    this.index = index;
    this.address = address;
    this.#naming = naming;
  }

  get isConnected(): boolean {
    return this.connection?.isOpen === true;
  }

  get hasSession(): boolean {
    return this.sessionId !== 0n;
  }

  /** What has come since the last call. */
  takeLog(): readonly Entry[] {
    if (this.#log.length === 0) return NOTHING;
    const log = this.#log;
    this.#log = [];
    return log;
  }

  note(text: string): void {
    this.#log.push({ kind: "connection", text, loose: text, hex: "" });
  }

  /** Frames a request under the xid that a client would give it. */
  frame(type: number, body: Buffer): Buffer {
    let xid = (this.#xid += 1);
    if (type === opTypes.ping) xid = -2;
    else if (type === opTypes.auth) xid = AUTH_XID;
    else if (type === opTypes.setWatches || type === opTypes.setWatches2) xid = SET_WATCHES_XID;
    return frameOf(xid, type, body);
  }

  /** Takes the answer to a request of a type into the log. */
  answer(type: number, onFacts: (facts: readonly ReplyFacts[], err: number) => void): OnAnswer {
    return (payload) => {
      const { text, loose, err, zxid, facts } = replyText(payload, type, this.#naming);
      if (zxid > this.lastZxid) this.lastZxid = zxid;
      this.#log.push({ kind: "reply", text, loose, hex: payload.toString("hex") });
      onFacts(facts, err);
    };
  }

  /** Makes sure that every event sent so far has come; the last zxid is told by way of proof. */
  flush(onZxid: (zxid: string) => void): Promise<boolean> {
    const { connection } = this;
    if (connection === undefined || !connection.isOpen) return Promise.resolve(true);
    connection.send(pingFrame, (payload) => {
      const { text, zxid } = replyText(payload, opTypes.ping, this.#naming);
      if (zxid > this.lastZxid) this.lastZxid = zxid;
      onZxid(text);
    });
    return connection.settled();
  }

  /** Opens a connection and sends a connect request. The connection becomes the slot's if it is accepted. */
  async connect(fields: ConnectFields): Promise<ConnectResult> {
    const connection = await Connection.open(this.address);
    let response: Buffer | undefined;
    connection.send(connectFrame(fields), (payload) => (response = payload));
    const isSettled = await connection.settled();
    if (response === undefined) {
      connection.destroy();
      const how = isSettled ? "ended" : "silent";
      this.note(`connect: ${how}`);
      return how;
    }
    if (response.length < CONNECT_RESPONSE_BYTES) {
      connection.destroy();
      this.note(`malformed connect response ${response.toString("hex")}`);
      return "refused";
    }
    const timeoutMs = response.readInt32BE(4);
    const sessionId = response.readBigInt64BE(8);
    const passwd = Buffer.from(response.subarray(20, 36));
    const known = fields.sessionId !== 0n && sessionId === fields.sessionId ? "the same" : "new";
    const isZero = passwd.equals(ZERO_PASSWD);
    const ofPasswd = isZero ? "zeros" : passwd.equals(this.passwd) ? "the same" : "new";
    const text =
      `connected protocol=${response.readInt32BE(0)} timeOut=${timeoutMs}` +
      ` session=${sessionId === 0n ? "0" : known} passwd=${response.readInt32BE(16)} ${ofPasswd}` +
      ` rest=${response.subarray(36).toString("hex")}`;
    this.#log.push({ kind: "connection", text, loose: text, hex: response.toString("hex") });
    if (sessionId === 0n) {
      if (!(await connection.ended())) this.note("refused, but not disconnected");
      connection.destroy();
      return "refused";
    }
    this.#adopt(connection, sessionId, passwd, timeoutMs);
    return "connected";
  }

  /** Drops the connection. The session lives on, and is told of it. */
  async drop(): Promise<void> {
    this.connection?.destroy();
    this.connection = undefined;
    await this.touch();
  }

  /**
   * Keeps a session without a connection alive, which nobody can see. Once it returns, the server has also forgotten the
   * watches of an earlier connection, which it may otherwise notice late.
   */
  async touch(): Promise<void> {
    if (!this.hasSession) return;
    const connection = await Connection.open(this.address);
    const { sessionId, passwd, timeoutMs } = this;
    let isAlive = false;
    const fields = { sessionId, passwd, timeoutMs, lastZxidSeen: 0n, isOld: false };
    connection.send(connectFrame(fields), (payload) => {
      isAlive = payload.readBigInt64BE(8) === sessionId;
    });
    await connection.settled();
    connection.destroy();
    if (!isAlive) this.note("the session is gone");
    this.droppedMs = performance.now();
  }

  /** The session has ended. */
  forget(): void {
    this.connection?.destroy();
    this.connection = undefined;
    this.sessionId = 0n;
    this.passwd = ZERO_PASSWD;
  }

  #adopt(connection: Connection, sessionId: bigint, passwd: Buffer, timeoutMs: number): void {
    this.connection = connection;
    if (sessionId !== this.sessionId) {
      this.#generation += 1;
      this.#naming.learnSession(sessionId, `session ${this.index}.${this.#generation}`);
    }
    this.sessionId = sessionId;
    this.passwd = passwd;
    this.timeoutMs = timeoutMs;
    this.#xid = 0;
    connection.onEvent = (payload) => {
      const text = eventText(payload, this.#naming);
      this.#log.push({ kind: "event", text, loose: text, hex: payload.toString("hex") });
    };
    connection.onEnd = () => {
      this.droppedMs = performance.now();
      this.note("disconnected");
    };
  }
}

const NOTHING: readonly Entry[] = [];

function connectFrame(fields: ConnectFields): Buffer {
  const body = new Bytes()
    .int(0)
    .long(fields.lastZxidSeen)
    .int(fields.timeoutMs)
    .long(fields.sessionId)
    .buffer(fields.passwd);
  if (!fields.isOld) body.bool(false);
  const payload = body.done();
  return new Bytes().int(payload.length).raw(payload).done();
}
