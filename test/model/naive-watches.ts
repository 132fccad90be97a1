/** The watches of the naive model: one list, gone through from its beginning for every event. */
import { EventType } from "../../src/protocol/op-code.ts";
import type { ACL, Id } from "../../src/protocol/records.ts";
import type { Received } from "../unit/core/harness.ts";
import { may } from "./naive-acl.ts";

export interface NaiveConnection {
  session: number;
  open: boolean;
  ids: Id[];
  readonly received: Received[];
}

export interface NaiveWatch {
  readonly connection: NaiveConnection;
  readonly kind: "data" | "child";
  readonly path: string;
  readonly mode: "standard" | "persistent" | "recursive";
}

/** What happened to a node, and who may know. */
export interface Change {
  readonly what: "created" | "deleted" | "changed";
  readonly path: string;
  readonly acl: readonly ACL[];
  readonly parentAcl: readonly ACL[];
}

/** The kinds that a watcher type stands for; undefined for one that is none. */
export function kindsOf(watcherType: number): readonly NaiveWatch["kind"][] | undefined {
  return ([["child"], ["data"], ["child", "data"]] as const)[watcherType - 1];
}

export class NaiveWatches {
  list: NaiveWatch[] = [];

  /** What was there of the same connection, kind and path makes room. */
  set(watch: NaiveWatch): void {
    this.remove(watch.connection, [watch.kind], watch.path);
    this.list.push(watch);
  }

  /** Whether anybody has a watch of these kinds there. */
  isAny(kinds: readonly string[], path: string): boolean {
    return this.list.some((watch) => watch.path === path && kinds.includes(watch.kind));
  }

  /** Whether there was something to remove. */
  remove(connection: NaiveConnection, kinds: readonly string[], path: string): boolean {
    const before = this.list.length;
    this.list = this.list.filter(
      (w) => w.connection !== connection || w.path !== path || !kinds.includes(w.kind),
    );
    return this.list.length < before;
  }

  drop(connection: NaiveConnection): void {
    this.list = this.list.filter((watch) => watch.connection !== connection);
  }

  fire({ what, path, acl, parentAcl }: Change): void {
    if (what === "changed") return this.#notify(["data"], path, EventType.nodeDataChanged, acl);
    if (what === "created") this.#notify(["data"], path, EventType.nodeCreated, acl);
    else this.#notify(["data", "child"], path, EventType.nodeDeleted, acl);
    const parent = path.slice(0, path.lastIndexOf("/")) || "/";
    return this.#notify(["child"], parent, EventType.nodeChildrenChanged, parentAcl);
  }

  /** Tells everybody once whom it concerns and who may read the node, and forgets the watches that are good for once. */
  #notify(kinds: readonly string[], path: string, type: EventType, acl: readonly ACL[]): void {
    const concerned = this.list.filter((watch) => {
      if (!kinds.includes(watch.kind)) return false;
      if (watch.mode !== "recursive") return watch.path === path;
      return type !== EventType.nodeChildrenChanged && isAtOrBelow(path, watch.path);
    });
    const told = new Set(concerned.map((watch) => watch.connection));
    this.list = this.list.filter((w) => w.mode !== "standard" || !concerned.includes(w));
    for (const connection of told) {
      if (!may(connection.ids, acl, 1)) continue;
      connection.received.push({ kind: "event", zxid: -1, type, state: 3, path });
    }
  }
}

function isAtOrBelow(path: string, top: string): boolean {
  return path === top || (top === "/" ? path.startsWith("/") : isBelow(path, top));
}

/** Nothing is below the empty path, though every path begins like that. */
function isBelow(path: string, top: string): boolean {
  return top !== "" && path.startsWith(`${top}/`);
}
