/**
 * A small ZooKeeper client over a WebSocket, for tests: it keeps everything that it received, in order.
 */
import { JuteReader } from "../../../src/protocol/jute-reader.ts";
import { CreateFlags, OpCode, ReservedXid } from "../../../src/protocol/op-code.ts";
import {
  type ACL,
  type ConnectRequest,
  type ConnectResponse,
  readConnectResponse,
  readReplyHeader,
  readWatcherEvent,
  type ReplyHeader,
  type SessionId,
  type Stat,
  writeConnectRequest,
  writeRequestHeader,
  type Zxid,
} from "../../../src/protocol/records.ts";
import { type GetChildrenReply, readReply, type Reply } from "../../../src/protocol/replies.ts";
import { type MultiOp, type Request, writeRequest } from "../../../src/protocol/requests.ts";
import { Connection, type ConnectionOptions, frameOf } from "./connection.ts";

export const OPEN_ACL: readonly ACL[] = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];

/** Timeout that a client asks for unless the test says otherwise: the longest that two-second ticks grant. */
const TIMEOUT_MS = 40_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What came in, in order of arrival. */
export type Received =
  | { readonly kind: "event"; readonly type: number; readonly path: string }
  | { readonly kind: "reply"; readonly xid: number };

export interface Answer extends ReplyHeader {
  readonly reply: Reply | undefined;
  /** Length of the reply's frame. */
  readonly bytes: number;
}

interface Pending {
  readonly xid: number;
  readonly type: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** What a test keeps of a session, to resume it later. */
export interface Credentials {
  readonly sessionId: SessionId;
  readonly passwd: Uint8Array | null;
}

export class TestClient {
  readonly connection: Connection;
  readonly response: ConnectResponse;
  readonly received: Received[] = [];
  readonly #pending: Pending[] = [];
  #nextXid = 1;

