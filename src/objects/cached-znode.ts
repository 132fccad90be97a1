import type { Znode } from "../core/znode.ts";
import type { Weighed } from "./generation-cache.ts";

/** What a znode weighs beside its path and its data, in bytes. */
const ZNODE_OVERHEAD_BYTES = 250;

/** What it weighs to know that there is no znode, beside the path. */
const MISSING_OVERHEAD_BYTES = 100;

/** What is at a path, as the running batch has it so far. */
export class CachedZnode implements Weighed {
  readonly path: string;
  /** Null when it is known that there is none. */
  znode: Znode | null;
  /** The database's large data is not that of the znode, whether it has some or not. */
  isLargeDataChanged = false;

  constructor(path: string, znode: Znode | null) {
    this.path = path;
    this.znode = znode;
  }

  /** Bytes, roughly. */
  get weight(): number {
    const { path, znode } = this;
    if (znode === null) return MISSING_OVERHEAD_BYTES + path.length;
    return ZNODE_OVERHEAD_BYTES + path.length + (znode.data?.length ?? 0);
  }
}
