/**
 * A session as the client keeps it: what the server granted, and until when that surely holds.
 */
import type { Clock } from "./clock.ts";
import type { ConnectAnswer, SessionIdentity } from "./handshake.ts";
import type { Session } from "./session.ts";

export class ClientSession implements Session {
  readonly identity: SessionIdentity;
  timeoutMs: number;
  deadlineMs: number;
  readonly #clock: Clock;
  readonly #controller = new AbortController();

  constructor(answer: ConnectAnswer, sentMs: number, clock: Clock) {
    this.identity = { id: answer.id, passwd: answer.passwd };
    this.timeoutMs = answer.timeoutMs;
    this.deadlineMs = sentMs + answer.timeoutMs;
    this.#clock = clock;
  }

  get id(): bigint {
    return this.identity.id;
  }

  get remainingMs(): number {
    return this.signal.aborted ? 0 : Math.max(0, this.deadlineMs - this.#clock.now());
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What was sent then has been answered. */
  extend(sentMs: number): void {
    this.deadlineMs = Math.max(this.deadlineMs, sentMs + this.timeoutMs);
  }

  /** Another server may grant another timeout. */
  resume(timeoutMs: number, sentMs: number): void {
    this.timeoutMs = timeoutMs;
    this.extend(sentMs);
  }

  end(reason: Error): void {
    this.#controller.abort(reason);
  }
}
