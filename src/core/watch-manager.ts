/**
 * The watches of all connections (`DataTree`'s two `WatchManager`s): who is told when a path changes. A watch lives
 * at most as long as the connection that set it.
 */
import { EventType, WatcherType } from "../protocol/op-code.ts";
import { parentPath } from "./path.ts";
import { type Watcher, type WatchMode, WatchTable } from "./watch-table.ts";

export type { Watcher, WatchMode } from "./watch-table.ts";

/** `data` holds the watches of getData and exists, `child` those of getChildren; an addWatch sets one of each. */
export type WatchKind = "data" | "child";

/** Told of every event, in order. */
export type NotifyWatcher = (watcher: Watcher, type: EventType, path: string) => void;

/** What a write did to one path. */
export interface Change {
  readonly type: "created" | "deleted" | "dataChanged";
  readonly path: string;
}

/** Told of every watch that is set, and with an undefined mode when it fires or is removed, except with its connection. */
export type OnWatchChanged = (
  watcher: Watcher,
  kind: WatchKind,
  path: string,
  mode: WatchMode | undefined,
) => void;

export class WatchManager {
  readonly #tables: Readonly<Record<WatchKind, WatchTable>>;

  constructor(onChanged?: OnWatchChanged) {
    this.#tables = {
      data: new WatchTable((watcher, path, mode) => onChanged?.(watcher, "data", path, mode)),
      child: new WatchTable((watcher, path, mode) => onChanged?.(watcher, "child", path, mode)),
    };
  }

  add(kind: WatchKind, path: string, watcher: Watcher, mode: WatchMode = "standard"): void {
    this.#tables[kind].add(path, watcher, mode);
  }

  /**
   * Whether there is a watch of a type on a path. Anybody's: ZooKeeper 3.8 does not look whose it is
   * (`WatchManager.containsWatcher`).
   */
  has(type: WatcherType, path: string): boolean {
    return this.#tablesOf(type).some((table) => table.has(path));
  }

  /** Removes a connection's watches of a type on a path; false when there is none. */
  remove(type: WatcherType, path: string, watcher: Watcher): boolean {
    const removed = this.#tablesOf(type).map((table) => table.remove(path, watcher));
    return removed.includes(true);
  }

  /** Drops every watch of a connection. */
  removeWatcher(watcher: Watcher): void {
    this.#tables.data.removeWatcher(watcher);
    this.#tables.child.removeWatcher(watcher);
  }

  /** Watches of a connection. */
  countOf(watcher: Watcher): number {
    return this.#tables.data.pathsOf(watcher).size + this.#tables.child.pathsOf(watcher).size;
  }

  /** Paths that a connection watches. */
  pathsOf(kind: WatchKind, watcher: Watcher): ReadonlyMap<string, WatchMode> {
    return this.#tables[kind].pathsOf(watcher);
  }

  /** Fires the watches that a change concerns, in ZooKeeper's order (`DataTree`). */
  trigger(change: Change, notify: NotifyWatcher): void {
    const { data, child } = this.#tables;
    const { path } = change;
    if (change.type === "dataChanged") {
      for (const watcher of data.take(path, false))
        notify(watcher, EventType.nodeDataChanged, path);
      return;
    }
    if (change.type === "created") {
      for (const watcher of data.take(path, false)) notify(watcher, EventType.nodeCreated, path);
    } else {
      const told = data.take(path, false);
      for (const watcher of told) notify(watcher, EventType.nodeDeleted, path);
      for (const watcher of child.take(path, false)) {
        // Whoever watched both the data and the children hears of the deletion once.
        if (!told.has(watcher)) notify(watcher, EventType.nodeDeleted, path);
      }
    }
    if (child.isEmpty) return;
    const parent = parentPath(path);
    if (parent === undefined) return;
    for (const watcher of child.take(parent, true)) {
      notify(watcher, EventType.nodeChildrenChanged, parent);
    }
  }

  #tablesOf(type: WatcherType): readonly WatchTable[] {
    const { data, child } = this.#tables;
    switch (type) {
      case WatcherType.children:
        return [child];
      case WatcherType.data:
        return [data];
      case WatcherType.any:
        return [child, data];
    }
  }
}
