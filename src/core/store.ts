/**
 * What the state machine needs of its storage. One implementation keeps rows in a Durable Object's SQLite, one
 * keeps everything in memory, for tests. All calls are synchronous; what makes them durable is the caller's affair.
 */
import type { SessionId, Zxid } from "../protocol/records.ts";
import type { AnswerStore } from "./idempotency.ts";
import type { Znode } from "./znode.ts";

/** What must outlive a server's memory for a session to be resumed. */
export interface Session {
  readonly id: SessionId;
  /** 16 random bytes: who knows them may take the session over. */
  readonly passwd: Uint8Array<ArrayBuffer>;
  /** Negotiated, in milliseconds. */
  readonly timeoutMs: number;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  /**
   * Whose it is: nobody else with a grant may resume it. Undefined: of whoever may do everything; empty: of a connection
   * that has not proven anything yet.
   */
  readonly subject?: string | undefined;
  /** Whether it was opened without a connection, and lives by being renewed. */
  readonly isLease?: boolean;
}

/** What there is at and below a path. */
export interface SubtreeTotals {
  readonly znodes: number;
  /** Of data. */
  readonly bytes: number;
}

export interface Store {
  /** The last zxid given out. */
  lastZxid: Zxid;
  /** Of writes that are done once. */
  readonly answers: AnswerStore;

  getZnode(path: string): Znode | undefined;
  /** Adds or replaces a znode, and keeps its parent's list of children and its session's list of ephemerals. */
  putZnode(path: string, znode: Znode): void;
  deleteZnode(path: string): void;
  /** Names of the children of a znode, in no particular order. */
  childNames(path: string): readonly string[];
  /** Paths of the ephemeral znodes of a session, in no particular order. */
  ephemeralPaths(owner: SessionId): readonly string[];

  /** The number of znodes at and below a path. Takes less than {@link Store.subtreeTotals}. */
  countSubtree(path: string): number;
  /** Counts a znode and all below it; nothing when there is none. */
  subtreeTotals(path: string): SubtreeTotals;

  getSession(id: SessionId): Session | undefined;
  putSession(session: Session): void;
  deleteSession(id: SessionId): void;
}
