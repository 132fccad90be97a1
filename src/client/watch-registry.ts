/**
 * Who is told of which event. Paths are the server's.
 *
 * A server before 3.9 keeps one watch for a connection and path, in the mode of the last request for it. So a path has here
 * either one-shot watches or one persistent watch on the server, and whoever else is interested in it is served from the
 * persistent one.
 */
import { AddWatchMode, EventType, OpCode } from "../protocol/op-code.ts";
import type { SetWatchesRequest } from "../protocol/request-records.ts";
import { callBack } from "./callback.ts";
import type { Chroot } from "./chroot.ts";
import type { ZooKeeperError } from "./errors.ts";
import type { EventStream } from "./event-stream.ts";
import type { NodeEvent, NodeEventType, Watcher } from "./watch-event.ts";

/** What left a one-shot watch: a read of data, an exists of nothing, or a list of children. */
export type OneShotKind = "data" | "exist" | "child";

interface PersistentWatch {
  readonly streams: Set<EventStream>;
  /** The mode that was asked for last; it never goes back to the narrower one. */
  mode: AddWatchMode;
  /** Whether it was sent over the present connection. */
  isSent: boolean;
  /** Whether it was answered. */
  isArmed: boolean;
}

const NODE_EVENTS: { readonly [type: number]: NodeEventType } = {
  [EventType.nodeCreated]: "NodeCreated",
  [EventType.nodeDeleted]: "NodeDeleted",
  [EventType.nodeDataChanged]: "NodeDataChanged",
  [EventType.nodeChildrenChanged]: "NodeChildrenChanged",
};

const CONCERNED: { readonly [type in NodeEventType]: readonly OneShotKind[] } = {
  NodeCreated: ["data", "exist"],
  NodeDataChanged: ["data", "exist"],
  NodeDeleted: ["data", "exist", "child"],
  NodeChildrenChanged: ["child"],
};

/** Units of paths in one request: real servers refuse a megabyte (ZOOKEEPER-706). */
const SET_WATCHES_UNITS_MAX = 128 * 1024;

type WatchList = "dataWatches" | "existWatches" | "childWatches" | PersistentList;
type PersistentList = "persistentWatches" | "persistentRecursiveWatches";

