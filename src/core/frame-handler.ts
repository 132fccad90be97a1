/**
 * From a frame's bytes to the bytes of its answer: decode, apply, encode. What a server does with a frame that is
 * no valid request is decided here, as seen on ZooKeeper 3.8.0.
 */
import { ErrorCode } from "../protocol/error-code.ts";
import { JuteError, JuteReader } from "../protocol/jute-reader.ts";
import type { JuteWriter } from "../protocol/jute-writer.ts";
import { IDEMPOTENCY_KEY_REUSED, readIdempotencyKey } from "../protocol/idempotency-key.ts";
import {
  FRAME_HEADER_BYTES,
  REPLY_HEADER_BYTES,
  REQUEST_HEADER_BYTES,
} from "../protocol/limits.ts";
import { OpCode, ReservedXid } from "../protocol/op-code.ts";
import {
  type ConnectRequest,
  type ConnectResponse,
  readConnectRequest,
  readRequestHeader,
  type RequestHeader,
  writeConnectResponse,
  writeReplyHeader,
} from "../protocol/records.ts";
import { readRequest, type Request } from "../protocol/requests.ts";
import { type Reply, writeReply } from "../protocol/replies.ts";
import { allows, firstDenied, type Grant, isOver, isUnproven } from "./grant.ts";
import { hashBytes, isDone, type KeptAnswer, type OnceKey, scopedKey } from "./idempotency.ts";
import type { Client, StateMachine, StepContext } from "./state-machine.ts";
import type { Session } from "./store.ts";

/** What becomes of the connection. */
export type FrameResult =
  | "open"
  /** Send what was written, then disconnect. The session lives on. */
  | "disconnect"
  /** Send what was written, then disconnect. The session has ended. */
  | "sessionClosed";

/** Ops that take a zxid even when their body cannot be read. */
const WRITES: ReadonlySet<number> = new Set([
  OpCode.create,
  OpCode.create2,
  OpCode.createContainer,
  OpCode.createTTL,
  OpCode.delete,
  OpCode.setData,
  OpCode.setACL,
  OpCode.multi,
]);

/** Ops of a client whose grant is over: it may end its session, and prove itself anew. */
const OUTLIVING: ReadonlySet<number> = new Set([OpCode.auth, OpCode.closeSession]);
const XID_BYTES = 4;

/** A frame of an established session, decoded. */
export interface DecodedFrame {
  readonly xid: number;
  readonly type: number;
  /** The request, or why there is none. */
  readonly request: Request | "unknown" | "malformed";
  /** Where it has one, with a hash of the request. */
  readonly idempotency?: { readonly key: string; readonly hash: number } | undefined;
}

/** Answers a request that was not looked at because too many others wait (`RequestThrottler`). */
export function throttleRequest(
  machine: StateMachine,
  { xid, type }: RequestHeader,
  out: JuteWriter,
  context: StepContext,
): void {
  refuse(out, xid, type, machine.lastZxid, ErrorCode.throttledOp, context);
}

/** The header of a frame that may be answered unread; undefined for what keeps or ends a session, which may not. */
export function throttlableHeader(frame: Uint8Array): RequestHeader | undefined {
  if (frame.length < REQUEST_HEADER_BYTES) return undefined;
  const header = readRequestHeader(new JuteReader(frame));
  return header.type === OpCode.ping || header.type === OpCode.closeSession ? undefined : header;
}

/** Decodes a frame; undefined when there is not even a header. */
export function decodeFrame(frame: Uint8Array): DecodedFrame | undefined {
  const reader = new JuteReader(frame);
  if (reader.remaining < REQUEST_HEADER_BYTES) return undefined;
  const xid = reader.readInt();
  const type = reader.readInt();
  try {
    const request = readRequest(reader, type) ?? "unknown";
    if (reader.remaining === 0) return { xid, type, request };
    const asked = frame.subarray(XID_BYTES, frame.length - reader.remaining);
    const key = readIdempotencyKey(reader);
    if (key === undefined) return { xid, type, request };
    return { xid, type, request, idempotency: { key, hash: hashBytes(asked) } };
  } catch (error) {
    if (!(error instanceof JuteError)) throw error;
    return { xid, type, request: "malformed" };
  }
}

/** Handles one frame of an established session and writes the reply behind what `out` holds already. */
export function handleFrame(
  machine: StateMachine,
  client: Client,
  frame: DecodedFrame | undefined,
  out: JuteWriter,
  context: StepContext,
): FrameResult {
  if (frame === undefined) return "disconnect";
  const { xid, type, request } = frame;
  const { grant } = client;
  if (grant !== undefined && isOver(grant, context.nowMs) && !OUTLIVING.has(type)) {
    return "disconnect";
  }
  if (request === "malformed") {
    if (type === OpCode.auth || type === OpCode.sasl) return "disconnect";
    if (isUnproven(grant)) {
      refuse(out, xid, type, machine.lastZxid, ErrorCode.noAuth, context);
      return "open";
    }
    const zxid = WRITES.has(type) ? machine.nextZxid() : machine.lastZxid;
    refuse(out, xid, type, zxid, ErrorCode.marshallingError, context);
    return "open";
  }
  if (request === "unknown") {
    refuse(out, xid, type, -1, ErrorCode.unimplemented, context);
    return "disconnect";
  }
  const once = onceKeyOf(machine, client, frame);
  if (once === undefined) return answer(machine, client, xid, request, out, context);
  const known =
    once.known === undefined ? machine.answers.find(once.key, context.nowMs) : once.known;
  if (known?.hash === once.hash) {
    answerAgain(known, xid, type, out, context);
    return "open";
  }
  if (known || machine.answers.isFull(context.nowMs)) {
    const err = known ? IDEMPOTENCY_KEY_REUSED : ErrorCode.throttledOp;
    refuse(out, xid, type, machine.lastZxid, err, context);
    return "open";
  }
  return answer(machine, client, xid, request, out, context, once);
}

