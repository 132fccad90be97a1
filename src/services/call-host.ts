/**
 * What calls need of the object that they are performed in.
 */
import type { Journal, KeptAnswer } from "../core/idempotency.ts";
import type { SessionId } from "../protocol/records.ts";
import type { Caller } from "./call.ts";

/** A new session, or one that there is; of that, a ttl is a new one. */
export type WantedSession =
  | { readonly id?: undefined; readonly ttlMs: number }
  | {
      readonly id: SessionId;
      readonly passwd: Uint8Array;
      readonly ttlMs?: number | undefined;
    };

/** A session as calls have it. */
export interface GrantedSession {
  readonly id: SessionId;
  readonly passwd: Uint8Array;
  readonly timeoutMs: number;
}

export interface CallChannelListener {
  /** Replies and events, as whole frames, each with its length. */
  onBytes(bytes: Uint8Array<ArrayBuffer>): void;
  /** The object has ended the channel: its session is over. */
  onEnd(): void;
}

/** A channel within the object, over which a call sends requests. It needs no handshake. */
export interface CallChannel {
  /** Undefined for a channel without one: over that no ephemeral can be created. */
  readonly session: GrantedSession | undefined;
  /** When its session was heard of last, in milliseconds since 1970. */
  readonly heardMs: number;
  /** Takes whole frames, each with its length. */
  send(bytes: Uint8Array<ArrayBuffer>): void;
  /** Hears of the session now. It counts once the channel has ended. */
  hear(): void;
  /** Ends the channel with its watches; the session lives on. What that changes is written when it returns. */
  end(): void;
}

export interface CallChannelOptions {
  readonly caller: Caller;
  readonly wanted?: WantedSession | undefined;
  /** Has the writes of the channel done once. */
  readonly journal?: Journal | undefined;
}

export interface CallHost {
  /** Milliseconds since 1970. */
  nowMs(): number;
  readonly lastZxid: number;
  readonly requestBytesMax: number;
  /** Opens a channel; undefined when the session that is wanted is not there. */
  open(options: CallChannelOptions, listener: CallChannelListener): CallChannel | undefined;
  /** What was answered under keys that begin so, in the order of the keys. */
  answersOf(prefix: string): KeptAnswer[];
  /** Keeps an answer, in the transaction of what was done in this turn. */
  keepAnswer(key: string, answer: KeptAnswer): void;
  /** Ends a session, if it lives by being renewed and nobody holds anything in it. */
  endLease(id: SessionId): void;
  /** When a session ends unless it is heard of, in milliseconds since 1970; undefined when it has a connection, or is over. */
  leaseEndMs(id: SessionId): number | undefined;
}
