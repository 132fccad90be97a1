/**
 * What callers without a connection ask of a namespace, and what they get: values, which cross from the Worker to the
 * object. See docs/design/edge-functions.md. Expected failures are values as well.
 */
import type { ACL, Stat } from "../client/index.ts";
import type { Grant } from "../core/grant.ts";

/** Who asks. Filled in at the door, never by the caller itself. */
export interface Caller {
  /** IP address, or `0.0.0.0` where nobody vouches for one. */
  readonly address: string;
  /** What the caller may do; undefined: everything (an open server). */
  readonly grant?: Grant | undefined;
  /** Further credentials for ACLs. */
  readonly auth?: readonly { readonly scheme: string; readonly auth: string }[] | undefined;
  /** 1 to 128 printable characters of ASCII. Of calls that only read, or renew, it means nothing. */
  readonly idempotencyKey?: string | undefined;
}

/** A session without a connection. Whoever has it can use it. */
export interface SessionKey {
  readonly id: number;
  /** Base64url of its 16 bytes. */
  readonly passwd: string;
}

/** How znodes are created. */
export const CREATE_MODES = [
  "persistent",
  "persistentSequential",
  "ephemeral",
  "ephemeralSequential",
  "container",
  "persistentWithTTL",
  "persistentSequentialWithTTL",
] as const;

export type CreateMode = (typeof CREATE_MODES)[number];

export type LockMode = "exclusive" | "shared" | { readonly permits: number };

export type TransactionOp =
  | {
      readonly type: "create";
      readonly path: string;
      readonly data?: Uint8Array | undefined;
      readonly mode?: CreateMode | undefined;
      readonly ttlMs?: number | undefined;
      readonly acl?: readonly ACL[] | undefined;
    }
  | {
      readonly type: "setData";
      readonly path: string;
      readonly data?: Uint8Array | undefined;
      readonly version?: number | undefined;
    }
  | {
      readonly type: "delete" | "check";
      readonly path: string;
      readonly version?: number | undefined;
    };

/** Calls by name: what they take, and what they give. */
export interface Calls {
  // Znodes. A version of -1, or none, stands for any.
  getData: { takes: { path: string }; gives: { data: Uint8Array | null; stat: Stat } };
  exists: { takes: { path: string }; gives: { stat: Stat | null } };
  /** Names in order of code units, from behind `after`, `limit` of them (1 to 10,000; 1,000). */
  getChildren: {
    takes: {
      path: string;
      limit?: number | undefined;
      after?: string | undefined;
      withStats?: boolean | undefined;
    };
    gives: {
      stat: Stat;
      children: { name: string; stat?: Stat | undefined }[];
      next: string | null;
    };
  };
  /** All below the znode. */
  countChildren: { takes: { path: string }; gives: { count: number } };
  create: {
    takes: {
      path: string;
      data?: Uint8Array | undefined;
      mode?: CreateMode | undefined;
      ttlMs?: number | undefined;
      acl?: readonly ACL[] | undefined;
      /** Owns an ephemeral. */
      session?: SessionKey | undefined;
      /** Creates what is missing above, as containers. */
      parents?: boolean | undefined;
    };
    gives: { path: string; stat: Stat };
  };
  /** Creates the znode, or sets its data: whichever it takes, unless one of them is asked for. */
  put: {
    takes: {
      path: string;
      data?: Uint8Array | undefined;
      version?: number | undefined;
      only?: "create" | "set" | undefined;
      parents?: boolean | undefined;
    };
    gives: { created: boolean; stat: Stat };
  };
  delete: { takes: { path: string; version?: number | undefined }; gives: Record<string, never> };
  getACL: { takes: { path: string }; gives: { acl: readonly ACL[]; stat: Stat } };
  setACL: {
    takes: { path: string; acl: readonly ACL[]; version?: number | undefined };
    gives: { stat: Stat };
  };
  /** All or nothing. When it fails, the error tells the index of the first op that did. */
  transaction: {
    takes: { ops: readonly TransactionOp[]; session?: SessionKey | undefined };
    gives: {
      results: {
        type: TransactionOp["type"];
        path?: string | undefined;
        stat?: Stat | undefined;
      }[];
    };
  };
  /**
   * Waits until the znode is not as the caller knows it: `since` is the zxid that it knows (mzxid of `data`, pzxid of `children`), or 0 for a
   * znode that does not exist. Up to `waitMs` (0 to 60,000); unchanged is an answer, too.
   */
  awaitChange: {
    takes: { path: string; of: "data" | "children"; since: number; waitMs: number };
    gives: { changed: boolean; exists: boolean; zxid: number };
  };

