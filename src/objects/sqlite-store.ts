/**
 * The store of a subtree object: SQLite is the truth, memory holds what is hot and what the running batch changed.
 *
 * Writes are kept back until {@link SqliteStore.flush}, once per batch: a znode that ten requests of a batch changed
 * is one row, and an exception on the way leaves the database as it was. Reads see the kept-back writes.
 */
import { nodeName, parentPath, ROOT } from "../core/path.ts";
import { mayBecomeDue } from "../core/reaper.ts";
import type { Session, Store, SubtreeTotals } from "../core/store.ts";
import type { WatchKind, WatchMode } from "../core/watch-manager.ts";
import type { Znode } from "../core/znode.ts";
import type { SessionId, Zxid } from "../protocol/records.ts";
import { AnswerTable } from "./answer-table.ts";
import { CachedZnode } from "./cached-znode.ts";
import { ChildNames } from "./child-names.ts";
import { EphemeralTable } from "./ephemeral-table.ts";
import { GenerationCache } from "./generation-cache.ts";
import { jsonLists } from "./json-lists.ts";
import { createSchema } from "./schema.ts";
import { SessionTable } from "./session-table.ts";
import { isLarge } from "./znode-record.ts";
import {
  countSubtree,
  selectChildNames,
  selectTotals,
  selectTreeTotals,
  selectZnodes,
  type TreeTotals,
  writeLargeData,
  ZnodeRowsWriter,
} from "./znode-rows.ts";

/** Bytes of znodes kept in memory, in each of the cache's two generations. An isolate has 128 MB. */
const CACHE_BYTES = 12 * 1024 * 1024;

/**
 * Zxids that one row reserves. An object that starts goes on behind the last reserved one, as a ZooKeeper ensemble does with
 * a new epoch: zxids have gaps, but none is ever given out twice.
 */
const ZXIDS_PER_ROW = 1_000;

/** Names kept in memory, over all lists of children, in each of the cache's two generations. */
const CACHED_NAMES = 100_000;

/** A watch of a hibernating WebSocket that has too many for the socket's attachment. */
export type SpilledWatch = { kind: WatchKind; path: string; mode: WatchMode };

export class SqliteStore implements Store {
  lastZxid: Zxid;
  readonly sessions: SessionTable;
  readonly answers: AnswerTable;
  /** Rows written since the object was constructed. */
  rowsWritten = 0;

