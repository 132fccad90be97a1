/**
 * Keeps a session alive over one connection after another, and begins a new one when it is lost. Whatever happens, there
 * is one connection at most, one timer, and one session that operations are carried out in.
 */
import { ErrorCode } from "../protocol/error-code.ts";
import type { JuteReader } from "../protocol/jute-reader.ts";
import { OpCode, ReservedXid } from "../protocol/op-code.ts";
import { readWatcherEvent, type ReplyHeader } from "../protocol/records.ts";
import type { SetWatchesRequest } from "../protocol/request-records.ts";
import { Alarm } from "./alarm.ts";
import { AddressList, type BackoffOptions } from "./address-list.ts";
import { callBack } from "./callback.ts";
import type { Chroot } from "./chroot.ts";
import { ClientSession } from "./client-session.ts";
import type { Clock } from "./clock.ts";
import type { Credential } from "./connect-options.ts";
import { Connection } from "./connection.ts";
import { encodeData } from "./create-request.ts";
import { ClientErrorCode, errorOf, type ZooKeeperError } from "./errors.ts";
import { type ConnectAnswer, NEW_SESSION, type SessionIdentity } from "./handshake.ts";
import type { OperationOptions } from "./operation-options.ts";
import type { Asked } from "./pending-request.ts";
import { CLOSE_SESSION_FRAME } from "./fixed-frames.ts";
import { Pipeline } from "./pipeline.ts";
import type { Session } from "./session.ts";
import type { OpenTransport } from "./transport/transport.ts";
import { TurnEnd } from "./turn-end.ts";
import { WatchRegistry } from "./watch-registry.ts";

/**
 * `connecting` before the first session, `connected`, `suspended` without a connection while the session may live, `lost`
 * from the end of a session to the beginning of the next. `closed` and `authFailed` are final.
 */
export type State = "connecting" | "connected" | "suspended" | "lost" | "closed" | "authFailed";

export interface StateChange {
  readonly state: State;
  readonly previous: State;
  /** The session that it is about: when one is lost, the one that was. */
  readonly session: Session | undefined;
  /** Why, where there is more to say. */
  readonly cause: Error | undefined;
}

export type StateListener = (change: StateChange) => void;

export interface KeeperOptions {
  readonly addresses: readonly string[];
  readonly openTransport: OpenTransport;
  readonly sessionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly requestBytesMax: number;
  readonly backoff: BackoffOptions;
  readonly credentials: readonly Credential[];
  readonly chroot: Chroot;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The least that a connection has until its handshake is answered, however short a session was asked for. */
const CONNECT_MS_MIN = 1_000;

const CLOSE_SESSION: Asked<void> = {
  request: { type: OpCode.closeSession },
  isWrite: true,
  decode: () => {},
};

export class SessionKeeper {
  readonly watches: WatchRegistry;
  readonly #options: KeeperOptions;
  readonly #clock: Clock;
  readonly #pipeline: Pipeline;
  readonly #addresses: AddressList;
  readonly #credentials: Credential[];
  readonly #listeners = new Set<StateListener>();
  readonly #alarm: Alarm;
  readonly #turnEnd = new TurnEnd(() => this.#flush());
  #state: State = "connecting";
  #session: ClientSession | undefined;
  #connection: Connection | undefined;
  /** A session that was called lost but may live on the server: it is closed before another one is opened. */
  #burial: SessionIdentity | undefined;
  #lastZxid = 0;
  #retryAtMs = 0;
  #closing: Promise<void> | undefined;
  #problem: string | undefined;

  constructor(options: KeeperOptions) {
    const { clock, addresses, backoff, random } = options;
    this.#options = options;
    this.#clock = clock;
    this.watches = new WatchRegistry(options.chroot);
    this.#pipeline = new Pipeline(options.requestBytesMax);
    this.#addresses = new AddressList(addresses, backoff, random);
    this.#credentials = [...options.credentials];
    this.#alarm = new Alarm(clock, () => this.#tick());
    this.#openConnection();
  }

  get options(): KeeperOptions {
    return this.#options;
  }

  get state(): State {
    return this.#state;
  }

  get session(): Session | undefined {
    return this.#session;
  }

  /** The last one that a reply had. */
  get lastZxid(): number {
    return this.#lastZxid;
  }

  /** Why the last connection ended, or none came about. */
  get problem(): string | undefined {
    return this.#problem;
  }

