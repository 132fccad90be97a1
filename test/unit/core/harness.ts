/**
 * A server in one object: the state machine over a MemoryStore, a clock that stands still until it is advanced, and
 * connections that keep what they receive. Requests and replies pass through bytes, as from and to a real client.
 */
import { createHash } from "node:crypto";
import { createSystemZnodes } from "../../../src/core/data-tree.ts";
import {
  decodeFrame,
  handleFrame,
  readHandshake,
  writeHandshake,
} from "../../../src/core/frame-handler.ts";
import type { Grant } from "../../../src/core/grant.ts";
import { MemoryStore } from "../../../src/core/memory-store.ts";
import type { Proof } from "../../../src/core/outcome.ts";
import { defaultSessionTimeouts, SessionTracker } from "../../../src/core/session-tracker.ts";
import {
  type Client,
  StateMachine,
  type StateMachineOptions,
  type StepContext,
} from "../../../src/core/state-machine.ts";
import { type Watcher, WatchManager } from "../../../src/core/watch-manager.ts";
import { type Znode } from "../../../src/core/znode.ts";
import { addressId } from "../../../src/core/auth.ts";
import { FrameDecoder } from "../../../src/protocol/frame-decoder.ts";
import { JuteReader } from "../../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import { OpCode } from "../../../src/protocol/op-code.ts";
import {
  type ConnectRequest,
  type ConnectResponse,
  type Id,
  readConnectResponse,
  readReplyHeader,
  readWatcherEvent,
  type SessionId,
  type WatcherEvent,
  writeConnectRequest,
  writeNotificationFrame,
} from "../../../src/protocol/records.ts";
import { readReply, type Reply } from "../../../src/protocol/replies.ts";
import { type Request, writeRequest } from "../../../src/protocol/requests.ts";

export const TICK_MS = 2_000;
export const START_MS = 1_700_000_000_000;

export interface ReceivedEvent extends WatcherEvent {
  readonly kind: "event";
  readonly zxid: number;
}

export interface ReceivedReply {
  readonly kind: "reply";
  readonly xid: number;
  readonly zxid: number;
  readonly err: number;
  /** Undefined when the header carries an error, or the type of the request is not known. */
  readonly reply: Reply | undefined;
}

export type Received = ReceivedEvent | ReceivedReply;

export function sha1Base64(text: string): string {
  return createHash("sha1").update(text, "utf8").digest("base64");
}

/** Bytes that look random and are the same in every run (a linear congruential generator). */
export function seededRandomBytes(seed: number): (count: number) => Uint8Array<ArrayBuffer> {
  let state = seed >>> 0;
  return (count) =>
    Uint8Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
}

export class TestConnection implements Client {
  readonly address: string;
  authIds: readonly Id[];
  grant: Grant | undefined;
  /** What tokens prove, by the token. */
  readonly proofs = new Map<string, Proof>();
  sessionId: SessionId = 0;
  /** What the server sent before anything else; undefined when it sent nothing. */
  response: ConnectResponse | undefined;
  closed = false;
  readonly out = new JuteWriter();
  readonly #server: TestServer;
  readonly #types: number[] = [];
  #received: Received[] = [];
  #nextXid = 1;

  constructor(server: TestServer, address: string, grant?: Grant) {
    this.#server = server;
    this.address = address;
    this.grant = grant;
    this.authIds = [addressId(address)];
  }

  takeProof(token: string): Proof | undefined {
    return this.proofs.get(token);
  }

  get passwd(): Uint8Array | null {
    return this.response?.passwd ?? null;
  }

  /** Sends a request and returns its reply; events that came with it wait in {@link take}. */
  request(request: Request, xid: number = this.#nextXid++): ReceivedReply {
    const body = new JuteWriter();
    writeRequest(body, request);
    const reply = this.send(request.type, body.toBytes(), xid);
    if (reply === undefined) throw new Error(`no reply to op ${request.type}`);
    return reply;
  }

