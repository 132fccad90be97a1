/**
 * ZooKeeper's state machine: one request after another, pure and synchronous. Time, randomness, hashing and storage
 * are passed in; replies come back as values and watch events through a callback, in the order in which a client
 * must see them: every event of a write before its reply.
 */
import { ErrorCode } from "../protocol/error-code.ts";
import { OpCode, Perms } from "../protocol/op-code.ts";
import { markPasswd } from "../protocol/idempotency-key.ts";
import { PASSWD_BYTES } from "../protocol/limits.ts";
import type { ConnectRequest, SessionId, Zxid } from "../protocol/records.ts";
import type { MultiResult, Reply } from "../protocol/replies.ts";
import type { AuthRequest, CreateType, MultiRequest, Request } from "../protocol/requests.ts";
import { permits } from "./acl.ts";
import { addIds } from "./client-ids.ts";
import { authenticate, credentialOf, presentedToken, type Sha1Base64, subjectId } from "./auth.ts";
import { createInMulti } from "./create-mode.ts";
import {
  applyWrite,
  removeZnode,
  setACL,
  type WriteContext,
  type WriteResult,
  type ZnodeChange,
} from "./data-tree.ts";
import {
  allows,
  covers,
  firstDenied,
  type Grant,
  isOver,
  isUnproven,
  mayResume,
  UNPROVEN,
} from "./grant.ts";
import { type Answer, type Client, failure, type Outcome } from "./outcome.ts";
import {
  getACL,
  getAllChildrenNumber,
  getEphemerals,
  multiRead,
  read,
  whoAmI,
} from "./read-requests.ts";
import type { AnswerStore } from "./idempotency.ts";
import { type CoreLimits, NO_LIMITS } from "./limits.ts";
import { negotiateTimeoutMs, type SessionTimeouts } from "./session-tracker.ts";
import type { Session, Store } from "./store.ts";
import { UndoLog } from "./undo-log.ts";
import type { NotifyWatcher, WatchManager } from "./watch-manager.ts";
import {
  addWatch,
  checkWatches,
  removeWatches,
  setWatches,
  watchesWanted,
} from "./watch-requests.ts";

export type { Client, Outcome } from "./outcome.ts";

/** What a step may use of the world outside. */
export interface StepContext {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly notify: NotifyWatcher;
  /** Told of every reply, for statistics; `bytes` counts its length, too. */
  readonly onReply?: OnReply | undefined;
}

export type OnReply = (type: number, xid: number, zxid: Zxid, err: number, bytes: number) => void;

export type ConnectOutcome =
  | { readonly kind: "opened" | "resumed"; readonly session: Session }
  /** The session is unknown or the password wrong: the client is told so, then disconnected. */
  | { readonly kind: "expired" }
  /** The client has seen a later state than this server: it is disconnected without a word. */
  | { readonly kind: "ahead" };

export interface StateMachineOptions {
  readonly store: Store;
  readonly watches: WatchManager;
  readonly sessionTimeouts: SessionTimeouts;
  readonly randomBytes: (count: number) => Uint8Array<ArrayBuffer>;
  readonly sha1Base64: Sha1Base64;
  /** Whether hard limits of quotas forbid anything (`enforceQuota`); they do not unless this is set. */
  readonly enforceQuota?: boolean | undefined;
  /** `super:base64(sha1("super:password"))`: whoever proves it is stopped by no ACL. */
  readonly superDigest?: string | undefined;
  readonly limits?: CoreLimits;
  /** Whether writes that have a key are done once; they are unless this is false, as in ZooKeeper. */
  readonly idempotencyKeys?: boolean | undefined;
}

export class StateMachine {
  readonly #store: Store;
  readonly #watches: WatchManager;
  readonly #options: StateMachineOptions;

  constructor(options: StateMachineOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#watches = options.watches;
  }

