/**
 * ZooKeeper's state machine: one request after another, pure and synchronous. Time, randomness, hashing and storage
 * are passed in; replies come back as values and watch events through a callback, in the order in which a client
 * must see them: every event of a write before its reply.
 */
import { ErrorCode } from "../protocol/error-code.ts";
import { EventType, OpCode, Perms } from "../protocol/op-code.ts";
import { PASSWD_BYTES } from "../protocol/limits.ts";
import type { ConnectRequest, Id, SessionId, Zxid } from "../protocol/records.ts";
import type { MultiResult, Reply } from "../protocol/replies.ts";
import type {
  AuthRequest,
  GetACLRequest,
  MultiRequest,
  Request,
  SetWatchesRequest,
  WatchableRequest,
} from "../protocol/requests.ts";
import { maskDigests, permits } from "./acl.ts";
import { authenticate, type Sha1Base64 } from "./auth.ts";
import {
  applyWrite,
  removeZnode,
  setACL,
  type WriteContext,
  type WriteResult,
} from "./data-tree.ts";
import { ROOT } from "./path.ts";
import { negotiateTimeoutMs } from "./session-tracker.ts";
import type { Session, Store } from "./store.ts";
import { UndoLog } from "./undo-log.ts";
import type { Change, NotifyWatcher, WatchManager } from "./watch-manager.ts";
import { statOf, type Znode } from "./znode.ts";

/** The connection that a request came over. It is also the watcher that its watches belong to. */
export interface Client {
  readonly sessionId: SessionId;
  /** IPv4 or IPv6 address, without a port. */
  readonly address: string;
  /** Grows with every auth request. */
  authIds: readonly Id[];
}

/** What a step may use of the world outside. */
export interface StepContext {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly notify: NotifyWatcher;
}

export interface Outcome {
  readonly err: ErrorCode;
  readonly zxid: Zxid;
  /** Undefined exactly when `err` is not ok. */
  readonly reply: Reply | undefined;
}

export type ConnectOutcome =
  | { readonly kind: "opened" | "resumed"; readonly session: Session }
  /** The session is unknown or the password wrong: the client is told so, then disconnected. */
  | { readonly kind: "expired" }
  /** The client has seen a later state than this server: it is disconnected without a word. */
  | { readonly kind: "ahead" };

export interface StateMachineOptions {
  readonly store: Store;
  readonly watches: WatchManager;
  readonly tickTimeMs: number;
  readonly randomBytes: (count: number) => Uint8Array<ArrayBuffer>;
  readonly sha1Base64: Sha1Base64;
}

/** UTF-16 units that the identities of a connection may take; one more is refused like a bad credential. */
export const AUTH_IDS_UNITS_MAX = 2_048;

const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

export class StateMachine {
  readonly #store: Store;
  readonly #watches: WatchManager;
  readonly #options: StateMachineOptions;

  constructor(options: StateMachineOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#watches = options.watches;
  }

  get lastZxid(): Zxid {
    return this.#store.lastZxid;
  }

