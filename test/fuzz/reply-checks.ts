/**
 * What must be true of the bytes that a server sends, whatever it was sent: whole frames, each a record of the protocol to
 * its last byte and written as our own writer writes it; the one reply that the request calls for, behind its events.
 */
import { isDeepStrictEqual } from "node:util";
import type { DecodedFrame, FrameResult } from "../../src/core/frame-handler.ts";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { OpCode, ReservedXid } from "../../src/protocol/op-code.ts";
import {
  readConnectResponse,
  readReplyHeader,
  readWatcherEvent,
  type ReplyHeader,
  type WatcherEvent,
  writeConnectResponse,
} from "../../src/protocol/records.ts";
import { readReply, type Reply, writeReply } from "../../src/protocol/replies.ts";
import { readRequest, type Request, writeRequest } from "../../src/protocol/requests.ts";
import { Finding } from "./connection.ts";

export type Output =
  | { readonly kind: "event"; readonly event: WatcherEvent }
  | { readonly kind: "reply"; readonly header: ReplyHeader; readonly body: Uint8Array };

/** U+FFFD in UTF-8. */
const REPLACEMENT = Buffer.from("efbfbd", "hex");

const CODES: ReadonlySet<number> = new Set(Object.values(ErrorCode));

/** Requests that take a zxid, well-formed or not; and those that take one when they can be read. */
const WRITES: ReadonlySet<number> = new Set([1, 2, 5, 7, 14, 15, 19, 21]);
const WRITES_IF_READ: ReadonlySet<number> = new Set([
  OpCode.reconfig,
  OpCode.deleteContainer,
  OpCode.closeSession,
]);

/** Cuts output into frames, and these into events and replies. */
export function outputOf(bytes: Uint8Array): Output[] {
  return framesOf(bytes).map((frame) => {
    const reader = new JuteReader(frame);
    const header = readReplyHeader(reader);
    // A client may use -1 itself, and then get a reply that looks like an event but for its error.
    if (header.xid !== ReservedXid.notification || header.zxid !== -1 || header.err !== 0) {
      return { kind: "reply", header, body: frame.subarray(16) };
    }
    const event = readWatcherEvent(reader);
    if (reader.remaining > 0) throw new Finding("an event with more than that");
    if (event.type < 1 || event.type > 4 || event.state !== 3) throw new Finding("no such event");
    return { kind: "event", event };
  });
}

export function framesOf(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const frames: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + (at + 4 > bytes.length ? 0 : view.getInt32(at));
    if (end < at + 4 || end > bytes.length) throw new Finding("output that is no whole frame");
    frames.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return frames;
}

/** Checks the answer to a handshake, if there is one. */
export function checkHandshake(bytes: Uint8Array, isAnswered: boolean): void {
  const frames = framesOf(bytes);
  if (frames.length !== (isAnswered ? 1 : 0)) throw new Finding(`${frames.length} answers`);
  for (const frame of frames) {
    const response = readConnectResponse(new JuteReader(frame));
    const writer = new JuteWriter();
    writeConnectResponse(writer, response);
    same(writer.toBytes(), frame, "handshake");
  }
}

/** Checks what came for one request on its own connection. */
export function checkAnswer(
  frame: DecodedFrame | undefined,
  result: FrameResult,
  output: readonly Output[],
  zxids: { readonly before: number; readonly after: number },
): void {
  const replies = output.filter((one) => one.kind === "reply");
  const isSilent = isAnsweredWithSilence(frame);
  if (isSilent && result !== "disconnect") throw new Finding("a frame that was swallowed");
  if (replies.length !== (isSilent ? 0 : 1)) throw new Finding(`${replies.length} replies`);
  const [reply] = replies;
  if (frame === undefined || reply === undefined) {
    if (zxids.after !== zxids.before) throw new Finding("a zxid for nothing");
    return;
  }
  if (output.at(-1) !== reply) throw new Finding("an event behind the reply that it belongs to");
  const { type, request } = frame;
  const takesZxid = WRITES.has(type) || (isRead(request) && WRITES_IF_READ.has(type));
  if (zxids.after !== zxids.before + (takesZxid ? 1 : 0)) {
    throw new Finding(`zxid ${zxids.after} after ${zxids.before}`);
  }
  const wanted = expectedHeader(frame, result, zxids.after, reply.header.err);
  if (!isDeepStrictEqual(reply.header, wanted)) {
    throw new Finding(`header ${JSON.stringify(reply.header)}, not ${JSON.stringify(wanted)}`);
  }
  checkBody(type, reply);
}

