/**
 * What operations take and give.
 */
import type { CreateFlags } from "../protocol/op-code.ts";
import type { ACL } from "../protocol/records.ts";
import type { IdempotencyKey } from "./idempotency-key.ts";
import type { Session } from "./session.ts";
import type { Stat } from "./stat.ts";
import type { Watcher } from "./watch-event.ts";

/** Data of a znode; a string is its UTF-8. Bytes must not be changed before the operation is over. */
export type Data = Uint8Array | string | null;

export interface OperationOptions {
  /** Gives up waiting. Of a write that has been sent the outcome is unknown then. */
  readonly signal?: AbortSignal | undefined;
  /** Gives up waiting after so long, as `signal` does. Default: `requestTimeoutMs` of the client. */
  readonly timeoutMs?: number | undefined;
  /** Refuses the operation, with `SessionExpiredError`, unless this is the current session. */
  readonly session?: Session | undefined;
  /** Has a write done once, also when it is asked for again because its reply was lost. Of reads it means nothing. */
  readonly idempotencyKey?: IdempotencyKey | undefined;
}

export interface ReadOptions extends OperationOptions {
  /** Called once, when what was read has changed, or when the session is over. */
  readonly watch?: Watcher | undefined;
}

export interface VersionOptions extends OperationOptions {
  /** Only if it has this version; -1, the default, stands for any. */
  readonly version?: number | undefined;
}

/** A time to live makes `persistent` and `persistentSequential` the modes with TTL. */
export type CreateMode = Exclude<
  keyof typeof CreateFlags,
  "persistentWithTTL" | "persistentSequentialWithTTL"
>;

export interface ZnodeOptions {
  /** Default: `persistent`. */
  readonly mode?: CreateMode | undefined;
  /** Default: everyone may do everything. */
  readonly acl?: readonly ACL[] | undefined;
  /** Milliseconds without a change or a child after which the znode goes. For the persistent modes only. */
  readonly ttlMs?: number | undefined;
}

export interface CreateOptions extends OperationOptions, ZnodeOptions {
  /**
   * Puts `_c_<uuid>-` before the name, as Curator does, by which the znode is found when the reply to its creation was
   * lost; the creation is then done once, whatever happens to the connection.
   */
  readonly protection?: boolean | undefined;
}

export interface CreateResult {
  /** With the number of a sequential znode. */
  readonly path: string;
  readonly stat: Stat;
}

export interface GetDataResult {
  /** Yours to keep. Null, unlike empty, when the znode was created with null. */
  readonly data: Uint8Array | null;
  readonly stat: Stat;
}

export interface GetChildrenResult {
  /** Names, not paths, in no order. */
  readonly children: string[];
  readonly stat: Stat;
}

export interface GetACLResult {
  readonly acl: ACL[];
  readonly stat: Stat;
}
