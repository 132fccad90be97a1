/**
 * The store in memory, which also knows which znodes go by themselves: containers, and those with a time to live.
 */
import { MemoryStore } from "../core/memory-store.ts";
import type { Znode } from "../core/znode.ts";

export class ReapableStore extends MemoryStore {
  readonly #reapable = new Set<string>();

  get hasReapable(): boolean {
    return this.#reapable.size > 0;
  }

  override putZnode(path: string, znode: Znode): void {
    super.putZnode(path, znode);
    if (znode.isContainer || znode.ttlMs > 0) this.#reapable.add(path);
  }

  override deleteZnode(path: string): void {
    super.deleteZnode(path);
    this.#reapable.delete(path);
  }

  /** The paths of what is due (`ContainerManager`): a container that has lost its last child, an empty znode whose time is over. */
  duePaths(nowMs: number): string[] {
    return [...this.#reapable].filter((path) => {
      const znode = this.getZnode(path);
      if (znode === undefined || znode.numChildren > 0) return false;
      // A container that never had a child was just made, for somebody who is about to use it.
      if (znode.isContainer) return znode.childrenCreated !== 0;
      return nowMs > znode.mtime + znode.ttlMs;
    });
  }
}