  /** Sends a body, whatever it is, and returns the reply; undefined when there is none. */
  send(type: number, body: Uint8Array, xid: number = this.#nextXid++): ReceivedReply | undefined {
    const frame = new JuteWriter();
    frame.writeInt(xid);
    frame.writeInt(type);
    this.#types.push(type);
    this.sendFrame(Uint8Array.from([...frame.toBytes(), ...body]));
    const last = this.#received.at(-1);
    return last?.kind === "reply" && this.#types.length === 0 ? last : undefined;
  }

  /** Sends a whole frame, without its length. */
  sendFrame(frame: Uint8Array): void {
    this.#server.handle(this, frame);
  }

  /** Everything received since the last call. */
  take(): Received[] {
    const taken = this.#received;
    this.#received = [];
    return taken;
  }

  /** Everything received since the last call, as text: `created /a`, `reply 2 @7 -101`. */
  takeTrace(): string[] {
    return this.take().map(describe);
  }

  /** Decodes what the server has written; called by the server. */
  receive(): void {
    const frames: Uint8Array[] = [];
    if (!new FrameDecoder(2 ** 31 - 1).push(this.out.take(), frames)) throw new Error("bad frame");
    for (const frame of frames) this.#received.push(this.#decode(frame));
  }

  #decode(frame: Uint8Array): Received {
    const reader = new JuteReader(frame);
    const { xid, zxid, err } = readReplyHeader(reader);
    if (xid === -1 && zxid === -1) {
      return { kind: "event", zxid, ...finished(reader, readWatcherEvent(reader)) };
    }
    const type = this.#types.shift();
    if (type === undefined) throw new Error(`a reply that nobody asked for, xid ${xid}`);
    const reply = err === 0 ? readReply(reader, type) : undefined;
    return { kind: "reply", xid, zxid, err, reply: finished(reader, reply) };
  }
}

