/**
 * A session for everything around the load: it prepares znodes, verifies and removes them. One promise per request,
 * any number of requests in flight.
 */
import { ErrorCode } from "../src/protocol/error-code.ts";
import { JuteReader } from "../src/protocol/jute-reader.ts";
import { JuteWriter } from "../src/protocol/jute-writer.ts";
import { OpCode, ReservedXid } from "../src/protocol/op-code.ts";
import {
  readReplyHeader,
  readWatcherEvent,
  type ReplyHeader,
  type Stat,
  type WatcherEvent,
  writeRequestHeader,
} from "../src/protocol/records.ts";
import { readReply, type Reply } from "../src/protocol/replies.ts";
import { type Request, writeRequest } from "../src/protocol/requests.ts";
import { SESSION_TIMEOUT_MS, startSession } from "./session.ts";
import { type Address, type Channel, connectTcp } from "./tcp-channel.ts";
import { OPEN_ACL } from "./znode.ts";

interface Answer {
  readonly header: ReplyHeader;
  readonly reply: Reply | undefined;
}

interface Pending {
  readonly xid: number;
  readonly request: Request;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

const ANSWER_TIMEOUT_MS = 30_000;

export class ControlClient {
  /** Of the last reply: where in the server's order it belongs. */
  lastZxid = 0;
  /** Learns of every watch that fired. */
  onEvent: (event: WatcherEvent) => void = () => {};
  readonly #channel: Channel;
  readonly #writer = new JuteWriter();
  #pending: Pending[] = [];
  #answered = 0;
  #xid = 0;
  #ended: string | undefined;
  #onEnded: () => void = () => {};
  /** Those who wait for an event. */
  #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #watchdog: NodeJS.Timeout | undefined;

  private constructor(channel: Channel) {
    this.#channel = channel;
    channel.listen({
      onFrames: (frames) => frames.forEach((frame) => this.#accept(frame)),
      onEnd: (reason) => this.#fail(reason),
    });
  }

  static async open(
    address: Address,
    timeoutMs: number = SESSION_TIMEOUT_MS,
  ): Promise<ControlClient> {
    return await ControlClient.over(await connectTcp(address), timeoutMs);
  }

  /** Opens a session on a new connection. */
  static async over(channel: Channel, timeoutMs: number): Promise<ControlClient> {
    await startSession(channel, timeoutMs);
    return new ControlClient(channel);
  }

  /** Resolves when a watch fires. To be called before the request that sets it. */
  async nextEvent(): Promise<void> {
    return await new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Sends a request; requests of one turn leave in one write. Rejects when the server answers with an error. */
  async request<R extends Request>(request: R): Promise<Extract<Reply, { type: R["type"] }>> {
    const { header, reply } = await this.#send(request);
    if (header.err !== ErrorCode.ok) {
      const path = "path" in request ? ` of ${request.path}` : "";
      throw new Error(`op ${request.type}${path} answered with error ${header.err}`);
    }
    return reply as Extract<Reply, { type: R["type"] }>;
  }

  /** Creates a znode. */
  async create(path: string, data: Uint8Array, flags = 0): Promise<void> {
    await this.request({ type: OpCode.create, path, data, acl: OPEN_ACL, flags });
  }

  /** The znode's Stat; undefined when it does not exist. */
  async exists(path: string, watch = false): Promise<Stat | undefined> {
    const { header, reply } = await this.#send({ type: OpCode.exists, path, watch });
    if (header.err === ErrorCode.noNode) return undefined;
    if (header.err !== ErrorCode.ok || reply?.type !== OpCode.exists) {
      throw new Error(`exists of ${path} answered with error ${header.err}`);
    }
    return reply.stat;
  }

  async getData(path: string): Promise<{ data: Uint8Array; stat: Stat }> {
    const { data, stat } = await this.request({ type: OpCode.getData, path, watch: false });
    return { data: data ?? new Uint8Array(0), stat };
  }

  async getChildren(path: string): Promise<readonly string[]> {
    const request = { type: OpCode.getChildren, path, watch: false } as const;
    return (await this.request(request)).children;
  }

  async delete(path: string): Promise<void> {
    await this.request({ type: OpCode.delete, path, version: -1 });
  }

  /** Closes the session and waits until the server has closed the connection. */
  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const ended = new Promise<void>((resolve) => (this.#onEnded = resolve));
    await this.request({ type: OpCode.closeSession });
    await ended;
  }

  /** Drops the connection; the session is left to expire. */
  destroy(): void {
    this.#channel.destroy();
  }

  #send(request: Request): Promise<Answer> {
    if (this.#ended !== undefined) return Promise.reject(new Error(this.#ended));
    return new Promise((resolve, reject) => {
      const xid = request.type === OpCode.ping ? ReservedXid.ping : ++this.#xid;
      if (this.#writer.length === 0) queueMicrotask(() => this.#flush());
      const frame = this.#writer.beginFrame();
      writeRequestHeader(this.#writer, { xid, type: request.type });
      writeRequest(this.#writer, request);
      this.#writer.endFrame(frame);
      this.#pending.push({ xid, request, resolve, reject });
    });
  }

  #flush(): void {
    this.#channel.write(this.#writer.take());
    this.#watchdog ??= setTimeout(() => this.#channel.destroy(), ANSWER_TIMEOUT_MS);
    this.#watchdog.refresh();
  }

  #accept(frame: Uint8Array): void {
    // What is kept of a reply must not be overwritten by the next read.
    const reader = new JuteReader(frame.slice());
    const header = readReplyHeader(reader);
    if (header.xid === ReservedXid.notification) {
      this.onEvent(readWatcherEvent(reader));
      for (const { resolve } of this.#waiting.splice(0)) resolve();
      return;
    }
    const pending = this.#pending[this.#answered++];
    if (pending === undefined || pending.xid !== header.xid) {
      this.#channel.destroy();
      this.#fail(`a reply to xid ${header.xid} where ${pending?.xid ?? "none"} is due`);
      return;
    }
    this.lastZxid = header.zxid;
    if (this.#answered === this.#pending.length) this.#rest();
    const reply = header.err === 0 ? readReply(reader, pending.request.type) : undefined;
    pending.resolve({ header, reply });
  }

  /** Nothing is in flight. */
  #rest(): void {
    this.#pending = [];
    this.#answered = 0;
    clearTimeout(this.#watchdog);
    this.#watchdog = undefined;
  }

  #fail(reason: string): void {
    this.#ended ??= reason;
    const lost = this.#pending.slice(this.#answered);
    this.#rest();
    for (const { reject } of lost) reject(new Error(`no answer: ${reason}`));
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(`no event: ${reason}`));
    this.#onEnded();
  }
}