  on(_event: "state", listener: StateListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Sends a request in its turn, and gives what its reply is decoded to. */
  ask<T>(asked: Asked<T>, options: OperationOptions = {}): Promise<T> {
    const refusal = this.#refusal(asked, options);
    if (refusal !== undefined) return Promise.reject(refusal);
    const { timeoutMs = this.#options.requestTimeoutMs } = options;
    const deadlineMs = this.#clock.now() + timeoutMs;
    this.#alarm.set(deadlineMs);
    this.#turnEnd.postpone();
    return this.#pipeline.ask(asked, deadlineMs, options);
  }

  async addAuth(credential: Credential, options: OperationOptions = {}): Promise<void> {
    const asked = authRequest(credential);
    const refusal = this.#refusal(asked, options);
    if (refusal !== undefined) throw refusal;
    this.#credentials.push(credential);
    await this.ask(asked, options);
  }

  close(options: OperationOptions): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async #close(options: OperationOptions): Promise<void> {
    if (this.#state === "connected") {
      try {
        await this.ask(CLOSE_SESSION, options);
      } catch {
        // Whatever became of it, the client ends; the server ends the session at its timeout.
      }
    }
    this.#end("closed", ClientErrorCode.closing);
  }

  #refusal(
    { path }: Asked<unknown>,
    { signal, session }: OperationOptions,
  ): ZooKeeperError | undefined {
    if (this.#state === "authFailed") return errorOf(ErrorCode.authFailed, { path });
    if (this.#closing !== undefined) return errorOf(ClientErrorCode.closing, { path });
    if (signal?.aborted) return errorOf(ClientErrorCode.aborted, { path, cause: signal.reason });
    if (session === undefined || session === this.#session) return undefined;
    return errorOf(ErrorCode.sessionExpired, { path });
  }

  #openConnection(): void {
    const { openTransport } = this.#options;
    const connection = new Connection(openTransport, this.#addresses.next(), this.#clock, {
      onOpen: () => this.#onOpen(connection),
      onAnswer: (answer, sentMs) => this.#onAnswer(connection, answer, sentMs),
      onReply: (header, reader) => this.#onReply(header, reader),
      onHeartbeat: (sentMs) => this.#onAnswered(sentMs),
      onEnd: (reason) => this.#disconnect(reason),
    });
    this.#connection = connection;
    this.#setAlarm();
  }

  #onOpen(connection: Connection): void {
    const identity = this.#burial ?? this.#session?.identity ?? NEW_SESSION;
    // What one session has seen is no promise to another, and must not keep it out of a server that starts afresh.
    const lastZxid = identity === this.#session?.identity ? this.#lastZxid : 0;
    connection.connect(identity, this.#options.sessionTimeoutMs, lastZxid);
  }

  #onAnswer(connection: Connection, answer: ConnectAnswer, sentMs: number): void {
    if (this.#burial !== undefined) {
      if (answer.timeoutMs > 0) connection.send(CLOSE_SESSION_FRAME, this.#clock.now());
      else this.#disconnect("the lost session is over");
      return;
    }
    if (answer.timeoutMs <= 0) {
      if (this.#session === undefined) this.#disconnect("the server refused a new session");
      else this.#lose(false, "the server has ended it");
      return;
    }
    if (this.#session === undefined) {
      this.#session = new ClientSession(answer, sentMs, this.#clock);
      this.#lastZxid = 0;
    } else {
      this.#session.resume(answer.timeoutMs, sentMs);
    }
    this.#startRequests();
    this.#setState("connected", this.#session);
    this.#flush();
    this.#setAlarm();
  }

  /** Puts before the requests that wait what the server has to know of this connection. */
  #startRequests(): void {
    this.rearm(this.watches.rearm(this.#lastZxid), () => this.watches.onRearmed());
    this.#pipeline.askFirst(this.#credentials.map(authRequest), () => {
      // A refusal ends the client, in onReply.
    });
  }

  /** Sets watches again. */
  rearm(requests: readonly SetWatchesRequest[], onRearmed: () => void): void {
    const asked = requests.map((request, index) => ({
      request,
      decode: () => {
        if (index === requests.length - 1) onRearmed();
      },
    }));
    this.#pipeline.askFirst(asked, (error) => this.watches.failAll(error));
    this.#turnEnd.postpone();
  }

  #onReply(header: ReplyHeader, reader: JuteReader): void {
    if (header.xid === ReservedXid.notification) {
      const { type, path } = readWatcherEvent(reader);
      this.watches.dispatch(type, path, header.zxid);
      return;
    }
    if (this.#burial !== undefined) {
      this.#disconnect("the lost session is over");
      return;
    }
    if (header.zxid > this.#lastZxid) this.#lastZxid = header.zxid;
    const pending = this.#pipeline.accept(header, reader);
    if (pending === undefined) throw new Error(`a reply to xid ${header.xid} that is not due`);
    if (pending.sentMs !== undefined) this.#onAnswered(pending.sentMs);
    if (header.xid === ReservedXid.auth && header.err !== ErrorCode.ok) {
      this.#end("authFailed", ErrorCode.authFailed);
    } else if (this.#pipeline.canSend) {
      this.#turnEnd.postpone();
    }
  }

  #onAnswered(sentMs: number): void {
    this.#session?.extend(sentMs);
    this.#addresses.onSuccess();
  }