  readonly #sql: SqlStorage;
  /** No zxid above this has been given out: what the database has. */
  #reservedZxid: Zxid;
  readonly #ephemerals: EphemeralTable;
  readonly #rows: ZnodeRowsWriter;
  /** Znodes changed since the last flush, which the cache may have dropped. */
  readonly #changed = new Map<string, CachedZnode>();
  readonly #cache = new GenerationCache<CachedZnode>(CACHE_BYTES);
  /** Complete lists of the children of those znodes that were asked for. */
  readonly #children = new GenerationCache<ChildNames>(CACHED_NAMES);
  /** Containers and znodes with a TTL that came (true) or went since the last flush. */
  readonly #changedReapable = new Map<string, boolean>();
  /** Undefined until somebody asks. */
  #treeTotals: TreeTotals | undefined;
  /** Something has changed that may be due for the reaper some time. */
  #isReapingAhead = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    createSchema(sql);
    this.lastZxid = sql
      .exec<{ value: number }>("SELECT value FROM meta WHERE key = 'zxid'")
      .one().value;
    this.#reservedZxid = this.lastZxid;
    this.sessions = new SessionTable(sql);
    this.answers = new AnswerTable(sql);
    this.#ephemerals = new EphemeralTable(sql);
    this.#rows = new ZnodeRowsWriter(sql);
    this.#isReapingAhead = sql.exec("SELECT 1 FROM reapable LIMIT 1").toArray().length > 0;
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
    if (isReapable(znode)) this.#changedReapable.set(path, false);
    this.#change(entry, null);
    const siblings = this.#children.get(parentPath(path) ?? ROOT);
    siblings?.delete(nodeName(path));
    this.#children.delete(path);
    if (znode.ephemeralOwner !== 0) this.#ephemerals.change(znode.ephemeralOwner, path, false);
  }

  childNames(path: string): readonly string[] {
    return this.#loadChildren(path).list();
  }

  ephemeralPaths(owner: SessionId): readonly string[] {
    return this.#ephemerals.pathsOf(owner);
  }

  /** The paths of all ephemerals, by session, as the last batch left them. */
  ephemeralsByOwner(): Map<SessionId, string[]> {
    return this.#ephemerals.byOwner();
  }

  countSubtree(path: string): number {
    this.#flushZnodes();
    return countSubtree(this.#sql, path);
  }

  subtreeTotals(path: string): SubtreeTotals {
    // The kept-back changes are written early: like all that a turn writes, they are committed with it or not at all.
    this.#flushZnodes();
    return selectTotals(this.#sql, path);
  }

  /** Counts the tree: the first time by looking at every row, from then on by keeping count. */
  treeTotals(): TreeTotals {
    if (this.#treeTotals === undefined) {
      this.#flushZnodes();
      this.#treeTotals = selectTreeTotals(this.#sql);
    }
    return this.#treeTotals;
  }

  /** Bytes of the database. */
  get databaseSize(): number {
    return this.#sql.databaseSize;
  }

  /** Paths of all containers and znodes with a TTL. */
  reapablePaths(): string[] {
    this.#flushReapable();
    const rows = this.#sql.exec("SELECT path FROM reapable").raw<[string]>();
    return Array.from(rows, ([path]) => path);
  }

  /** Removes answers that need not be kept any more; returns when there will be others, if there will. */
  trimAnswers(nowMs: number): number | undefined {
    this.rowsWritten += this.answers.trim(nowMs);
    return this.answers.trimMs;
  }

  /** Whether, since the last call, anything has become a matter for the reaper. */
  takeReapingAhead(): boolean {
    const isAhead = this.#isReapingAhead;
    this.#isReapingAhead = false;
    return isAhead;
  }

  getSession(id: SessionId): Session | undefined {
    return this.sessions.get(id);
  }

  putSession(session: Session): void {
    this.sessions.put(session);
  }

  deleteSession(id: SessionId): void {
    this.sessions.delete(id);
    this.#ephemerals.forget(id);
  }

  insertSpilledWatches(session: SessionId, watches: readonly SpilledWatch[]): void {
    const query = `INSERT OR REPLACE INTO spilled_watches
      SELECT ?1, value ->> 0, value ->> 1, value ->> 2 FROM json_each(?2)`;
    const tuples = watches.map(({ kind, path, mode }) => [kind, path, mode]);
    for (const list of jsonLists(tuples)) this.#write(query, session, list);
  }

  /** Deletes single watches, of whatever mode. */
  deleteSpilledWatchesAt(
    session: SessionId,
    watches: readonly Pick<SpilledWatch, "kind" | "path">[],
  ): void {
    const query = `DELETE FROM spilled_watches WHERE session = ?1
      AND (kind, path) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?2))`;
    const tuples = watches.map(({ kind, path }) => [kind, path]);
    for (const list of jsonLists(tuples)) this.#write(query, session, list);
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

  selectSpilledWatches(session: SessionId): SpilledWatch[] {
    const query = "SELECT kind, path, mode FROM spilled_watches WHERE session = ?";
    return this.#sql.exec<SpilledWatch>(query, session).toArray();
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
    this.rowsWritten += this.#ephemerals.flush();
    this.#flushReapable();
    this.rowsWritten += this.sessions.flush();
    this.rowsWritten += this.answers.flush();
    if (this.lastZxid > this.#reservedZxid) {
      this.#reservedZxid = this.lastZxid + ZXIDS_PER_ROW;
      this.#write("UPDATE meta SET value = ? WHERE key = 'zxid'", this.#reservedZxid);
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

  #flushReapable(): void {
    for (const [path, isThere] of this.#changedReapable) {
      if (isThere) this.#write("INSERT OR REPLACE INTO reapable VALUES (?)", path);
      else this.#write("DELETE FROM reapable WHERE path = ?", path);
    }
    this.#changedReapable.clear();
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
    if (this.#isKnownAbsent(path)) return this.#remember(path, null);
    const [znode] = selectZnodes(this.#sql, [path]);
    return this.#remember(path, znode ?? null);
  }

  /** Whether the list of its siblings is in memory, and it is not among them: a sequential znode has a name that is new. */
  #isKnownAbsent(path: string): boolean {
    const parent = path === ROOT ? undefined : parentPath(path);
    return parent !== undefined && this.#children.get(parent)?.lacks(nodeName(path)) === true;
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
    if (this.#treeTotals !== undefined) countChange(this.#treeTotals, entry, znode);
    entry.znode = znode;
    if (znode !== null && isReapable(znode) && mayBecomeDue(znode)) this.#isReapingAhead = true;
    this.#changed.set(entry.path, entry);
    this.#cache.grow(entry.weight - before);
  }

  #addToLists(path: string, znode: Znode): void {
    const siblings = this.#children.get(parentPath(path) ?? ROOT);
    if (siblings !== undefined) {
      siblings.add(nodeName(path));
      this.#children.grow(1);
    }
    if (znode.ephemeralOwner !== 0) this.#ephemerals.change(znode.ephemeralOwner, path, true);
    if (isReapable(znode)) this.#changedReapable.set(path, true);
  }

  #loadChildren(path: string): ChildNames {
    const cached = this.#children.get(path);
    if (cached !== undefined) return cached;
    // What has changed is not as the database has it.
    const changed = new Map<string, boolean>();
    for (const { path: at, znode } of this.#changed.values()) {
      if (at !== ROOT && parentPath(at) === path) changed.set(nodeName(at), znode !== null);
    }
    let names = selectChildNames(this.#sql, path);
    if (changed.size > 0) names = names.filter((name) => !changed.has(name));
    for (const [name, isThere] of changed) if (isThere) names.push(name);
    const children = new ChildNames(names);
    this.#children.add(path, children);
    return children;
  }
}

function countChange(totals: TreeTotals, { path, znode }: CachedZnode, after: Znode | null): void {
  totals.size += sizeOf(path, after) - sizeOf(path, znode);
  totals.znodes += (after === null ? 0 : 1) - (znode === null ? 0 : 1);
}

function sizeOf(path: string, znode: Znode | null): number {
  return znode === null ? 0 : path.length + (znode.data?.length ?? 0);
}

function isReapable(znode: Znode): boolean {
  return znode.isContainer || znode.ttlMs > 0;
}
