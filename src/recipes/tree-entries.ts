/**
 * The znodes that a tree cache knows.
 */
import type { Stat } from "../client/index.ts";
import { childPath } from "./parents.ts";

export interface TreeEntry {
  readonly path: string;
  readonly data: Uint8Array | null;
  /** As of when the data was read; children that came or went since do not show in it. */
  readonly stat: Stat;
}

export type TreeChange =
  | { readonly type: "added"; readonly path: string; readonly entry: TreeEntry }
  | {
      readonly type: "updated";
      readonly path: string;
      readonly entry: TreeEntry;
      readonly previous: TreeEntry;
    }
  | { readonly type: "removed"; readonly path: string; readonly previous: TreeEntry };

interface Known {
  entry: TreeEntry;
  /** The pzxid up to which its children have been listed; undefined before they were. */
  listedZxid: number | undefined;
}

export class TreeEntries {
  readonly #known = new Map<string, Known>();
  readonly #names = new Map<string, Set<string>>();
  readonly #onChange: (change: TreeChange) => void;

  constructor(onChange: (change: TreeChange) => void) {
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#known.size;
  }

  has(path: string): boolean {
    return this.#known.has(path);
  }

  get(path: string): TreeEntry | undefined {
    return this.#known.get(path)?.entry;
  }

  /** Names of children. */
  children(path: string): string[] {
    return [...(this.#names.get(path) ?? [])];
  }

  paths(): IterableIterator<string> {
    return this.#known.keys();
  }

  *values(): Generator<TreeEntry, void> {
    for (const { entry } of this.#known.values()) yield entry;
  }

  /** Takes what was read. */
  put(entry: TreeEntry): void {
    const { path } = entry;
    const known = this.#known.get(path);
    const previous = known?.entry;
    if (known === undefined || previous === undefined) {
      this.#known.set(path, { entry, listedZxid: undefined });
      this.#addName(path);
      this.#onChange({ type: "added", path, entry });
      return;
    }
    known.entry = entry;
    if (previous.stat.mzxid !== entry.stat.mzxid) {
      this.#onChange({ type: "updated", path, entry, previous });
    }
  }

  listedZxid(path: string): number | undefined {
    return this.#known.get(path)?.listedZxid;
  }

  setListed(path: string, pzxid: number): void {
    const known = this.#known.get(path);
    if (known !== undefined) known.listedZxid = pzxid;
  }

  /** A child that was listed has not been read after all: whoever comes next lists its parent again. */
  forgetListing(child: string): void {
    const known = this.#known.get(split(child)[0]);
    if (known !== undefined) known.listedZxid = undefined;
  }

  /** Removes a znode, and before it all below. */
  remove(path: string): void {
    for (const name of this.children(path)) this.remove(childPath(path, name));
    const known = this.#known.get(path);
    if (known === undefined) return;
    this.#known.delete(path);
    this.#removeName(path);
    this.#onChange({ type: "removed", path, previous: known.entry });
  }

  #addName(path: string): void {
    const [parent, name] = split(path);
    if (name === "") return;
    const names = this.#names.get(parent);
    if (names === undefined) this.#names.set(parent, new Set([name]));
    else names.add(name);
  }

  #removeName(path: string): void {
    const [parent, name] = split(path);
    const names = this.#names.get(parent);
    names?.delete(name);
    if (names?.size === 0) this.#names.delete(parent);
  }
}

function split(path: string): [parent: string, name: string] {
  const slash = path.lastIndexOf("/");
  return [path.slice(0, slash) || "/", path.slice(slash + 1)];
}
