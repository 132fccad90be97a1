/**
 * The store of a subtree object: SQLite is the truth, memory holds what is hot and what the running batch changed.
 *
 * Writes are kept back until {@link SqliteStore.flush}, once per batch: a znode that ten requests of a batch changed
 * is one row, and an exception on the way leaves the database as it was. Reads see the kept-back writes.
 */
import { nodeName, parentPath, ROOT } from "../core/path.ts";
import type { Session, Store } from "../core/store.ts";
import type { WatchKind } from "../core/watch-manager.ts";
import type { Znode } from "../core/znode.ts";
import type { SessionId, Zxid } from "../protocol/records.ts";
import { GenerationCache } from "./generation-cache.ts";
import { createSchema } from "./schema.ts";
import { SessionTable } from "./session-table.ts";
import {
  changeBetween,
  deleteZnodeRow,
  isLarge,
  selectChildNames,
  selectZnode,
  writeLargeData,
  writeZnode,
  type ZnodeChange,
} from "./znode-rows.ts";

/** Bytes of znodes kept in memory, in each of the cache's two generations. An isolate has 128 MB. */
const CACHE_BYTES = 12 * 1024 * 1024;

/** Names kept in memory, over all lists of children, in each of the cache's two generations. */
const CACHED_NAMES = 100_000;

/** What a znode weighs beside its path and its data. */
const ZNODE_OVERHEAD_BYTES = 250;

interface ChangedZnode {
  /** Undefined when it is deleted. */
  readonly znode: Znode | undefined;
  readonly change: ZnodeChange;
}

export class SqliteStore implements Store {
  lastZxid: Zxid;
  readonly sessions: SessionTable;
  /** Rows written since the object was constructed. */
  rowsWritten = 0;