  private constructor(connection: Connection, response: ConnectResponse) {
    this.connection = connection;
    this.response = response;
    connection.onFrames((frames) => frames.forEach((frame) => this.#receive(frame)));
    connection.onClose((code) => this.#fail(code));
  }

  /** Opens a session, or resumes one, and expects that to succeed. */
  static async connect(
    namespace: string,
    request: Partial<ConnectRequest> = {},
    options: ConnectionOptions = {},
  ): Promise<TestClient> {
    const connection = await Connection.open(namespace, options);
    const response = await handshake(connection, request);
    if (response.timeOut === 0) throw new Error("the session is expired");
    return new TestClient(connection, response);
  }

  get sessionId(): SessionId {
    return this.response.sessionId;
  }

  get credentials(): Credentials {
    return { sessionId: this.response.sessionId, passwd: this.response.passwd };
  }

  /** Events received so far, as `type path`. */
  get events(): readonly string[] {
    return this.received.flatMap((item) =>
      item.kind === "event" ? [`${item.type} ${item.path}`] : [],
    );
  }

  /** Everything received so far: `type path` for events, `#xid` for replies. */
  get log(): readonly string[] {
    return this.received.map((item) =>
      item.kind === "event" ? `${item.type} ${item.path}` : `#${item.xid}`,
    );
  }

  async request(request: Request): Promise<Answer> {
    const [answer] = await this.pipeline([request]);
    return answer as Answer;
  }

  /** Sends requests, all in one message unless told otherwise, and waits for all replies. */
  async pipeline(
    requests: readonly Request[],
    options: { readonly oneMessageEach?: boolean } = {},
  ): Promise<Answer[]> {
    const sent = requests.map((request) => this.#expect(request));
    const frames = sent.map(({ frame }) => frame);
    if (options.oneMessageEach) for (const frame of frames) this.connection.send(frame);
    else this.connection.send(...frames);
    return Promise.all(sent.map(({ answer }) => answer));
  }

  /** Sends a request whose reply nobody waits for. */
  post(request: Request): void {
    const { frame, answer } = this.#expect(request);
    answer.catch(() => {});
    this.connection.send(frame);
  }

  async create(path: string, data = "", flags: number = CreateFlags.persistent): Promise<string> {
    const { reply } = await this.#succeed(createRequest(path, data, flags));
    return (reply as { path: string }).path;
  }

  async delete(path: string): Promise<Answer> {
    return this.#succeed({ type: OpCode.delete, path, version: -1 });
  }

  async setData(path: string, data: string, version = -1): Promise<Stat> {
    const { reply } = await this.#succeed(setDataRequest(path, data, version));
    return (reply as { stat: Stat }).stat;
  }

  async getData(path: string, watch = false): Promise<string> {
    const { reply } = await this.#succeed({ type: OpCode.getData, path, watch });
    return decoder.decode((reply as { data: Uint8Array }).data);
  }

  /** The Stat, or undefined when there is no such znode. */
  async exists(path: string, watch = false): Promise<Stat | undefined> {
    const { reply } = await this.request({ type: OpCode.exists, path, watch });
    return (reply as { stat: Stat } | undefined)?.stat;
  }

  async children(path: string, watch = false): Promise<string[]> {
    const { reply } = await this.#succeed({ type: OpCode.getChildren, path, watch });
    return [...(reply as GetChildrenReply).children].toSorted();
  }

  async multi(ops: readonly MultiOp[]): Promise<Answer> {
    return this.request({ type: OpCode.multi, ops });
  }

  async addAuth(credential: string): Promise<Answer> {
    return this.request({
      type: OpCode.auth,
      authType: 0,
      scheme: "digest",
      auth: encoder.encode(credential),
    });
  }

  /** An auth with a token. */
  async proveToken(token: string): Promise<Answer> {
    return this.request(tokenAuth(token));
  }

  /** The last zxid of the namespace. */
  async zxid(): Promise<Zxid> {
    return (await this.request({ type: OpCode.sync, path: "/" })).zxid;
  }

  /** Waits until an event arrived. */
  async event(event: string): Promise<void> {
    await this.connection.waitFor(
      () => (this.events.includes(event) ? true : undefined),
      `no event "${event}", only ${JSON.stringify(this.events)}`,
    );
  }

  /** Waits until at least `count` events arrived. */
  async eventCount(count: number): Promise<void> {
    await this.connection.waitFor(
      () => (this.events.length >= count ? true : undefined),
      `fewer than ${count} events came`,
    );
  }

  async closeSession(): Promise<Answer> {
    return this.#succeed({ type: OpCode.closeSession });
  }

  async #succeed(request: Request): Promise<Answer> {
    const answer = await this.request(request);
    if (answer.err !== 0) throw new Error(`op ${request.type} failed with ${answer.err}`);
    return answer;
  }

  #expect(request: Request): { frame: Uint8Array; answer: Promise<Answer> } {
    const xid = xidOf(request) ?? this.#nextXid++;
    if (this.connection.isClosed) throw new Error("the connection is closed");
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#pending.push({ xid, type: request.type, resolve, reject });
    return { frame: requestFrame(xid, request), answer: promise };
  }

  #receive(frame: Uint8Array): void {
    const reader = new JuteReader(frame);
    const header = readReplyHeader(reader);
    if (header.xid === ReservedXid.notification) {
      const { type, path } = readWatcherEvent(reader);
      this.received.push({ kind: "event", type, path });
      return;
    }
    this.received.push({ kind: "reply", xid: header.xid });
    const pending = this.#pending.shift();
    if (pending === undefined) throw new Error(`reply ${header.xid} to no request`);
    if (pending.xid !== header.xid) {
      pending.reject(new Error(`reply ${header.xid} out of order: ${pending.xid} is first`));
      return;
    }
    const reply = header.err === 0 ? readReply(reader, pending.type) : undefined;
    pending.resolve({ ...header, reply, bytes: frame.length });
  }

  #fail(code: number): void {
    for (const { reject } of this.#pending.splice(0)) reject(new Error(`closed with ${code}`));
  }
}

/** Sends a connect request and waits for its answer. */
export async function handshake(
  connection: Connection,
  request: Partial<ConnectRequest> = {},
): Promise<ConnectResponse> {
  const at = connection.messages.length;
  connection.send(connectFrame(request));
  const message = await connection.waitFor(() => connection.messages[at], "no handshake");
  return readConnectResponse(new JuteReader(message[0] as Uint8Array));
}

export function connectFrame(request: Partial<ConnectRequest> = {}): Uint8Array {
  return frameOf((writer) =>
    writeConnectRequest(writer, {
      protocolVersion: 0,
      lastZxidSeen: 0,
      timeOut: TIMEOUT_MS,
      sessionId: 0,
      passwd: new Uint8Array(16),
      readOnly: false,
      ...request,
    }),
  );
}

export function requestFrame(xid: number, request: Request): Uint8Array {
  return frameOf((writer) => {
    writeRequestHeader(writer, { xid, type: request.type });
    writeRequest(writer, request);
  });
}

export function createRequest(
  path: string,
  data = "",
  flags: number = CreateFlags.persistent,
  acl: readonly ACL[] = OPEN_ACL,
): Request & MultiOp {
  return { type: OpCode.create, path, data: encoder.encode(data), acl, flags };
}

export function tokenAuth(token: string): Request {
  return { type: OpCode.auth, authType: 0, scheme: "jwt", auth: encoder.encode(token) };
}

export function setDataRequest(path: string, data: string, version = -1): Request & MultiOp {
  return { type: OpCode.setData, path, data: encoder.encode(data), version };
}

export function deleteRequest(path: string, version = -1): Request & MultiOp {
  return { type: OpCode.delete, path, version };
}

function xidOf(request: Request): number | undefined {
  switch (request.type) {
    case OpCode.ping:
      return ReservedXid.ping;
    case OpCode.auth:
      return ReservedXid.auth;
    case OpCode.setWatches:
    case OpCode.setWatches2:
      return ReservedXid.setWatches;
    default:
      return undefined;
  }
}