/** Frames without a header, and credentials that cannot be read, end the connection without a word. */
function isAnsweredWithSilence(frame: DecodedFrame | undefined): boolean {
  if (frame === undefined) return true;
  const { type, request } = frame;
  return request === "malformed" && (type === OpCode.auth || type === OpCode.sasl);
}

function isRead(request: DecodedFrame["request"]): request is Request {
  return typeof request !== "string";
}

function expectedHeader(
  { xid, type, request }: DecodedFrame,
  result: FrameResult,
  zxid: number,
  err: number,
): ReplyHeader {
  if (request === "unknown") {
    if (result !== "disconnect") throw new Finding("an unknown op, and the connection lives");
    return { xid, zxid: -1, err: ErrorCode.unimplemented };
  }
  if (request === "malformed") return { xid, zxid, err: ErrorCode.marshallingError };
  if (!CODES.has(err)) throw new Finding(`no error has the number ${err}`);
  const isEnd = err === ErrorCode.authFailed ? "disconnect" : "open";
  if (result !== (type === OpCode.closeSession ? "sessionClosed" : isEnd)) {
    throw new Finding(`${result} after op ${type} with error ${err}`);
  }
  const isAuth = type === OpCode.auth || type === OpCode.sasl;
  return { xid: type === OpCode.ping ? ReservedXid.ping : xid, zxid: isAuth ? 0 : zxid, err };
}

function checkBody(type: number, { header, body }: Output & { kind: "reply" }): void {
  if (header.err !== 0) {
    if (body.length > 0) throw new Finding("an error with a body");
    return;
  }
  const reader = new JuteReader(body);
  const reply = readReply(reader, type);
  if (reply === undefined || reader.remaining > 0) throw new Finding(`a reply not of op ${type}`);
  checkResults(reply);
  const writer = new JuteWriter();
  writeReply(writer, reply);
  same(writer.toBytes(), body, `reply of op ${type}`);
}

/** A multi is done or failed, and says so of all its ops. */
function checkResults(reply: Reply): void {
  if (reply.type !== OpCode.multi) return;
  const errors = reply.results.flatMap((one) => (one.type === OpCode.error ? [one.err] : []));
  if (errors.length === 0) return;
  if (errors.length < reply.results.length) throw new Finding("half a multi");
  const failed = errors.findIndex((err) => err !== 0);
  const isRight = errors.every((err, i) => (i < failed ? err === 0 : i === failed || err === -2));
  if (failed < 0 || !isRight) throw new Finding(`a multi that failed with ${errors.join()}`);
}

/**
 * A request that was read means something: written again it is not longer than what it was read from, and reads as the
 * same.
 */
export function checkRequest(request: Request, bytes: Uint8Array): void {
  const writer = new JuteWriter();
  writeRequest(writer, request);
  const again = writer.toBytes();
  // A byte that is no UTF-8 was read as a letter of three.
  const isExact = Buffer.from(again).indexOf(REPLACEMENT) < 0;
  if (isExact && again.length > bytes.length) throw new Finding("more was read than there is");
  const reread = readRequest(new JuteReader(again), request.type);
  if (hasNumberBeyondLong(request)) return;
  if (!isDeepStrictEqual(reread, request)) throw new Finding("it does not read as it was written");
}

/** The largest 64-bit numbers are rounded to one more when they are read. Nobody has issued them. */
function hasNumberBeyondLong(request: Request): boolean {
  const parts: readonly object[] = "ops" in request ? request.ops : [request];
  return parts.some((part) => Object.values(part).includes(2 ** 63));
}

function same(actual: Uint8Array, expected: Uint8Array, what: string): void {
  if (Buffer.compare(actual, expected) !== 0) throw new Finding(`${what} not as it is written`);
}