  /** Opens a new session or resumes one (`ZooKeeperServer.processConnectRequest`). */
  connect(request: ConnectRequest, nowMs: number): ConnectOutcome {
    if (request.lastZxidSeen > this.#store.lastZxid) return { kind: "ahead" };
    const timeoutMs = negotiateTimeoutMs(request.timeOut, this.#options.tickTimeMs);
    if (request.sessionId !== 0) return this.#resume(request, timeoutMs);
    this.#store.lastZxid += 1;
    const session: Session = {
      id: this.#newSessionId(),
      passwd: this.#options.randomBytes(PASSWD_BYTES),
      timeoutMs,
      createdMs: nowMs,
    };
    this.#store.putSession(session);
    return { kind: "opened", session };
  }

  /**
   * Ends a session, by its own wish or because it expired: its ephemeral znodes go under one zxid, which is
   * returned, and their watches fire.
   */
  closeSession(id: SessionId, context: StepContext): Zxid {
    const zxid = this.nextZxid();
    const changes = this.#store
      .ephemeralPaths(id)
      .map((path) => removeZnode(this.#store, path, zxid));
    this.#store.deleteSession(id);
    this.#fire(changes, context);
    return zxid;
  }

  /** Takes the next zxid: every write does, also one that fails. */
  nextZxid(): Zxid {
    this.#store.lastZxid += 1;
    return this.#store.lastZxid;
  }

  /** Does one request of an established session. */
  apply(request: Request, client: Client, context: StepContext): Outcome {
    switch (request.type) {
      case OpCode.create:
      case OpCode.create2:
      case OpCode.delete:
      case OpCode.setData: {
        const write = this.#writeContext(client, context);
        return this.#finish(applyWrite(this.#store, request, write), write, context);
      }
      case OpCode.setACL: {
        const write = this.#writeContext(client, context);
        return this.#finish(setACL(this.#store, request, write), write, context);
      }
      case OpCode.multi:
        return this.#multi(request, this.#writeContext(client, context), context);
      case OpCode.exists:
      case OpCode.getData:
      case OpCode.getChildren:
      case OpCode.getChildren2:
        return this.#read(request, client);
      case OpCode.getACL:
        return this.#getACL(request, client);
      case OpCode.sync:
        return this.#ok({ type: request.type, path: request.path });
      case OpCode.ping:
        return this.#ok({ type: request.type });
      case OpCode.auth:
        return this.#auth(request, client);
      case OpCode.setWatches:
        return this.#setWatches(request, client, context);
      case OpCode.closeSession: {
        const zxid = this.closeSession(client.sessionId, context);
        return { err: ErrorCode.ok, zxid, reply: { type: request.type } };
      }
    }
  }

  #resume(request: ConnectRequest, timeoutMs: number): ConnectOutcome {
    const session = this.#store.getSession(request.sessionId);
    if (session === undefined || !equalBytes(session.passwd, request.passwd)) {
      return { kind: "expired" };
    }
    if (session.timeoutMs === timeoutMs) return { kind: "resumed", session };
    const renegotiated = { ...session, timeoutMs };
    this.#store.putSession(renegotiated);
    return { kind: "resumed", session: renegotiated };
  }

  #newSessionId(): SessionId {
    for (;;) {
      // 53 random bits, so that ids of different namespaces do not meet either.
      const [high = 0, ...rest] = this.#options.randomBytes(7);
      const id = rest.reduce((sum, byte) => sum * 256 + byte, high & 0x1f);
      if (id !== 0 && this.#store.getSession(id) === undefined) return id;
    }
  }

  #writeContext(client: Client, context: StepContext): WriteContext {
    return {
      sessionId: client.sessionId,
      authIds: client.authIds,
      zxid: this.nextZxid(),
      nowMs: context.nowMs,
    };
  }

  #finish(
    result: WriteResult<Reply | MultiResult>,
    write: WriteContext,
    context: StepContext,
  ): Outcome {
    if (result.err !== ErrorCode.ok) return { err: result.err, zxid: write.zxid, reply: undefined };
    if (result.change !== undefined) this.#watches.trigger(result.change, context.notify);
    return { err: ErrorCode.ok, zxid: write.zxid, reply: result.reply as Reply };
  }

  #multi(request: MultiRequest, write: WriteContext, context: StepContext): Outcome {
    const undo = new UndoLog(this.#store);
    const results: MultiResult[] = [];
    const changes: Change[] = [];
    for (const op of request.ops) {
      const result = applyWrite(undo, op, write);
      if (result.err !== ErrorCode.ok) {
        undo.rollBack();
        return {
          err: ErrorCode.ok,
          zxid: write.zxid,
          reply: {
            type: request.type,
            results: failedResults(request, results.length, result.err),
          },
        };
      }
      results.push(inMulti(result.reply));
      if (result.change !== undefined) changes.push(result.change);
    }
    this.#fire(changes, context);
    return { err: ErrorCode.ok, zxid: write.zxid, reply: { type: request.type, results } };
  }

  #read(request: WatchableRequest, client: Client): Outcome {
    const { path } = request;
    if (request.type === OpCode.exists && path.includes("\0")) {
      return this.#failed(ErrorCode.badArguments);
    }
    const znode = this.#find(path);
    if (znode === undefined) {
      if (request.type === OpCode.exists && request.watch) this.#watches.add("data", path, client);
      return this.#failed(ErrorCode.noNode);
    }
    // Up to 3.8.3, exists needs no permission.
    if (request.type !== OpCode.exists && !permits(znode.acl, Perms.read, client.authIds)) {
      return this.#failed(ErrorCode.noAuth);
    }
    const isList = request.type === OpCode.getChildren || request.type === OpCode.getChildren2;
    if (request.watch) this.#watches.add(isList ? "child" : "data", path, client);
    switch (request.type) {
      case OpCode.exists:
        return this.#ok({ type: request.type, stat: statOf(znode) });
      case OpCode.getData:
        return this.#ok({ type: request.type, data: znode.data, stat: statOf(znode) });
      case OpCode.getChildren:
        return this.#ok({ type: request.type, children: this.#childNames(path) });
      case OpCode.getChildren2: {
        const children = this.#childNames(path);
        return this.#ok({ type: request.type, children, stat: statOf(znode) });
      }
    }
  }