/** A frame must end where its record does. */
function finished<T>(reader: JuteReader, record: T): T {
  if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes behind a record`);
  return record;
}

const EVENT_NAMES = ["", "created", "deleted", "dataChanged", "childrenChanged"];

function describe(received: Received): string {
  if (received.kind === "event") return `${EVENT_NAMES[received.type]} ${received.path}`;
  return `reply ${received.xid} @${received.zxid} ${received.err}`;
}

export interface ConnectOptions {
  readonly timeOut?: number;
  readonly sessionId?: SessionId;
  readonly passwd?: Uint8Array | null;
  readonly lastZxidSeen?: number;
  readonly protocolVersion?: number;
  readonly readOnly?: boolean | undefined;
  readonly address?: string;
  readonly grant?: Grant;
}

export type TestServerOptions = Pick<StateMachineOptions, "enforceQuota" | "superDigest">;

export class TestServer {
  readonly store = new MemoryStore();
  readonly watches = new WatchManager();
  readonly sessions = new SessionTracker(TICK_MS);
  readonly machine: StateMachine;
  nowMs = START_MS;
  readonly #owners = new Map<SessionId, TestConnection>();
  readonly #touched = new Set<TestConnection>();

  constructor(options: TestServerOptions = {}) {
    createSystemZnodes(this.store);
    this.machine = new StateMachine({
      store: this.store,
      watches: this.watches,
      sessionTimeouts: defaultSessionTimeouts(TICK_MS),
      randomBytes: seededRandomBytes(1),
      sha1Base64,
      ...options,
    });
  }

  get lastZxid(): number {
    return this.machine.lastZxid;
  }

  /** What a znode is, or undefined. */
  znode(path: string): Znode | undefined {
    return this.store.getZnode(path);
  }

  /** Opens a connection and shakes hands. */
  connect(options: ConnectOptions = {}): TestConnection {
    const { address = "127.0.0.1", readOnly = false, grant, ...fields } = options;
    const request: ConnectRequest = {
      protocolVersion: 0,
      lastZxidSeen: 0,
      timeOut: 30_000,
      sessionId: 0,
      passwd: new Uint8Array(16),
      ...fields,
      readOnly: "readOnly" in options ? options.readOnly : readOnly,
    };
    const frame = new JuteWriter();
    writeConnectRequest(frame, request);
    return this.connectWith(frame.toBytes(), address, grant);
  }

  /** Opens a connection whose first frame is `frame`. */
  connectWith(frame: Uint8Array, address = "127.0.0.1", grant?: Grant): TestConnection {
    const connection = new TestConnection(this, address, grant);
    const request = readHandshake(frame);
    const outcome = request && this.machine.connect(request, this.nowMs, grant);
    if (request === undefined || outcome === undefined || outcome.kind === "ahead") {
      connection.closed = true;
      return connection;
    }
    if (outcome.kind === "expired") {
      writeHandshake(connection.out, request, undefined);
      connection.closed = true;
    } else {
      const { session } = outcome;
      const owner = this.#owners.get(session.id);
      if (owner !== undefined) this.disconnect(owner);
      writeHandshake(connection.out, request, session);
      connection.sessionId = session.id;
      this.#owners.set(session.id, connection);
      this.sessions.track(session.id, session.timeoutMs, this.nowMs);
    }
    const bytes = connection.out.take();
    connection.response = readConnectResponse(new JuteReader(bytes.subarray(4)));
    return connection;
  }

  /** Cuts a connection; its session lives on. */
  disconnect(connection: TestConnection): void {
    connection.closed = true;
    this.watches.removeWatcher(connection);
    if (this.#owners.get(connection.sessionId) === connection) {
      this.#owners.delete(connection.sessionId);
    }
  }

  /** Does what a frame asks for. Called by the connection that it came over. */
  handle(connection: TestConnection, frame: Uint8Array): void {
    if (connection.closed) throw new Error("the connection is closed");
    const tracked = this.sessions.get(connection.sessionId);
    if (tracked !== undefined) tracked.heardMs = this.nowMs;
    const { out } = connection;
    const result = handleFrame(this.machine, connection, decodeFrame(frame), out, this.#context());
    this.#touched.add(connection);
    if (result === "sessionClosed") this.sessions.forget(connection.sessionId);
    if (result !== "open") this.disconnect(connection);
    this.#deliver();
  }

  /**
   * Lets time pass, tick by tick, and returns the sessions that expired, in order. Each is announced before it ends,
   * when the clock stands at the tick that ends it.
   */
  advance(ms: number, onExpiring: (id: SessionId) => void = () => {}): SessionId[] {
    const untilMs = this.nowMs + ms;
    const expired: SessionId[] = [];
    for (;;) {
      const nextTickMs = (Math.floor(this.nowMs / TICK_MS) + 1) * TICK_MS;
      if (nextTickMs > untilMs) break;
      this.nowMs = nextTickMs;
      for (const id of this.sessions.expiredAt(this.nowMs)) {
        onExpiring(id);
        this.expire(id);
        expired.push(id);
      }
    }
    this.nowMs = untilMs;
    return expired;
  }

  /** Ends a session as if it had expired. */
  expire(id: SessionId): void {
    const owner = this.#owners.get(id);
    if (owner !== undefined) this.disconnect(owner);
    this.sessions.forget(id);
    this.machine.closeSession(id, this.#context());
    this.#deliver();
  }

  /** Takes a container or a znode with a TTL away, if it may go. */
  reap(path: string): void {
    this.machine.reap(path, this.#context());
    this.#deliver();
  }

  #context(): StepContext {
    return {
      nowMs: this.nowMs,
      notify: (watcher: Watcher, type, path) => {
        const connection = watcher as TestConnection;
        writeNotificationFrame(connection.out, type, path);
        this.#touched.add(connection);
      },
    };
  }

  #deliver(): void {
    for (const connection of this.#touched) connection.receive();
    this.#touched.clear();
  }
}

/** Types whose requests are writes: each takes a zxid. */
export const WRITE_TYPES: readonly number[] = [
  OpCode.create,
  OpCode.create2,
  OpCode.createContainer,
  OpCode.createTTL,
  OpCode.delete,
  OpCode.setData,
  OpCode.setACL,
  OpCode.multi,
];
