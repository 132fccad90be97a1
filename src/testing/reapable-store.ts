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

  /** Paths of all containers and znodes with a TTL. */
  reapablePaths(): string[] {
    return [...this.#reapable];
  }
}
