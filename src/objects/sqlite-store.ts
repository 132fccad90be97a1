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
import { GenerationCache, type Weighed } from "./generation-cache.ts";
import { createSchema } from "./schema.ts";
import { SessionTable } from "./session-table.ts";
import { isLarge } from "./znode-record.ts";
import { selectChildNames, selectZnodes, writeLargeData, ZnodeRowsWriter } from "./znode-rows.ts";

/** Bytes of znodes kept in memory, in each of the cache's two generations. An isolate has 128 MB. */
const CACHE_BYTES = 12 * 1024 * 1024;

/** Names kept in memory, over all lists of children, in each of the cache's two generations. */
const CACHED_NAMES = 100_000;

/** What a znode weighs beside its path and its data. */
const ZNODE_OVERHEAD_BYTES = 250;

/** What it weighs to know that there is no znode, beside the path. */
const MISSING_OVERHEAD_BYTES = 100;

/** What is at a path, as the running batch has it so far. */
class CachedZnode implements Weighed {
  readonly path: string;
  /** Null when it is known that there is none. */
  znode: Znode | null;
  /** The database's large data is not that of the znode, whether it has some or not. */
  isLargeDataChanged = false;

  constructor(path: string, znode: Znode | null) {
    this.path = path;
    this.znode = znode;
  }

  get weight(): number {
    const { path, znode } = this;
    if (znode === null) return MISSING_OVERHEAD_BYTES + path.length;
    return ZNODE_OVERHEAD_BYTES + path.length + (znode.data?.length ?? 0);
  }
}

/** All names of the children of a znode. */
class ChildNames implements Weighed {
  readonly names: Set<string>;

  constructor(names: Set<string>) {
    this.names = names;
  }

  get weight(): number {
    return 1 + this.names.size;
  }
}

export class SqliteStore implements Store {
  lastZxid: Zxid;
  readonly sessions: SessionTable;
  /** Rows written since the object was constructed. */
  rowsWritten = 0;

  readonly #sql: SqlStorage;
  #flushedZxid: Zxid;
  readonly #rows: ZnodeRowsWriter;
  readonly #cache = new GenerationCache<CachedZnode>(CACHE_BYTES);
  /** Complete lists of the children of those znodes that were asked for. */
  readonly #children = new GenerationCache<ChildNames>(CACHED_NAMES);
  /** Complete lists of the ephemerals of those sessions that were asked for. */
  readonly #ephemerals = new Map<SessionId, Set<string>>();
  /** Znodes changed since the last flush, which the cache may have dropped. */
  readonly #changed = new Map<string, CachedZnode>();
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
    this.#rows = new ZnodeRowsWriter(sql);
  }

  /** Reads all of these znodes at once that are not in memory. Each of them alone would cost several times as much. */
  prefetch(paths: Iterable<string>): void {
    const unknown = new Set<string>();
    for (const path of paths) if (this.#cached(path) === undefined) unknown.add(path);
    if (unknown.size === 0) return;
    const list = [...unknown];
    selectZnodes(this.#sql, list).forEach((znode, index) => {
      this.#remember(list[index] as string, znode ?? null);
    });
  }

  getZnode(path: string): Znode | undefined {
    return this.#lookUp(path).znode ?? undefined;
  }

  putZnode(path: string, znode: Znode): void {
    const entry = this.#lookUp(path);
    if (entry.znode === null && path !== ROOT) this.#addToLists(path, znode);
    this.#change(entry, znode);
  }

  deleteZnode(path: string): void {
    const entry = this.#lookUp(path);
    const { znode } = entry;
    if (znode === null) return;
    this.#change(entry, null);
    const siblings = this.#children.get(parentPath(path) ?? ROOT);
    if (siblings?.names.delete(nodeName(path)) === true) this.#children.grow(-1);
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

  /**
   * Writes everything that changed. When it throws, part of it may be written: only what takes the whole batch back may
   * follow.
   */
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
    for (const entry of this.#changed.values()) {
      const { path, znode } = entry;
      if (entry.isLargeDataChanged) {
        const data = znode !== null && isLarge(znode) ? znode.data : null;
        this.rowsWritten += writeLargeData(this.#sql, path, data);
        entry.isLargeDataChanged = false;
      }
      if (znode === null) this.#rows.delete(path);
      else this.#rows.put(path, znode);
    }
    this.#changed.clear();
    this.rowsWritten += this.#rows.finish();
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

  #cached(path: string): CachedZnode | undefined {
    const cached = this.#cache.get(path);
    if (cached !== undefined || this.#changed.size === 0) return cached;
    return this.#changed.get(path);
  }

  #lookUp(path: string): CachedZnode {
    const cached = this.#cached(path);
    if (cached !== undefined) return cached;
    const [znode] = selectZnodes(this.#sql, [path]);
    return this.#remember(path, znode ?? null);
  }

  #remember(path: string, znode: Znode | null): CachedZnode {
    const entry = new CachedZnode(path, znode);
    this.#cache.add(path, entry);
    return entry;
  }

  #change(entry: CachedZnode, znode: Znode | null): void {
    const before = entry.weight;
    if (entry.znode?.data !== znode?.data && (isLarge(entry.znode) || isLarge(znode))) {
      entry.isLargeDataChanged = true;
    }
    entry.znode = znode;
    this.#changed.set(entry.path, entry);
    this.#cache.grow(entry.weight - before);
  }

  #addToLists(path: string, znode: Znode): void {
    const siblings = this.#children.get(parentPath(path) ?? ROOT);
    if (siblings !== undefined) {
      siblings.names.add(nodeName(path));
      this.#children.grow(1);
    }
    if (znode.ephemeralOwner !== 0) this.#changeEphemeral(znode.ephemeralOwner, path, true);
  }

  #loadChildren(path: string): Set<string> {
    const cached = this.#children.get(path);
    if (cached !== undefined) return cached.names;
    const names = new Set(selectChildNames(this.#sql, path));
    for (const { path: changed, znode } of this.#changed.values()) {
      if (changed === ROOT || parentPath(changed) !== path) continue;
      if (znode === null) names.delete(nodeName(changed));
      else names.add(nodeName(changed));
    }
    this.#children.add(path, new ChildNames(names));
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