  #flush(): void {
    while (this.#state === "connected" && this.#pipeline.canSend) {
      const nowMs = this.#clock.now();
      const message = this.#pipeline.takeMessage(nowMs);
      if (message.length > 0) this.#connection?.send(message, nowMs);
    }
  }

  #disconnect(reason: string): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    this.#problem = reason;
    connection.close();
    if (this.#closing !== undefined) {
      this.#end("closed", ClientErrorCode.closing);
      return;
    }
    let delayMs = this.#addresses.nextDelayMs();
    if (this.#burial !== undefined && connection.isOpen) {
      this.#burial = undefined;
      delayMs = 0;
    }
    this.#retryAtMs = this.#clock.now() + delayMs;
    this.watches.disconnect();
    this.#pipeline.disconnect(reason, this.#session);
    if (this.#state === "connected") {
      this.#setState("suspended", this.#session, new Error(reason));
    }
    this.#setAlarm();
  }

  /** The session is over, or nobody can tell any more. It is never returned to. */
  #lose(mayLive: boolean, reason: string): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    if (mayLive) this.#burial = session.identity;
    this.#connection?.close();
    this.#connection = undefined;
    this.#retryAtMs = this.#clock.now();
    const cause = new Error(reason);
    this.#leave("lost", session, errorOf(ErrorCode.sessionExpired, { cause }));
    this.#setAlarm();
  }

  #end(state: "closed" | "authFailed", code: number): void {
    if (this.#state === "closed" || this.#state === "authFailed") return;
    const session = this.#session;
    this.#session = undefined;
    this.#connection?.close();
    this.#connection = undefined;
    this.#alarm.clear();
    this.#leave(state, session, errorOf(code));
  }

  /** Ends all that belongs to a session. */
  #leave(state: State, session: ClientSession | undefined, error: ZooKeeperError): void {
    const previous = this.#state;
    this.#state = state;
    session?.end(error);
    this.#pipeline.failAll(error.code, error.cause);
    this.watches.failAll(error);
    this.#tell({ state, previous, session, cause: error });
  }

  #setState(state: State, session: ClientSession | undefined, cause?: Error): void {
    const previous = this.#state;
    this.#state = state;
    this.#tell({ state, previous, session, cause });
  }

  #tell(change: StateChange): void {
    for (const listener of this.#listeners) callBack(listener, change);
  }

  #tick(): void {
    const nowMs = this.#clock.now();
    if (this.#session !== undefined && nowMs >= this.#session.deadlineMs) {
      this.#lose(true, "no server has answered for its timeout");
    }
    if (nowMs >= this.#pipeline.deadlineMs) this.#pipeline.expire(nowMs);
    if (nowMs >= this.#connectionDueMs()) this.#attend(nowMs);
    this.#setAlarm();
  }

  /** Does what is due about the connection. */
  #attend(nowMs: number): void {
    const connection = this.#connection;
    if (connection === undefined) this.#openConnection();
    else if (this.#state !== "connected") this.#disconnect("no answer to the handshake");
    else if (nowMs >= connection.heardMs + this.#readTimeoutMs()) {
      this.#disconnect("the server is silent");
    } else {
      connection.beat(nowMs);
    }
  }

  #connectionDueMs(): number {
    const connection = this.#connection;
    if (connection === undefined) return this.#retryAtMs;
    const readTimeoutMs = this.#readTimeoutMs();
    if (this.#state !== "connected") {
      const connectMs = Math.max(CONNECT_MS_MIN, readTimeoutMs / this.#addresses.size);
      return connection.startedMs + connectMs;
    }
    return Math.min(connection.heardMs + readTimeoutMs, connection.sentMs + readTimeoutMs / 2);
  }

  #readTimeoutMs(): number {
    return ((this.#session?.timeoutMs ?? this.#options.sessionTimeoutMs) * 2) / 3;
  }

  #setAlarm(): void {
    if (this.#state === "closed" || this.#state === "authFailed") return;
    const sessionMs = this.#session?.deadlineMs ?? Infinity;
    this.#alarm.set(Math.min(sessionMs, this.#pipeline.deadlineMs, this.#connectionDueMs()));
  }
}

function authRequest({ scheme, auth }: Credential): Asked<void> {
  return {
    request: { type: OpCode.auth, authType: 0, scheme, auth: encodeData(auth) },
    decode: () => {},
  };
}