  // Sessions that live by a ttl (1,000 to 86,400,000) instead of a socket.
  openSession: { takes: { ttlMs: number }; gives: { session: SessionKey; ttlMs: number } };
  renewSession: { takes: { session: SessionKey }; gives: { ttlMs: number } };
  closeSession: { takes: { session: SessionKey }; gives: Record<string, never> };

  // Locks: exclusive, one side of a read-write lock, or one of the permits of a semaphore.
  acquireLock: {
    takes: {
      path: string;
      ttlMs: number;
      /** How long to stand in line (0 to 60,000). */
      waitMs?: number | undefined;
      mode?: LockMode | undefined;
      /** What others see of the holder; at most 256 characters. */
      holder?: string | undefined;
    };
    gives:
      | {
          acquired: true;
          lock: AcquiredLock;
          /** How many stood before it when it joined the line. */
          ahead: number;
        }
      | {
          acquired: false;
          /** How many were ahead when it gave up. */
          ahead: number;
          holders: LockContender[];
          /** When the first of the holders' leases ends unless it is renewed or released; null when that is a connected session's. */
          retryAfterMs: number | null;
        };
  };
  renewLock: { takes: { lock: string; ttlMs?: number | undefined }; gives: { lock: AcquiredLock } };
  /** Also what is gone already is released. */
  releaseLock: { takes: { lock: string }; gives: { released: boolean } };
  inspectLock: {
    takes: { path: string; mode?: LockMode | undefined };
    gives: { holders: LockContender[]; waiters: LockContender[] };
  };
  /** Takes the lock away from its holders, and needs the permission `admin`. */
  breakLock: { takes: { path: string; mode?: LockMode | undefined }; gives: { broken: number } };

  // The shared counter of the Counter recipe.
  getCounter: { takes: { path: string }; gives: { value: number } };
  addToCounter: {
    takes: { path: string; delta: number };
    gives: { value: number; previous: number };
  };
  setCounter: {
    takes: { path: string; value: number; expected?: number | undefined };
    gives: { set: boolean; value: number };
  };

  // The barrier of the Barrier recipe.
  raiseBarrier: { takes: { path: string }; gives: { raised: boolean } };
  lowerBarrier: { takes: { path: string }; gives: { lowered: boolean } };
  awaitBarrier: { takes: { path: string; waitMs: number }; gives: { open: boolean } };

  // The queue of the Queue recipe: at least once, with claims that return when their ttl is over.
  putItem: {
    takes: {
      path: string;
      data: Uint8Array;
      priority?: number | undefined;
      delayMs?: number | undefined;
    };
    gives: { item: string };
  };
  takeItem: {
    takes: { path: string; ttlMs: number; waitMs?: number | undefined };
    gives: { taken: { claim: string; data: Uint8Array; item: string } | null };
  };
  /** Removes the item for good. */
  completeItem: { takes: { claim: string }; gives: Record<string, never> };
  /** Gives it back, for another to take. */
  returnItem: { takes: { claim: string }; gives: Record<string, never> };
}

export interface AcquiredLock {
  /** Opaque, for renewing and releasing. Whoever has it can do that. */
  readonly id: string;
  readonly path: string;
  /** The fencing token: larger for every later holder. */
  readonly token: number;
  readonly ttlMs: number;
  /** How long it is held at least, from when the object heard of it. A caller counts from when it asked. */
  readonly validityMs: number;
}

export interface LockContender {
  readonly holder: string | null;
  readonly token: number;
  readonly sinceMs: number;
}

export type CallName = keyof Calls;

export type Call = {
  [N in CallName]: { readonly name: N } & Readonly<Calls[N]["takes"]>;
}[CallName];

export interface CallError {
  /** ZooKeeper's, or one of `CallErrorCode`. */
  readonly code: number;
  /** As ZooKeeper's `KeeperException` spells it (`NoNode`, `BadVersion`), or what `CallErrorCode` says. */
  readonly name: string;
  readonly message: string;
  readonly path?: string | undefined;
  /** Of the op of a transaction. */
  readonly index?: number | undefined;
}

/** Failures that ZooKeeper has no code for. */
export const CallErrorCode = {
  /** Malformed parameters. */
  invalidCall: -2001,
  /** The key was used for another call. */
  idempotencyKeyReused: -2002,
  /** The lock, claim or session is not, or no longer, held by who says so. */
  notHeld: -2003,
  /** Too many calls wait in this object. */
  tooManyCalls: -2004,
} as const;

export type CallResult<N extends CallName = CallName> =
  | { readonly ok: true; readonly zxid: number; readonly value: Calls[N]["gives"] }
  | { readonly ok: false; readonly zxid: number; readonly error: CallError };