  readonly #sql: SqlStorage;
  #flushedZxid: Zxid;
  readonly #cache = new GenerationCache<Znode>(CACHE_BYTES);
  /** Complete lists of children. What is missing from one does not exist. */
  readonly #children = new GenerationCache<Set<string>>(CACHED_NAMES);
  /** Complete lists of the ephemerals of those sessions that were asked for. */
  readonly #ephemerals = new Map<SessionId, Set<string>>();
  /** Znodes changed since the last flush. */
  readonly #changedZnodes = new Map<string, ChangedZnode>();
  /** Paths whose large data, there or gone, is not what the table says. */
  readonly #changedLargeData = new Set<string>();
  /** Ephemerals added (true) or removed since the last flush. */
  readonly #changedEphemerals = new Map<SessionId, Map<string, boolean>>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    createSchema(sql);
    this.lastZxid = sql
      .exec<{ value: number }>("SELECT value FROM meta WHERE key = 'zxid'")
      .one().value;
    this.#flushedZxid = this.lastZxid;
    this.sessions = new SessionTable(sql);
  }

  getZnode(path: string): Znode | undefined {
    const cached = this.#cache.get(path);
    if (cached !== undefined) return cached;
    const changed = this.#changedZnodes.get(path);
    if (changed !== undefined) return changed.znode;
    // No znode has such a path, but its parent and its name are those of "/x".
    if (path.startsWith("//")) return undefined;
    if (this.#isKnownToBeMissing(path)) return undefined;
    const znode = selectZnode(this.#sql, path);
    if (znode !== undefined) this.#cache.set(path, znode, weightOf(path, znode));
    return znode;
  }

  putZnode(path: string, znode: Znode): void {
    // Whoever replaces a znode has just read it, so that one which is not in memory is new.
    const earlier = this.#changedZnodes.get(path);
    const previous = this.#cache.get(path) ?? earlier?.znode;
    if (previous === undefined && path !== ROOT) this.#addToLists(path, znode);
    if (previous?.data !== znode.data && (isLarge(previous) || isLarge(znode))) {
      this.#changedLargeData.add(path);
    }
    const change = previous === undefined ? "all" : changeBetween(previous, znode);
    const isSame = earlier === undefined || earlier.change === change;
    this.#changedZnodes.set(path, { znode, change: isSame ? change : "all" });
    this.#cache.set(path, znode, weightOf(path, znode));
  }

  deleteZnode(path: string): void {
    const znode = this.getZnode(path);
    if (znode === undefined) return;
    if (isLarge(znode)) this.#changedLargeData.add(path);
    this.#changedZnodes.set(path, { znode: undefined, change: "all" });
    this.#cache.delete(path);
    this.#children.get(parentPath(path) ?? ROOT)?.delete(nodeName(path));
    this.#children.delete(path);
    if (znode.ephemeralOwner !== 0) this.#changeEphemeral(znode.ephemeralOwner, path, false);
  }

  childNames(path: string): readonly string[] {
    return [...this.#loadChildren(path)];
  }

  ephemeralPaths(owner: SessionId): readonly string[] {
    return [...this.#loadEphemerals(owner)];
  }

  getSession(id: SessionId): Session | undefined {
    return this.sessions.get(id);
  }

  putSession(session: Session): void {
    this.sessions.put(session);
  }

  deleteSession(id: SessionId): void {
    this.sessions.delete(id);
    this.#ephemerals.delete(id);
  }

  insertSpilledWatch(session: SessionId, kind: WatchKind, path: string): void {
    this.#write("INSERT OR REPLACE INTO spilled_watches VALUES (?, ?, ?)", session, kind, path);
  }

  deleteSpilledWatch(session: SessionId, kind: WatchKind, path: string): void {
    this.#write(
      "DELETE FROM spilled_watches WHERE session = ? AND kind = ? AND path = ?",
      session,
      kind,
      path,
    );
  }

  deleteSpilledWatches(session: SessionId): void {
    this.#write("DELETE FROM spilled_watches WHERE session = ?", session);
  }

  /** Deletes the watches of those whose socket did not survive. */
  deleteSpilledWatchesExcept(sessions: readonly SessionId[]): void {
    this.#write(
      "DELETE FROM spilled_watches WHERE session NOT IN (SELECT value FROM json_each(?))",
      JSON.stringify(sessions),
    );
  }

  selectSpilledWatches(session: SessionId): Record<WatchKind, string[]> {
    const watches: Record<WatchKind, string[]> = { data: [], child: [] };
    const rows = this.#sql.exec<{ kind: WatchKind; path: string }>(
      "SELECT kind, path FROM spilled_watches WHERE session = ?",
      session,
    );
    for (const { kind, path } of rows) watches[kind].push(path);
    return watches;
  }

  /** Reads one row, so that an object which was superseded by another instance notices before it answers. */
  touch(): void {
    this.#sql.exec("SELECT value FROM meta WHERE key = 'zxid'").one();
  }

  /** Writes everything that changed. Call it inside a transaction. */
  flush(): void {
    this.#flushZnodes();
    this.#flushEphemerals();
    this.rowsWritten += this.sessions.flush();
    if (this.lastZxid !== this.#flushedZxid) {
      this.#write("UPDATE meta SET value = ? WHERE key = 'zxid'", this.lastZxid);
      this.#flushedZxid = this.lastZxid;
    }
  }

  #flushZnodes(): void {
    const sql = this.#sql;
    for (const path of this.#changedLargeData) {
      this.rowsWritten += writeLargeData(sql, path, this.#changedZnodes.get(path)?.znode);
    }
    this.#changedLargeData.clear();
    for (const [path, { znode, change }] of this.#changedZnodes) {
      this.rowsWritten +=
        znode === undefined ? deleteZnodeRow(sql, path) : writeZnode(sql, path, znode, change);
    }
    this.#changedZnodes.clear();
  }

  #flushEphemerals(): void {
    for (const [owner, paths] of this.#changedEphemerals) {
      for (const [path, added] of paths) {
        if (added) this.#write("INSERT OR REPLACE INTO ephemerals VALUES (?, ?)", owner, path);
        else this.#write("DELETE FROM ephemerals WHERE owner = ? AND path = ?", owner, path);
      }
    }
    this.#changedEphemerals.clear();
  }

  #write(query: string, ...bindings: (number | string)[]): void {
    this.rowsWritten += this.#sql.exec(query, ...bindings).rowsWritten;
  }

  #isKnownToBeMissing(path: string): boolean {
    const parent = parentPath(path);
    if (parent === undefined || path === ROOT) return false;
    return this.#children.get(parent)?.has(nodeName(path)) === false;
  }

  #addToLists(path: string, znode: Znode): void {
    const parent = parentPath(path) ?? ROOT;
    let names = this.#children.get(parent);
    if (names === undefined && this.#cache.get(parent)?.numChildren === 0) names = new Set();
    if (names !== undefined) {
      names.add(nodeName(path));
      this.#children.set(parent, names, names.size + 1);
    }
    if (znode.ephemeralOwner !== 0) this.#changeEphemeral(znode.ephemeralOwner, path, true);
  }

  #loadChildren(path: string): Set<string> {
    const cached = this.#children.get(path);
    if (cached !== undefined) return cached;
    const names = new Set(selectChildNames(this.#sql, path));
    for (const [changed, { znode }] of this.#changedZnodes) {
      if (changed === ROOT || parentPath(changed) !== path) continue;
      if (znode === undefined) names.delete(nodeName(changed));
      else names.add(nodeName(changed));
    }
    this.#children.set(path, names, names.size + 1);
    return names;
  }

  #loadEphemerals(owner: SessionId): Set<string> {
    let paths = this.#ephemerals.get(owner);
    if (paths === undefined) {
      const rows = this.#sql.exec<{ path: string }>(
        "SELECT path FROM ephemerals WHERE owner = ?",
        owner,
      );
      paths = new Set(rows.toArray().map((row) => row.path));
      for (const [path, added] of this.#changedEphemerals.get(owner) ?? []) {
        if (added) paths.add(path);
        else paths.delete(path);
      }
      this.#ephemerals.set(owner, paths);
    }
    return paths;
  }

  #changeEphemeral(owner: SessionId, path: string, added: boolean): void {
    let changed = this.#changedEphemerals.get(owner);
    if (changed === undefined) {
      changed = new Map();
      this.#changedEphemerals.set(owner, changed);
    }
    changed.set(path, added);
    const loaded = this.#ephemerals.get(owner);
    if (added) loaded?.add(path);
    else loaded?.delete(path);
  }
}

function weightOf(path: string, znode: Znode): number {
  return ZNODE_OVERHEAD_BYTES + path.length + (znode.data?.length ?? 0);
}
