import { OPEN_ACL_UNSAFE } from "../../../src/core/acl.ts";
import type { Znode } from "../../../src/core/znode.ts";

/** A znode with nothing in it but what a test asks for. */
export function znode(fields: Partial<Znode> = {}): Znode {
  return {
    czxid: 0,
    mzxid: 0,
    pzxid: 0,
    ctime: 0,
    mtime: 0,
    version: 0,
    aversion: 0,
    childrenCreated: 0,
    numChildren: 0,
    ephemeralOwner: 0,
    isContainer: false,
    ttlMs: 0,
    data: null,
    acl: OPEN_ACL_UNSAFE,
    ...fields,
  };
}
