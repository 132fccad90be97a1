/**
 * Writes that are done once, however often they are asked for: the first answer is kept under a key, in the same transaction as
 * what was done, and given to whoever asks again.
 */
import type { SessionId, Zxid } from "../protocol/records.ts";
import { JuteReader } from "../protocol/jute-reader.ts";
import { OpCode } from "../protocol/op-code.ts";
import type { MultiOp, Request } from "../protocol/requests.ts";
import { createModeOf } from "./create-mode.ts";

/** How long an answer is kept at least. */
export const ANSWERS_KEPT_MS = 10 * 60_000;

export interface KeptAnswer {
  /** Of what was asked. */
  readonly hash: number;
  readonly zxid: Zxid;
  readonly err: number;
  /** The reply's record; empty for an error. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** What whoever asked wants to know when it asks again. */
  readonly note: string | null;
}

/** Whether what was asked was done: a transaction that was not says so in its results. */
export function isDone({ err, body }: KeptAnswer): boolean {
  return err === 0 && !(body.length > 4 && new JuteReader(body).readInt() === OpCode.error);
}

export interface AnswerStore {
  find(key: string, nowMs: number): KeptAnswer | undefined;
  keep(key: string, answer: KeptAnswer, nowMs: number): void;
  /** Whether no more can be kept now. */
  isFull(nowMs: number): boolean;
}

/** What a request is known by. */
export interface OnceKey {
  readonly key: string;
  readonly hash: number;
  readonly note: string | null;
  /** The answer, or null when there is none, where that has been looked up. */
  readonly known?: KeptAnswer | null;
  /** Whether the answer that it was not done is kept, too. Otherwise it is tried again when it is asked for again. */
  readonly keepsFailures: boolean;
}

/** Gives the writes of a connection their keys, instead of those that the requests have. */
export interface Journal {
  /** The key of the next write, which is of this type. */
  next(type: number): OnceKey;
}

/** The key of a request on the wire: nobody meets the keys of another subject, nor a session's ephemerals those of the next. */
export function scopedKey(
  key: string,
  request: Request,
  subject: string,
  sessionId: SessionId,
): string {
  const session = createsEphemeral(request) ? sessionId : 0;
  return `w${subject.length}:${subject}${session}:${key}`;
}

function createsEphemeral(request: Request): boolean {
  if (request.type === OpCode.multi) return request.ops.some(isEphemeralCreate);
  return "flags" in request && isEphemeralCreate(request);
}

function isEphemeralCreate(op: MultiOp): boolean {
  return "flags" in op && createModeOf(op)?.isEphemeral === true;
}

/** A hash of bytes, in 52 bits: two of FNV's 32, with other beginnings. It tells apart what is not meant to be alike. */
export function hashBytes(bytes: Uint8Array): number {
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  for (const byte of bytes) {
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x85ebca6b);
    high ^= high >>> 13;
  }
  return (high >>> 12) * 2 ** 32 + (low >>> 0);
}
