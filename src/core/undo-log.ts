/**
 * A view of a store that remembers what every write replaced, so that a multi whose third op fails can take the
 * first two back. Znodes are never changed in place, so the old ones are all there is to remember.
 */
import type { SessionId } from "../protocol/records.ts";
import type { Store, SubtreeTotals } from "./store.ts";
import type { Znode } from "./znode.ts";

export type ZnodeStore = Pick<
  Store,
  "getZnode" | "putZnode" | "deleteZnode" | "childNames" | "ephemeralPaths" | "subtreeTotals"
>;

export class UndoLog implements ZnodeStore {
  readonly #store: ZnodeStore;
  readonly #replaced: { path: string; znode: Znode | undefined }[] = [];

  constructor(store: ZnodeStore) {
    this.#store = store;
  }

  getZnode(path: string): Znode | undefined {
    return this.#store.getZnode(path);
  }

  putZnode(path: string, znode: Znode): void {
    this.#replaced.push({ path, znode: this.#store.getZnode(path) });
    this.#store.putZnode(path, znode);
  }

  deleteZnode(path: string): void {
    this.#replaced.push({ path, znode: this.#store.getZnode(path) });
    this.#store.deleteZnode(path);
  }

  childNames(path: string): readonly string[] {
    return this.#store.childNames(path);
  }

  ephemeralPaths(owner: SessionId): readonly string[] {
    return this.#store.ephemeralPaths(owner);
  }

  subtreeTotals(path: string): SubtreeTotals {
    return this.#store.subtreeTotals(path);
  }

  /** Puts everything back as it was, the last write first. */
  rollBack(): void {
    for (const { path, znode } of this.#replaced.toReversed()) {
      if (znode === undefined) this.#store.deleteZnode(path);
      else this.#store.putZnode(path, znode);
    }
    this.#replaced.length = 0;
  }
}