/** What a write is known by that is to be done once; undefined for all others. */
function onceKeyOf(
  machine: StateMachine,
  client: Client,
  frame: DecodedFrame,
): OnceKey | undefined {
  const { request } = frame;
  const once = wantedKeyOf(machine, client, frame);
  // What a grant does not allow is neither looked up nor kept: a key must not get around it, nor stand in the way of another.
  const { grant } = client;
  if (once === undefined || grant === undefined || typeof request === "string") return once;
  const isAllowed = allows(grant, request) && !hasDeniedOp(grant, request);
  return isAllowed ? once : undefined;
}

function hasDeniedOp(grant: Grant, request: Request): boolean {
  return request.type === OpCode.multi && firstDenied(grant, request.ops) >= 0;
}

function wantedKeyOf(
  machine: StateMachine,
  { journal, grant, sessionId }: Client,
  { type, request, idempotency }: DecodedFrame,
): OnceKey | undefined {
  if (journal !== undefined) {
    return WRITES.has(type) || type === OpCode.closeSession ? journal.next(type) : undefined;
  }
  if (idempotency === undefined || !WRITES.has(type) || typeof request === "string")
    return undefined;
  if (!machine.knowsIdempotencyKeys) return undefined;
  const { key, hash } = idempotency;
  const scoped = scopedKey(key, request, grant?.subject ?? "", sessionId);
  return { key: scoped, hash, note: null, keepsFailures: false };
}

/** Gives the answer that was given before. */
function answerAgain(
  { zxid, err, body }: KeptAnswer,
  xid: number,
  type: number,
  out: JuteWriter,
  context: StepContext,
): void {
  const start = out.length;
  const frame = out.beginFrame();
  writeReplyHeader(out, xid, zxid, err);
  out.writeBytes(body);
  out.endFrame(frame);
  context.onReply?.(type, xid, zxid, err, out.length - start);
}

/** Reads the first frame of a connection; undefined when it is not a connect request. */
export function readHandshake(frame: Uint8Array): ConnectRequest | undefined {
  return attempt(() => readConnectRequest(new JuteReader(frame)));
}

/** Writes the answer to a connect request; a session of undefined says that it is expired. */
export function writeHandshake(
  out: JuteWriter,
  request: ConnectRequest,
  session: Session | undefined,
): void {
  const response: ConnectResponse = {
    protocolVersion: 0,
    timeOut: session?.timeoutMs ?? 0,
    sessionId: session?.id ?? 0,
    passwd: session?.passwd ?? new Uint8Array(16),
    // Clients from before 3.4 do not send the byte and do not expect it.
    readOnly: request.readOnly === undefined ? undefined : false,
  };
  const frame = out.beginFrame();
  writeConnectResponse(out, response);
  out.endFrame(frame);
}

function answer(
  machine: StateMachine,
  client: Client,
  requestXid: number,
  request: Request,
  out: JuteWriter,
  context: StepContext,
  once?: OnceKey,
): FrameResult {
  const { err, zxid, reply } = machine.apply(request, client, context);
  // A ping is answered under its reserved xid, whatever it was sent with.
  const xid = request.type === OpCode.ping ? ReservedXid.ping : requestXid;
  const start = out.length;
  writeReplyFrame(out, xid, zxid, err, reply);
  const isTooLarge = out.length - start - FRAME_HEADER_BYTES > machine.limits.replyBytesMax;
  // Of a write that was done nobody says that it failed.
  if (isTooLarge && !WRITES.has(request.type)) {
    out.truncate(start);
    refuse(out, xid, request.type, zxid, ErrorCode.marshallingError, context);
  } else {
    context.onReply?.(request.type, xid, zxid, err, out.length - start);
  }
  if (once !== undefined) {
    const body = out.toBytes(start + FRAME_HEADER_BYTES + REPLY_HEADER_BYTES);
    const kept = { hash: once.hash, zxid, err, body, note: once.note };
    if (once.keepsFailures || isDone(kept)) machine.answers.keep(once.key, kept, context.nowMs);
  }
  if (request.type === OpCode.closeSession && err === ErrorCode.ok) return "sessionClosed";
  return err === ErrorCode.authFailed ? "disconnect" : "open";
}

/** Answers with an error, which has no body. */
function refuse(
  out: JuteWriter,
  xid: number,
  type: number,
  zxid: number,
  err: number,
  context: StepContext,
): void {
  const start = out.length;
  writeReplyFrame(out, xid, zxid, err, undefined);
  context.onReply?.(type, xid, zxid, err, out.length - start);
}

function writeReplyFrame(
  out: JuteWriter,
  xid: number,
  zxid: number,
  err: number,
  reply: Reply | undefined,
): void {
  const frame = out.beginFrame();
  writeReplyHeader(out, xid, zxid, err);
  if (reply !== undefined) writeReply(out, reply);
  out.endFrame(frame);
}

/** The result of a read, or undefined when the bytes do not allow it. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof JuteError) return undefined;
    throw error;
  }
}
