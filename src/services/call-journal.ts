/**
 * What is kept of a call with an idempotency key: each of its writes under the key and a number, with its answer and a note, in
 * the transaction that does it.
 *
 * Who makes the call again gets the answers again, where the call is the same writes each time. Where it is not, the notes say
 * what it came to, or in which session it was under way.
 */
import {
  hashBytes,
  isDone,
  type Journal,
  type KeptAnswer,
  type OnceKey,
} from "../core/idempotency.ts";
import { OpCode } from "../protocol/op-code.ts";
import type { CallHost, GrantedSession } from "./call-host.ts";
import { HARMLESS_CALLS } from "./harmless-calls.ts";
import type { Call, Caller, CallName } from "./call.ts";
import { fromBase64url, toBase64url } from "./base64url.ts";

const DIGITS = 6;

/** Calls that come to the same writes whenever they are made, so that the answers of these are all that is needed. */
const REPLAYED: ReadonlySet<CallName> = new Set([
  "create",
  "put",
  "delete",
  "setACL",
  "transaction",
  "raiseBarrier",
  "lowerBarrier",
  "putItem",
]);

export interface CallKey {
  /** What the keys of all its answers begin with. */
  readonly prefix: string;
  readonly hash: number;
}

/** What is said behind an answer. */
interface Note {
  /** What the call comes to when the write is done. */
  readonly answer?: unknown;
  /** The session that the call is made in. */
  readonly session?: { readonly id: number; readonly passwd: string };
}

/** What a call is known by; undefined without a key, or where a key means nothing. */
export function callKeyOf({ grant, idempotencyKey: key }: Caller, call: Call): CallKey | undefined {
  if (key === undefined || HARMLESS_CALLS.has(call.name)) return undefined;
  const subject = JSON.stringify(grant?.subject ?? "");
  return { prefix: `c${subject}${key.length}:${key}/`, hash: hashOf(call) };
}

export class CallJournal implements Journal {
  /** Goes with the writes that are done from now on. */
  #note: string | null = null;
  /** The type of write that makes the answer come true; undefined when the note goes with any. */
  #doneBy: number | undefined;
  readonly #key: CallKey;
  readonly #host: CallHost;
  readonly #answers: readonly KeptAnswer[];
  readonly #isReplayed: boolean;
  #next: number;

  constructor(host: CallHost, key: CallKey, name: CallName) {
    this.#host = host;
    this.#key = key;
    this.#answers = host.answersOf(key.prefix);
    this.#isReplayed = REPLAYED.has(name);
    this.#next = this.#isReplayed ? 0 : this.#answers.length;
  }

  /** Whether the key was used for another call. */
  get isReused(): boolean {
    return this.#answers.some(({ hash }) => hash !== this.#key.hash);
  }

  /** What the call has come to already; undefined when nobody knows, or it has come to nothing. */
  get answer(): unknown {
    const done = this.#answers.filter(isDone);
    return done.map(({ note }) => parse(note).answer).find((answer) => answer !== undefined);
  }

  /** The session in which the call was under way last. */
  get session(): { readonly id: number; readonly passwd: Uint8Array } | undefined {
    for (const { note } of this.#answers.toReversed()) {
      const { session } = parse(note);
      const passwd = session && fromBase64url(session.passwd);
      if (session !== undefined && passwd !== undefined) return { id: session.id, passwd };
    }
    return undefined;
  }

  noteSession({ id, passwd }: GrantedSession): void {
    const note: Note = { session: { id, passwd: toBase64url(passwd) } };
    this.#note = JSON.stringify(note);
    this.#doneBy = undefined;
  }

  /** The next write of a type, if it is done, makes the call come to this. */
  noteAnswer(answer: unknown, doneBy: number): void {
    const note: Note = { answer };
    this.#note = JSON.stringify(note);
    this.#doneBy = doneBy;
  }

  /** Keeps what a call comes to that does no write of its own, in the transaction of what was done in this turn. */
  keepAnswer(answer: unknown): void {
    this.noteAnswer(answer, OpCode.closeSession);
    const { key, hash, note } = this.next(OpCode.closeSession);
    this.#host.keepAnswer(key, {
      hash,
      zxid: this.#host.lastZxid,
      err: 0,
      body: new Uint8Array(),
      note,
    });
  }

  next(type: number): OnceKey {
    const { prefix, hash } = this.#key;
    const number = this.#next++;
    const known = this.#isReplayed ? this.#answers[number] : undefined;
    const key = prefix + String(number).padStart(DIGITS, "0");
    const note = this.#doneBy === undefined || this.#doneBy === type ? this.#note : null;
    return { key, hash, note, known: known ?? null, keepsFailures: true };
  }
}

function parse(note: string | null): Note {
  return note === null ? {} : (JSON.parse(note) as Note);
}

function hashOf(call: Call): number {
  const text = JSON.stringify(call, (_name, value: unknown) => {
    if (value instanceof Uint8Array) return { bytes: toBase64url(value) };
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    // The same call, in whatever order its parameters were given.
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
  return hashBytes(new TextEncoder().encode(text));
}