export class WatchRegistry {
  readonly #chroot: Chroot;
  readonly #oneShots: { readonly [kind in OneShotKind]: Map<string, Set<Watcher>> } = {
    data: new Map(),
    exist: new Map(),
    child: new Map(),
  };
  readonly #persistent = new Map<string, PersistentWatch>();

  constructor(chroot: Chroot) {
    this.#chroot = chroot;
  }

  add(kind: OneShotKind, path: string, watcher: Watcher): void {
    const watchers = this.#oneShots[kind].get(path);
    if (watchers === undefined) this.#oneShots[kind].set(path, new Set([watcher]));
    else watchers.add(watcher);
  }

  /** Whether a persistent watch tells of all that a one-shot one would. */
  isCovered(path: string): boolean {
    return this.#persistent.get(path)?.isSent ?? false;
  }

  /** Adds a stream, and returns the mode of the watch that must be asked for; undefined when one is there. */
  addStream(path: string, stream: EventStream): AddWatchMode | undefined {
    const mode = stream.isRecursive ? AddWatchMode.persistentRecursive : AddWatchMode.persistent;
    const watch = this.#persistent.get(path);
    if (watch === undefined) {
      const streams = new Set([stream]);
      this.#persistent.set(path, { streams, mode, isSent: false, isArmed: false });
      return mode;
    }
    watch.streams.add(stream);
    if (mode > watch.mode) {
      watch.mode = mode;
      watch.isArmed = false;
      return mode;
    }
    if (watch.isArmed) stream.resync();
    return undefined;
  }

  /** Removes a stream; true when it was the last one at its path. */
  removeStream(path: string, stream: EventStream): boolean {
    const watch = this.#persistent.get(path);
    if (watch === undefined || !watch.streams.delete(stream)) return false;
    return watch.streams.size === 0 && this.#persistent.delete(path);
  }

  onSent(path: string): void {
    const watch = this.#persistent.get(path);
    if (watch !== undefined) watch.isSent = true;
  }

  onArmed(path: string, mode: AddWatchMode): void {
    const watch = this.#persistent.get(path);
    if (watch === undefined || watch.mode !== mode) return;
    watch.isArmed = true;
    for (const stream of watch.streams) if (stream.isStale) stream.resync();
  }

  /** A persistent watch was refused: its streams end. */
  failStreams(path: string, error: Error): void {
    const watch = this.#persistent.get(path);
    this.#persistent.delete(path);
    for (const stream of watch?.streams ?? []) stream.fail(error);
  }

  /** The connection is gone, and with it what was sent but not answered. */
  disconnect(): void {
    for (const watch of this.#persistent.values()) {
      watch.isSent = watch.isArmed;
      for (const stream of watch.streams) stream.isStale = true;
    }
  }

  /** All watches are set again. */
  onRearmed(): void {
    for (const watch of this.#persistent.values()) {
      if (!watch.isArmed) continue;
      for (const stream of watch.streams) if (stream.isStale) stream.resync();
    }
  }

  /** Tells whom an event concerns. Of an unknown type it concerns nobody. */
  dispatch(eventType: number, path: string, zxid: number): void {
    const type = NODE_EVENTS[eventType];
    if (type === undefined) return;
    const event: NodeEvent = { type, path: this.#chroot.show(path), zxid };
    this.#tellOneShots(path, event);
    const isOfChildren = type === "NodeChildrenChanged";
    for (const stream of this.#persistent.get(path)?.streams ?? []) {
      if (!isOfChildren || !stream.isRecursive) stream.push(event);
    }
    if (isOfChildren || path === "/" || this.#persistent.size === 0) return;
    for (let at = path; at !== "/";) {
      at = parentOf(at);
      const watch = this.#persistent.get(at);
      for (const stream of watch?.streams ?? []) if (stream.isRecursive) stream.push(event);
    }
    if (type !== "NodeDataChanged") this.#tellParent(parentOf(path), zxid);
  }

  /** Ends all watches. */
  failAll(error: ZooKeeperError): void {
    for (const watchersByPath of Object.values(this.#oneShots)) {
      const entries = [...watchersByPath];
      watchersByPath.clear();
      for (const [path, watchers] of entries) {
        const event = { type: "SessionLost", path: this.#chroot.show(path), error } as const;
        for (const watcher of watchers) callBack(watcher, event);
      }
    }
    for (const path of this.#persistent.keys()) this.failStreams(path, error);
  }

  /** The requests that set all watches again after a reconnect. */
  rearm(relativeZxid: number): SetWatchesRequest[] {
    const lists: [WatchList, Iterable<string>][] = [
      ["dataWatches", this.#oneShots.data.keys()],
      ["existWatches", this.#oneShots.exist.keys()],
      ["childWatches", this.#oneShots.child.keys()],
      // Last, so that they are what stays where a path has both.
      ["persistentWatches", this.#armed(AddWatchMode.persistent)],
      ["persistentRecursiveWatches", this.#armed(AddWatchMode.persistentRecursive)],
    ];
    return setWatchesRequests(lists, relativeZxid);
  }

  /** The requests that set the one-shot watches of a path again, after its persistent watch was removed. */
  rearmOneShots(path: string, relativeZxid: number): SetWatchesRequest[] {
    if (this.#persistent.has(path)) return [];
    const { data, exist, child } = this.#oneShots;
    const lists: [WatchList, Iterable<string>][] = [
      ["dataWatches", data.has(path) ? [path] : []],
      ["existWatches", exist.has(path) ? [path] : []],
      ["childWatches", child.has(path) ? [path] : []],
    ];
    return setWatchesRequests(lists, relativeZxid);
  }

  #tellOneShots(path: string, event: NodeEvent): void {
    for (const kind of CONCERNED[event.type]) {
      const watchers = this.#oneShots[kind].get(path);
      if (watchers === undefined) continue;
      this.#oneShots[kind].delete(path);
      for (const watcher of watchers) callBack(watcher, event);
    }
  }

  /** A recursive watch does not say that the children of a znode changed; that one came or went does. */
  #tellParent(parent: string, zxid: number): void {
    const watch = this.#persistent.get(parent);
    if (watch?.mode !== AddWatchMode.persistentRecursive || !watch.isSent) return;
    const path = this.#chroot.show(parent);
    const event: NodeEvent = { type: "NodeChildrenChanged", path, zxid };
    this.#tellOneShots(parent, event);
    for (const stream of watch.streams) if (!stream.isRecursive) stream.push(event);
  }

  *#armed(mode: AddWatchMode): Iterable<string> {
    for (const [path, watch] of this.#persistent) {
      if (watch.isArmed && watch.mode === mode) yield path;
    }
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function setWatchesRequests(
  lists: readonly (readonly [WatchList, Iterable<string>])[],
  relativeZxid: number,
): SetWatchesRequest[] {
  const requests: SetWatchesRequest[] = [];
  let units = Infinity;
  let watches: { [list in WatchList]: string[] } | undefined;
  for (const [list, paths] of lists) {
    for (const path of paths) {
      units += path.length + 4;
      if (watches === undefined || units > SET_WATCHES_UNITS_MAX) {
        units = path.length + 4;
        watches = {
          dataWatches: [],
          existWatches: [],
          childWatches: [],
          persistentWatches: [],
          persistentRecursiveWatches: [],
        };
        requests.push(setWatchesRequest(watches, relativeZxid));
      }
      watches[list].push(path);
    }
  }
  return requests;
}

/** Of the older type where that does, which all servers know. */
function setWatchesRequest(
  watches: { readonly [list in WatchList]: readonly string[] },
  relativeZxid: number,
): SetWatchesRequest {
  return {
    ...watches,
    relativeZxid,
    get type() {
      const { persistentWatches, persistentRecursiveWatches } = watches;
      const isOld = persistentWatches.length === 0 && persistentRecursiveWatches.length === 0;
      return isOld ? OpCode.setWatches : OpCode.setWatches2;
    },
  };
}
