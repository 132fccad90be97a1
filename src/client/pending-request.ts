/**
 * A request from when it is asked for until its promise is settled, or its reply has come.
 */
import { ErrorCode } from "../protocol/error-code.ts";
import type { IdempotencyKey } from "./idempotency-key.ts";
import type { JuteReader } from "../protocol/jute-reader.ts";
import type { ReplyHeader } from "../protocol/records.ts";
import type { Request } from "../protocol/request-records.ts";
import { ClientErrorCode, errorOf, type Outcome, ZooKeeperError } from "./errors.ts";

/** Makes the result out of a reply. Called while the reply is handled, before anything that came after it. */
export type Decode<T> = (reader: JuteReader, header: ReplyHeader) => T;

export interface Asked<T> {
  readonly request: Request;
  readonly decode: Decode<T>;
  /** What the caller calls the path, for errors. */
  readonly path?: string | undefined;
  /** Whether it changes the tree, so that it must not be done twice. */
  readonly isWrite?: boolean;
  /** Whether it is about one connection, and of no use on the next. */
  readonly isOfConnection?: boolean;
  /** An error that has a meaning of its own: `decode` is called for it, too. */
  readonly expectedErr?: number;
  /** Called when it is written into a message, each time. */
  readonly onSend?: () => void;
}

export class PendingRequest {
  readonly request: Request;
  readonly path: string | undefined;
  readonly isWrite: boolean;
  readonly isOfConnection: boolean;
  readonly expectedErr: number;
  readonly onSend: (() => void) | undefined;
  /** On the client's clock. */
  readonly deadlineMs: number;
  xid = 0;
  timesSent = 0;
  /** When it was sent last, on the client's clock; undefined before it ever was. */
  sentMs: number | undefined;
  /** Where a server does it once that is asked twice. */
  readonly key: IdempotencyKey | undefined;
  readonly #decode: Decode<unknown>;
  readonly #resolve: (result: unknown) => void;
  readonly #reject: (error: unknown) => void;
  #isSettled = false;
  #onSettled: (() => void) | undefined;

  constructor(
    asked: Asked<unknown>,
    deadlineMs: number,
    resolve: (result: unknown) => void,
    reject: (error: unknown) => void,
    key?: IdempotencyKey,
  ) {
    this.key = key;
    this.request = asked.request;
    this.path = asked.path;
    this.isWrite = asked.isWrite ?? false;
    this.isOfConnection = asked.isOfConnection ?? false;
    this.expectedErr = asked.expectedErr ?? 0;
    this.onSend = asked.onSend;
    this.deadlineMs = deadlineMs;
    this.#decode = asked.decode;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Nobody waits for it any more. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** What is known of it if no reply comes. */
  get outcome(): Outcome {
    return this.isWrite && this.sentMs !== undefined ? "unknown" : "notApplied";
  }

  /** Fails when the signal is aborted. */
  abortWith(signal: AbortSignal): void {
    const onAbort = (): void => {
      const { path, outcome } = this;
      this.fail(errorOf(ClientErrorCode.aborted, { path, outcome, cause: signal.reason }));
    };
    signal.addEventListener("abort", onAbort);
    this.#onSettled = () => signal.removeEventListener("abort", onAbort);
  }

  accept(reader: JuteReader, header: ReplyHeader): void {
    if (this.#isSettled) return;
    try {
      const result = this.#decode(reader, header);
      this.#settle();
      this.#resolve(result);
    } catch (cause) {
      const { path, outcome } = this;
      const isAnswer = cause instanceof ZooKeeperError;
      this.fail(isAnswer ? cause : errorOf(ErrorCode.marshallingError, { path, outcome, cause }));
    }
  }

  fail(error: Error): void {
    if (this.#isSettled) return;
    this.#settle();
    this.#reject(error);
  }

  #settle(): void {
    this.#isSettled = true;
    this.#onSettled?.();
  }
}
