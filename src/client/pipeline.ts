/**
 * Requests on their way: those that wait to be sent, in the order in which they were asked for, and those that wait for
 * their reply, in the order in which they were sent.
 */
import { ErrorCode } from "../protocol/error-code.ts";
import type { JuteReader } from "../protocol/jute-reader.ts";
import { JuteWriter } from "../protocol/jute-writer.ts";
import { OpCode, ReservedXid } from "../protocol/op-code.ts";
import { type ReplyHeader, writeRequestHeader } from "../protocol/records.ts";
import { writeRequest } from "../protocol/requests.ts";
import { errorOf, type ZooKeeperError } from "./errors.ts";
import { Line } from "./line.ts";
import type { OperationOptions } from "./operation-options.ts";
import { type Asked, PendingRequest } from "./pending-request.ts";
import type { Session } from "./session.ts";

/** A message is sent when it has this many bytes. */
const MESSAGE_BYTES = 512 * 1024;
/** Servers refuse more than 20,000 of one connection at a time. */
const SENT_MAX = 10_000;
/** A read that has cost so many connections may well be what costs them. */
const SENDS_MAX = 10;
const XID_MAX = 2 ** 31 - 1;

export class Pipeline {
  readonly #requestBytesMax: number;
  readonly #writer = new JuteWriter();
  readonly #waiting = new Line<PendingRequest>();
  readonly #sent = new Line<PendingRequest>();
  /** Apart, because a server may answer them ahead of others. */
  readonly #sentAuths = new Line<PendingRequest>();
  #deadlineMs = Infinity;
  #xid = 0;

  constructor(requestBytesMax: number) {
    this.#requestBytesMax = requestBytesMax;
  }

  /** Whether there is something that may be sent now. */
  get canSend(): boolean {
    return this.#waiting.length > 0 && this.#sent.length < SENT_MAX;
  }

  /** No request is due before, on the client's clock. */
  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /** Puts a request behind all that wait, and gives what its reply is decoded to. */
  ask<T>(
    asked: Asked<T>,
    deadlineMs: number,
    { signal, idempotencyKey }: OperationOptions,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const onResult = resolve as (result: unknown) => void;
      const pending = new PendingRequest(asked, deadlineMs, onResult, reject, idempotencyKey);
      if (signal !== undefined) pending.abortWith(signal);
      if (deadlineMs < this.#deadlineMs) this.#deadlineMs = deadlineMs;
      this.#waiting.push(pending);
    });
  }

  /** Puts requests of the client itself before all that wait; they are about this connection only. */
  askFirst(requests: readonly Asked<unknown>[], onFailure: (error: ZooKeeperError) => void): void {
    const onError = onFailure as (error: unknown) => void;
    const pending = requests.map((asked) => {
      const ofConnection = { ...asked, isOfConnection: true };
      return new PendingRequest(ofConnection, Infinity, () => {}, onError);
    });
    this.#waiting.prepend(pending);
  }

  /** Frames of what waits, as much as fits in a message; empty when there is nothing. */
  takeMessage(nowMs: number): Uint8Array<ArrayBuffer> {
    while (this.canSend && this.#writer.length < MESSAGE_BYTES) {
      const pending = this.#waiting.shift();
      if (pending !== undefined && !pending.isSettled) this.#write(pending, nowMs);
    }
    return this.#writer.take();
  }

  /** Hands a reply to the request that it answers, and returns that; undefined when no such reply was due. */
  accept(header: ReplyHeader, reader: JuteReader): PendingRequest | undefined {
    const line = header.xid === ReservedXid.auth ? this.#sentAuths : this.#sent;
    const pending = line.first();
    if (pending === undefined || pending.xid !== header.xid) return undefined;
    line.shift();
    const { err } = header;
    if (err === ErrorCode.ok || err === pending.expectedErr) pending.accept(reader, header);
    else pending.fail(errorOf(err, { path: pending.path }));
    return pending;
  }

  /**
   * The connection is gone. Writes that were sent fail, since nobody knows what became of them, unless the server does them once
   * anyway; the rest waits for the
   * next connection, but for what was only about this one.
   */
  disconnect(reason: string, session: Session | undefined): void {
    const again: PendingRequest[] = [];
    const sent = [...this.#sentAuths.takeAll(), ...this.#sent.takeAll()];
    for (const pending of sent) {
      const { path, outcome, key } = pending;
      if ((pending.isWrite && !key?.isKeptIn(session)) || pending.timesSent === SENDS_MAX) {
        const cause = new Error(reason);
        pending.fail(errorOf(ErrorCode.connectionLoss, { path, outcome, cause }));
      } else {
        again.push(pending);
      }
    }
    const rest = [...again, ...this.#waiting.takeAll()];
    for (const pending of rest) if (!pending.isOfConnection) this.#waiting.push(pending);
  }

  /** Fails everything. */
  failAll(code: number, cause?: unknown): void {
    for (const line of [this.#sentAuths, this.#sent, this.#waiting]) {
      for (const pending of line.takeAll()) {
        const { path, outcome } = pending;
        pending.fail(errorOf(code, { path, outcome, cause }));
      }
    }
  }

  /** Fails what has waited too long. */
  expire(nowMs: number): void {
    let nearestMs = Infinity;
    for (const line of [this.#sentAuths, this.#sent, this.#waiting]) {
      for (const pending of line) {
        const { path, outcome, deadlineMs } = pending;
        if (pending.isSettled) continue;
        if (deadlineMs > nowMs) nearestMs = Math.min(nearestMs, deadlineMs);
        else pending.fail(errorOf(ErrorCode.operationTimeout, { path, outcome }));
      }
    }
    this.#deadlineMs = nearestMs;
  }

  #write(pending: PendingRequest, nowMs: number): void {
    const writer = this.#writer;
    const { request } = pending;
    pending.onSend?.();
    pending.xid = this.#xidOf(request.type);
    const frame = writer.beginFrame();
    const problem = this.#tryWrite(pending);
    if (problem !== undefined) {
      writer.truncate(frame);
      pending.fail(problem);
      return;
    }
    writer.endFrame(frame);
    pending.sentMs = nowMs;
    pending.timesSent++;
    (request.type === OpCode.auth ? this.#sentAuths : this.#sent).push(pending);
  }

  /** What is wrong with the request: it would cost the connection. */
  #tryWrite({ request, xid, path, key }: PendingRequest): Error | undefined {
    const writer = this.#writer;
    const start = writer.length;
    try {
      writeRequestHeader(writer, { xid, type: request.type });
      writeRequest(writer, request);
      key?.writeTo(writer);
    } catch (error) {
      return new TypeError(`cannot be written: ${String(error)}`, { cause: error });
    }
    const bytes = writer.length - start;
    if (bytes <= this.#requestBytesMax) return undefined;
    const message = `a request of ${bytes} bytes, more than ${this.#requestBytesMax}: ${path}`;
    return errorOf(ErrorCode.marshallingError, { path, message });
  }

  #xidOf(type: number): number {
    if (type === OpCode.auth) return ReservedXid.auth;
    if (type === OpCode.setWatches || type === OpCode.setWatches2) return ReservedXid.setWatches;
    this.#xid = this.#xid === XID_MAX ? 1 : this.#xid + 1;
    return this.#xid;
  }
}