  get limits(): CoreLimits {
    return this.#options.limits ?? NO_LIMITS;
  }

  get knowsIdempotencyKeys(): boolean {
    return this.#options.idempotencyKeys ?? true;
  }

  get answers(): AnswerStore {
    return this.#store.answers;
  }

  get lastZxid(): Zxid {
    return this.#store.lastZxid;
  }

  /** Opens a new session or resumes one (`ZooKeeperServer.processConnectRequest`). */
  connect(request: ConnectRequest, nowMs: number, grant?: Grant): ConnectOutcome {
    if (request.lastZxidSeen > this.#store.lastZxid) return { kind: "ahead" };
    const timeoutMs = negotiateTimeoutMs(request.timeOut, this.#options.sessionTimeouts);
    if (request.sessionId !== 0) return this.#resume(request, timeoutMs, grant);
    return { kind: "opened", session: this.openSession(timeoutMs, nowMs, grant) };
  }

  /** Opens a session with a timeout, whatever the limits of those that are asked for. It belongs to the grant's subject. */
  openSession(
    timeoutMs: number,
    nowMs: number,
    grant: Grant | undefined,
    isLease = false,
  ): Session {
    this.#store.lastZxid += 1;
    const passwd = this.#options.randomBytes(PASSWD_BYTES);
    if (this.knowsIdempotencyKeys) markPasswd(passwd);
    const session: Session = {
      id: this.#newSessionId(),
      passwd,
      timeoutMs,
      createdMs: nowMs,
      subject: grant?.subject,
      ...(isLease && { isLease }),
    };
    this.#store.putSession(session);
    return session;
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

  /**
   * Deletes a container or a znode with a TTL, as nobody's request, if it still has no children
   * (`PrepRequestProcessor`, deleteContainer). Takes a zxid in any case.
   */
  reap(path: string, context: StepContext): void {
    const zxid = this.nextZxid();
    const znode = this.#store.getZnode(path);
    if (znode === undefined || znode.numChildren > 0 || znode.ephemeralOwner !== 0) return;
    this.#fire([removeZnode(this.#store, path, zxid)], context);
  }

  /** Does one request of an established session. */
  apply(request: Request, client: Client, context: StepContext): Outcome {
    if (client.grant !== undefined) {
      const denied = this.#deny(request, client.grant, client.sessionId);
      if (denied !== undefined) return denied;
    }
    switch (request.type) {
      case OpCode.create:
      case OpCode.create2:
      case OpCode.createContainer:
      case OpCode.createTTL:
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
      case OpCode.deleteContainer:
        return refuse(ErrorCode.badArguments, this.nextZxid());
      case OpCode.reconfig:
        return refuse(ErrorCode.reconfigDisabled, this.nextZxid());
      case OpCode.auth:
        return this.#auth(request, client, context.nowMs);
      case OpCode.sasl:
        // A server without SASL has nothing to say in return, and says that with zxid 0.
        return { err: ErrorCode.ok, zxid: 0, reply: { type: request.type, token: null } };
      case OpCode.closeSession: {
        if (client.sessionId === 0) return refuse(ErrorCode.badArguments, this.#store.lastZxid);
        const zxid = this.closeSession(client.sessionId, context);
        return { err: ErrorCode.ok, zxid, reply: { type: request.type } };
      }
      default: {
        const answer = this.#look(request, client, context);
        return { err: answer.err, zxid: this.#store.lastZxid, reply: answer.reply };
      }
    }
  }

  /** The requests that leave the tree as it is. */
  #look(request: LookRequest, client: Client, context: StepContext): Answer {
    const store = this.#store;
    const watches = this.#watches;
    const { childrenPerReplyMax, watchesPerSessionMax } = this.limits;
    const wanted = watchesWanted(request);
    if (wanted > 0 && watches.countOf(client) + wanted > watchesPerSessionMax) {
      return failure(ErrorCode.badArguments);
    }
    switch (request.type) {
      case OpCode.exists:
      case OpCode.getData:
      case OpCode.getChildren:
      case OpCode.getChildren2:
        return read(store, watches, request, client, childrenPerReplyMax);
      case OpCode.multiRead:
        return multiRead(store, request, client, childrenPerReplyMax);
      case OpCode.getACL:
        return getACL(store, request, client);
      case OpCode.getAllChildrenNumber:
        return getAllChildrenNumber(store, request, client);
      case OpCode.getEphemerals:
        return getEphemerals(store, request, client);
      case OpCode.whoAmI:
        return whoAmI(client);
      case OpCode.setWatches:
      case OpCode.setWatches2:
        return setWatches(store, watches, request, client, context.notify);
      case OpCode.addWatch:
        return addWatch(watches, request, client);
      case OpCode.checkWatches:
        return checkWatches(watches, request);
      case OpCode.removeWatches:
        return removeWatches(watches, request, client);
      case OpCode.sync:
        return { err: ErrorCode.ok, reply: { type: request.type, path: request.path } };
      case OpCode.ping:
        return { err: ErrorCode.ok, reply: { type: request.type } };
    }
  }

  /**
   * A session, for whoever knows its password and has a grant of its subject, with another timeout if one is given; undefined
   * when it is not there.
   */
  findSession(
    id: SessionId,
    passwd: Uint8Array | null,
    timeoutMs: number | undefined,
    grant: Grant | undefined,
  ): Session | undefined {
    const session = this.#store.getSession(id);
    if (session === undefined || !equalBytes(session.passwd, passwd)) return undefined;
    if (!mayResume(session.subject, grant)) return undefined;
    if (timeoutMs === undefined || session.timeoutMs === timeoutMs) return session;
    const renegotiated = { ...session, timeoutMs };
    this.#store.putSession(renegotiated);
    return renegotiated;
  }

  #resume(
    { sessionId, passwd }: ConnectRequest,
    timeoutMs: number,
    grant: Grant | undefined,
  ): ConnectOutcome {
    const session = this.findSession(sessionId, passwd, timeoutMs, grant);
    return session === undefined ? { kind: "expired" } : { kind: "resumed", session };
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
      enforceQuota: this.#options.enforceQuota ?? false,
    };
  }

  #finish(
    result: WriteResult<Reply | MultiResult>,
    write: WriteContext,
    context: StepContext,
  ): Outcome {
    if (result.err !== ErrorCode.ok) return { err: result.err, zxid: write.zxid, reply: undefined };
    if (result.change !== undefined) this.#fire([result.change], context);
    return { err: ErrorCode.ok, zxid: write.zxid, reply: result.reply as Reply };
  }

  #multi(request: MultiRequest, write: WriteContext, context: StepContext): Outcome {
    const undo = new UndoLog(this.#store);
    const results: MultiResult[] = [];
    const changes: ZnodeChange[] = [];
    for (const asked of request.ops) {
      const op = "flags" in asked ? createInMulti(asked) : asked;
      if (op === undefined) {
        undo.rollBack();
        return refuse(ErrorCode.marshallingError, write.zxid);
      }
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

  /** The answer to a request that a grant does not allow: it does nothing, and takes no zxid. */
  #deny(request: Request, grant: Grant, sessionId: SessionId): Outcome | undefined {
    const { lastZxid } = this.#store;
    // Who knows no more than a session's password must not end what another subject has in it.
    const isAnothers = isUnproven(grant) && this.#store.getSession(sessionId)?.subject !== "";
    if (!allows(grant, request) || (request.type === OpCode.closeSession && isAnothers)) {
      return refuse(ErrorCode.noAuth, lastZxid);
    }
    if (request.type !== OpCode.multi) return undefined;
    const index = firstDenied(grant, request.ops);
    if (index < 0) return undefined;
    const results = failedResults(request, index, ErrorCode.noAuth);
    return { err: ErrorCode.ok, zxid: lastZxid, reply: { type: request.type, results } };
  }

  #auth(request: AuthRequest, client: Client, nowMs: number): Outcome {
    const token = presentedToken(request);
    const isProven =
      token === undefined
        ? this.#proveIdentity(request, client)
        : this.#proveToken(token, client, nowMs);
    // ZooKeeper answers auth with zxid 0.
    if (!isProven) return refuse(ErrorCode.authFailed, 0);
    return { err: ErrorCode.ok, zxid: 0, reply: { type: request.type } };
  }

  #proveIdentity(request: AuthRequest, client: Client): boolean {
    const { sha1Base64, superDigest } = this.#options;
    const { scheme } = request;
    const credential = credentialOf(request);
    const proven = authenticate(scheme, credential, client.address, sha1Base64, superDigest);
    return proven !== undefined && addIds(client, proven);
  }