  #getACL(request: GetACLRequest, client: Client): Outcome {
    const znode = this.#find(request.path);
    if (znode === undefined) return this.#failed(ErrorCode.noNode);
    if (!permits(znode.acl, Perms.read | Perms.admin, client.authIds)) {
      return this.#failed(ErrorCode.noAuth);
    }
    const mayAdmin = permits(znode.acl, Perms.admin, client.authIds);
    const acl = mayAdmin ? znode.acl : maskDigests(znode.acl);
    return this.#ok({ type: request.type, acl, stat: statOf(znode) });
  }

  #auth(request: AuthRequest, client: Client): Outcome {
    const credential = request.auth === null ? null : decoder.decode(request.auth);
    const { sha1Base64 } = this.#options;
    const id = authenticate(request.scheme, credential, client.address, sha1Base64);
    // ZooKeeper answers auth with zxid 0.
    if (id === undefined) return { err: ErrorCode.authFailed, zxid: 0, reply: undefined };
    if (!client.authIds.some((known) => known.scheme === id.scheme && known.id === id.id)) {
      const authIds = [...client.authIds, id];
      if (sizeOf(authIds) > AUTH_IDS_UNITS_MAX) {
        return { err: ErrorCode.authFailed, zxid: 0, reply: undefined };
      }
      client.authIds = authIds;
    }
    return { err: ErrorCode.ok, zxid: 0, reply: { type: request.type } };
  }

  /** Restores watches after a reconnect; what changed meanwhile fires at once (`DataTree.setWatches`). */
  #setWatches(request: SetWatchesRequest, client: Client, context: StepContext): Outcome {
    const { relativeZxid } = request;
    for (const path of request.dataWatches) {
      const znode = this.#find(path);
      if (znode === undefined) context.notify(client, EventType.nodeDeleted, path);
      else if (znode.mzxid > relativeZxid) context.notify(client, EventType.nodeDataChanged, path);
      else this.#watches.add("data", path, client);
    }
    for (const path of request.existWatches) {
      if (this.#find(path) !== undefined) context.notify(client, EventType.nodeCreated, path);
      else this.#watches.add("data", path, client);
    }
    for (const path of request.childWatches) {
      const znode = this.#find(path);
      if (znode === undefined) context.notify(client, EventType.nodeDeleted, path);
      else if (znode.pzxid > relativeZxid)
        context.notify(client, EventType.nodeChildrenChanged, path);
      else this.#watches.add("child", path, client);
    }
    return this.#ok({ type: request.type });
  }

  /** ZooKeeper's map of znodes holds the root under "" as well, so a read of "" finds it. */
  #find(path: string): Znode | undefined {
    return this.#store.getZnode(path === "" ? ROOT : path);
  }

  #childNames(path: string): readonly string[] {
    return this.#store.childNames(path === "" ? ROOT : path);
  }

  #fire(changes: readonly Change[], context: StepContext): void {
    for (const change of changes) this.#watches.trigger(change, context.notify);
  }

  #ok(reply: Reply): Outcome {
    return { err: ErrorCode.ok, zxid: this.#store.lastZxid, reply };
  }

  #failed(err: Exclude<ErrorCode, 0>): Outcome {
    return { err, zxid: this.#store.lastZxid, reply: undefined };
  }
}

function sizeOf(ids: readonly Id[]): number {
  return ids.reduce((sum, { scheme, id }) => sum + scheme.length + id.length, 0);
}

/** A create2 inside a multi is answered as a create, without a Stat (seen on 3.8.0). */
function inMulti(result: MultiResult): MultiResult {
  return result.type === OpCode.create2 ? { type: OpCode.create, path: result.path } : result;
}

/** A failed multi says 0 before the op that failed and -2 behind it. */
function failedResults(
  request: MultiRequest,
  failedIndex: number,
  err: Exclude<ErrorCode, 0>,
): MultiResult[] {
  return request.ops.map((_, index) => ({
    type: OpCode.error,
    err:
      index < failedIndex
        ? ErrorCode.ok
        : index === failedIndex
          ? err
          : ErrorCode.runtimeInconsistency,
  }));
}

/** In time that does not depend on where the difference is: the password is a secret. */
function equalBytes(own: Uint8Array, presented: Uint8Array | null): boolean {
  if (presented === null || presented.length !== own.length) return false;
  let difference = 0;
  for (let i = 0; i < own.length; i++) difference |= (own[i] as number) ^ (presented[i] as number);
  return difference === 0;
}
