/**
 * Who watches which path, for one kind of watch (`WatchManager`). A connection has one watch a path, whose mode is
 * that of its last request: a one-shot watch set on top of a persistent one replaces it.
 */
import { parentPath, ROOT } from "./path.ts";

/** A connection that watches. Only its identity matters here. */
export type Watcher = object;

/** `standard` fires once, `persistent` every time, `recursive` every time and for all descendants (`WatcherMode`). */
export type WatchMode = "standard" | "persistent" | "recursive";

const NOBODY: ReadonlySet<Watcher> = new Set();
const NO_PATHS: ReadonlyMap<string, WatchMode> = new Map();

export class WatchTable {
  /** Told of every watch that is set, and with an undefined mode of every one that fires or is removed. */
  readonly #onChanged: (watcher: Watcher, path: string, mode: WatchMode | undefined) => void;
  readonly #watchersByPath = new Map<string, Map<Watcher, WatchMode>>();
  readonly #pathsByWatcher = new Map<Watcher, Map<string, WatchMode>>();
  /** While there are none, nobody needs to look at a path's ancestors. */
  #recursiveCount = 0;

  constructor(onChanged: (watcher: Watcher, path: string, mode: WatchMode | undefined) => void) {
    this.#onChanged = onChanged;
  }

  add(path: string, watcher: Watcher, mode: WatchMode): void {
    const earlier = this.pathsOf(watcher).get(path);
    if (earlier === mode) return;
    this.#countRecursive(earlier, mode);
    setIn(this.#watchersByPath, path, watcher, mode);
    setIn(this.#pathsByWatcher, watcher, path, mode);
    this.#onChanged(watcher, path, mode);
  }

  get isEmpty(): boolean {
    return this.#watchersByPath.size === 0;
  }

  /** Whether anybody watches this very path. */
  has(path: string): boolean {
    return this.#watchersByPath.has(path);
  }

  /**
   * Removes the one-shot watches that an event at `path` concerns, and returns whom it concerns, each once. Whoever
   * watches an ancestor recursively is told as well, but for `isOfChildren`: such a watcher hears of the child itself.
   */
  take(path: string, isOfChildren: boolean): ReadonlySet<Watcher> {
    if (this.isEmpty) return NOBODY;
    const watchers = this.#watchersByPath.get(path);
    if (watchers === undefined && this.#recursiveCount === 0) return NOBODY;
    const told = new Set<Watcher>();
    if (watchers !== undefined) {
      for (const [watcher, mode] of watchers) {
        if (mode !== "recursive" || !isOfChildren) told.add(watcher);
        if (mode === "standard") this.#remove(path, watcher);
      }
    }
    if (this.#recursiveCount > 0 && !isOfChildren) this.#addRecursive(path, told);
    return told;
  }

  /** Removes one watch; false when there is none. */
  remove(path: string, watcher: Watcher): boolean {
    if (!this.pathsOf(watcher).has(path)) return false;
    this.#remove(path, watcher);
    return true;
  }

  /** Drops every watch of a connection, without telling. */
  removeWatcher(watcher: Watcher): void {
    for (const [path, mode] of this.pathsOf(watcher)) {
      this.#countRecursive(mode, undefined);
      deleteFrom(this.#watchersByPath, path, watcher);
    }
    this.#pathsByWatcher.delete(watcher);
  }

  pathsOf(watcher: Watcher): ReadonlyMap<string, WatchMode> {
    return this.#pathsByWatcher.get(watcher) ?? NO_PATHS;
  }

  /** Every watched path with its watchers. */
  byPath(): ReadonlyMap<string, ReadonlyMap<Watcher, WatchMode>> {
    return this.#watchersByPath;
  }

  /** Every watching connection with its paths. */
  byWatcher(): ReadonlyMap<Watcher, ReadonlyMap<string, WatchMode>> {
    return this.#pathsByWatcher;
  }

  #addRecursive(path: string, told: Set<Watcher>): void {
    for (let at = path; at !== ROOT;) {
      at = parentPath(at) ?? ROOT;
      const watchers = this.#watchersByPath.get(at);
      if (watchers === undefined) continue;
      for (const [watcher, mode] of watchers) if (mode === "recursive") told.add(watcher);
    }
  }

  #remove(path: string, watcher: Watcher): void {
    this.#countRecursive(this.pathsOf(watcher).get(path), undefined);
    deleteFrom(this.#watchersByPath, path, watcher);
    deleteFrom(this.#pathsByWatcher, watcher, path);
    this.#onChanged(watcher, path, undefined);
  }

  #countRecursive(before: WatchMode | undefined, after: WatchMode | undefined): void {
    if (before === "recursive") this.#recursiveCount--;
    if (after === "recursive") this.#recursiveCount++;
  }
}

function setIn<A, B>(maps: Map<A, Map<B, WatchMode>>, key: A, inner: B, mode: WatchMode): void {
  const map = maps.get(key);
  if (map === undefined) maps.set(key, new Map([[inner, mode]]));
  else map.set(inner, mode);
}

function deleteFrom<A, B>(maps: Map<A, Map<B, WatchMode>>, key: A, inner: B): void {
  const map = maps.get(key);
  if (map === undefined) return;
  map.delete(inner);
  if (map.size === 0) maps.delete(key);
}
