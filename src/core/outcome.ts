/** What becomes of a request. */
import type { ErrorCode } from "../protocol/error-code.ts";
import type { Id, SessionId, Zxid } from "../protocol/records.ts";
import type { Reply } from "../protocol/replies.ts";
import type { Grant } from "./grant.ts";
import type { Journal } from "./idempotency.ts";

/** The connection that a request came over. It is also the watcher that its watches belong to. */
export interface Client {
  readonly sessionId: SessionId;
  /** IPv4 or IPv6 address, without a port. */
  readonly address: string;
  /** Grows with every auth request. */
  authIds: readonly Id[];
  /** What the outer door lets it do; undefined: everything that ACLs allow. */
  grant?: Grant | undefined;
  /**
   * What a token that it sends turned out to prove; undefined when that is nothing. It was verified as it arrived, since
   * that takes time, and a request takes none.
   */
  takeProof?(token: string): Proof | undefined;
  /** Has its writes done once. */
  readonly journal?: Journal | undefined;
}

/** Without a grant it proves the right to everything. */
export interface Proof {
  readonly grant: Grant | undefined;
}

/** An answer, still without the zxid that goes with it. */
export type Answer =
  | { readonly err: typeof ErrorCode.ok; readonly reply: Reply }
  | { readonly err: Exclude<ErrorCode, 0>; readonly reply: undefined };

export interface Outcome {
  readonly err: ErrorCode;
  readonly zxid: Zxid;
  /** Undefined exactly when `err` is not ok. */
  readonly reply: Reply | undefined;
}

export function failure(err: Exclude<ErrorCode, 0>): Answer {
  return { err, reply: undefined };
}
