import type { ACL, SessionId, Stat, Zxid } from "../protocol/records.ts";

/**
 * A znode as the store keeps it. Never changed in place: a write puts a new one, and the old one is what a failed
 * multi goes back to.
 */
export interface Znode {
  readonly czxid: Zxid;
  readonly mzxid: Zxid;
  /** Zxid of the last create or delete of a child. */
  readonly pzxid: Zxid;
  /** Milliseconds since 1970. */
  readonly ctime: number;
  /** Milliseconds since 1970. */
  readonly mtime: number;
  readonly version: number;
  readonly aversion: number;
  /**
   * Children ever created here, an int32 that wraps. The next sequential child gets this number; deletes leave it
   * alone. (`DataNode` keeps it in its cversion; what clients see as cversion is derived from it.)
   */
  readonly childrenCreated: number;
  readonly numChildren: number;
  /** Session that an ephemeral znode lives with; 0 for a persistent one. */
  readonly ephemeralOwner: SessionId;
  /** Goes when its last child has gone. */
  readonly isContainer: boolean;
  /** Milliseconds after its last change at which it may go if it has no children; 0 for never. */
  readonly ttlMs: number;
  /** Null is not the same as empty, and clients see which. Not shared with any frame. */
  readonly data: Uint8Array<ArrayBuffer> | null;
  readonly acl: readonly ACL[];
}

/** What clients see of a znode (`DataNode.copyStat`). */
export function statOf(znode: Znode): Stat {
  return {
    czxid: znode.czxid,
    mzxid: znode.mzxid,
    ctime: znode.ctime,
    mtime: znode.mtime,
    version: znode.version,
    // Creates plus deletes: every child that was created and is not there any more has been deleted.
    cversion: (znode.childrenCreated * 2 - znode.numChildren) | 0,
    aversion: znode.aversion,
    ephemeralOwner: znode.ephemeralOwner,
    dataLength: znode.data === null ? 0 : znode.data.length,
    numChildren: znode.numChildren,
    pzxid: znode.pzxid,
  };
}
