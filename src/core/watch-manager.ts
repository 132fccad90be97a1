/**
 * One-shot watches (`WatchManager`): who is told once when a path changes next. A watch lives exactly as long as
 * the connection that set it, or until it fires.
 */
import { EventType } from "../protocol/op-code.ts";
import { parentPath } from "./path.ts";

/** A connection that watches. Only its identity matters here. */
export type Watcher = object;

/** `data` holds the watches of getData and exists, `child` those of getChildren. */
export type WatchKind = "data" | "child";

/** Told of every event, in order. */
export type NotifyWatcher = (watcher: Watcher, type: EventType, path: string) => void;

/** What a write did to one path. */
export interface Change {
  readonly type: "created" | "deleted" | "dataChanged";
  readonly path: string;
}

/** Told of every watch that is set, fires or goes otherwise, except with its connection. */
export type OnWatchChanged = (
  watcher: Watcher,
  kind: WatchKind,
  path: string,
  set: boolean,
) => void;

export class WatchManager {
  readonly #tables: Readonly<Record<WatchKind, WatchTable>>;

  constructor(onChanged?: OnWatchChanged) {
    this.#tables = {
      data: new WatchTable((watcher, path, set) => onChanged?.(watcher, "data", path, set)),
      child: new WatchTable((watcher, path, set) => onChanged?.(watcher, "child", path, set)),
    };
  }

  add(kind: WatchKind, path: string, watcher: Watcher): void {
    this.#tables[kind].add(path, watcher);
  }

  /** Drops every watch of a connection. */
  removeWatcher(watcher: Watcher): void {
    this.#tables.data.removeWatcher(watcher);
    this.#tables.child.removeWatcher(watcher);
  }

  /** Paths that a connection watches. */
  pathsOf(kind: WatchKind, watcher: Watcher): ReadonlySet<string> {
    return this.#tables[kind].pathsOf(watcher);
  }

  /** Fires the watches that a change concerns, in ZooKeeper's order (`DataTree`). */
  trigger(change: Change, notify: NotifyWatcher): void {
    const { data, child } = this.#tables;
    const { path } = change;
    if (change.type === "dataChanged") {
      for (const watcher of data.take(path)) notify(watcher, EventType.nodeDataChanged, path);
      return;
    }
    if (change.type === "created") {
      for (const watcher of data.take(path)) notify(watcher, EventType.nodeCreated, path);
    } else {
      const told = data.take(path);
      for (const watcher of told) notify(watcher, EventType.nodeDeleted, path);
      for (const watcher of child.take(path)) {
        // Whoever watched both the data and the children hears of the deletion once.
        if (!told.has(watcher)) notify(watcher, EventType.nodeDeleted, path);
      }
    }
    const parent = parentPath(path);
    if (parent === undefined) return;
    for (const watcher of child.take(parent)) {
      notify(watcher, EventType.nodeChildrenChanged, parent);
    }
  }
}

const NOBODY: ReadonlySet<Watcher> = new Set();
const NO_PATHS: ReadonlySet<string> = new Set();

class WatchTable {
  readonly #onChanged: (watcher: Watcher, path: string, set: boolean) => void;
  readonly #watchersByPath = new Map<string, Set<Watcher>>();
  readonly #pathsByWatcher = new Map<Watcher, Set<string>>();

  constructor(onChanged: (watcher: Watcher, path: string, set: boolean) => void) {
    this.#onChanged = onChanged;
  }

  add(path: string, watcher: Watcher): void {
    if (this.pathsOf(watcher).has(path)) return;
    addTo(this.#watchersByPath, path, watcher);
    addTo(this.#pathsByWatcher, watcher, path);
    this.#onChanged(watcher, path, true);
  }

  /** Removes the watches on a path and returns whose they were. */
  take(path: string): ReadonlySet<Watcher> {
    const watchers = this.#watchersByPath.get(path);
    if (watchers === undefined) return NOBODY;
    this.#watchersByPath.delete(path);
    for (const watcher of watchers) {
      removeFrom(this.#pathsByWatcher, watcher, path);
      this.#onChanged(watcher, path, false);
    }
    return watchers;
  }

  removeWatcher(watcher: Watcher): void {
    for (const path of this.pathsOf(watcher)) removeFrom(this.#watchersByPath, path, watcher);
    this.#pathsByWatcher.delete(watcher);
  }

  pathsOf(watcher: Watcher): ReadonlySet<string> {
    return this.#pathsByWatcher.get(watcher) ?? NO_PATHS;
  }
}

function addTo<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}

function removeFrom<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  if (set === undefined) return;
  set.delete(value);
  if (set.size === 0) sets.delete(key);
}