  /**
   * Whoever has proven nothing so far gets the token's grant; the same subject may renew what it has; who may do everything
   * still may, and is known to ACLs by one more name. Nobody becomes another.
   */
  #proveToken(token: string, client: Client, nowMs: number): boolean {
    const proof = client.takeProof?.(token);
    if (proof === undefined) return false;
    const { grant } = proof;
    if (grant !== undefined && isOver(grant, nowMs)) return false;
    if (isUnproven(client.grant)) {
      if (!this.#claimSession(client.sessionId, grant)) return false;
    } else if (client.grant !== undefined && client.grant.subject !== grant?.subject) {
      return false;
    }
    if (grant !== undefined && !addIds(client, [subjectId(grant.subject)])) return false;
    if (client.grant !== undefined) client.grant = grant;
    return true;
  }

  /** Makes a session that is nobody's yet its client's; false when it is another's. */
  #claimSession(id: SessionId, grant: Grant | undefined): boolean {
    const session = this.#store.getSession(id);
    if (session === undefined) return false;
    if (session.subject !== UNPROVEN.subject) return mayResume(session.subject, grant);
    this.#store.putSession({ ...session, subject: grant?.subject });
    return true;
  }

  /**
   * Tells the watchers. A watch fires also where its owner may not read the znode, but of that nobody is told: a persistent
   * watch would otherwise give away names below it (ZOOKEEPER-4799, CVE-2024-23944).
   */
  #fire(changes: readonly ZnodeChange[], { notify, nowMs }: StepContext): void {
    for (const change of changes) {
      this.#watches.trigger(change, (watcher, type, path) => {
        const acl = path === change.path ? change.acl : change.parentAcl;
        const { authIds, grant } = watcher as Client;
        // A grant may have ended, or been renewed with less, since the watch was set.
        if (grant !== undefined && (isOver(grant, nowMs) || !covers(grant, path, "read"))) return;
        if (permits(acl, Perms.read, authIds)) notify(watcher, type, path);
      });
    }
  }
}

/** Requests that change nothing but, maybe, watches. */
type LookRequest = Exclude<
  Request,
  {
    readonly type:
      | CreateType
      | typeof OpCode.delete
      | typeof OpCode.setData
      | typeof OpCode.setACL
      | typeof OpCode.multi
      | typeof OpCode.deleteContainer
      | typeof OpCode.reconfig
      | typeof OpCode.auth
      | typeof OpCode.sasl
      | typeof OpCode.closeSession;
  }
>;

function refuse(err: Exclude<ErrorCode, 0>, zxid: Zxid): Outcome {
  return { zxid, ...failure(err) };
}

/** Inside a multi, a container and a znode with a TTL are answered as a create2 (`FinalRequestProcessor`). */
function inMulti(result: MultiResult): MultiResult {
  const isSpecial = result.type === OpCode.createContainer || result.type === OpCode.createTTL;
  return isSpecial ? { ...result, type: OpCode.create2 } : result;
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
