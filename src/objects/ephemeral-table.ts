/**
 * The `ephemerals` table: which znodes go with which session. Lists that were asked for are kept in memory, changes are
 * kept back until the batch is committed.
 */
import type { SessionId } from "../protocol/records.ts";
import { jsonLists } from "./json-lists.ts";

const INSERT = `INSERT OR REPLACE INTO ephemerals
  SELECT value ->> 0, value ->> 1 FROM json_each(?)`;

const DELETE = `DELETE FROM ephemerals
  WHERE (owner, path) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))`;

export class EphemeralTable {
  readonly #sql: SqlStorage;
  /** Complete lists of those sessions that were asked for. */
  readonly #lists = new Map<SessionId, Set<string>>();
  /** What came (true) or went since the last flush. */
  readonly #changed = new Map<SessionId, Map<string, boolean>>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Paths of the ephemerals of a session, in no particular order. */
  pathsOf(owner: SessionId): readonly string[] {
    return [...this.#load(owner)];
  }

  /** The paths of all ephemerals, by session, as the last batch left them. */
  byOwner(): Map<SessionId, string[]> {
    const byOwner = new Map<SessionId, string[]>();
    const query = "SELECT owner, path FROM ephemerals";
    for (const [owner, path] of this.#sql.exec(query).raw<[SessionId, string]>()) {
      const paths = byOwner.get(owner);
      if (paths === undefined) byOwner.set(owner, [path]);
      else paths.push(path);
    }
    return byOwner;
  }

  change(owner: SessionId, path: string, isThere: boolean): void {
    let changed = this.#changed.get(owner);
    if (changed === undefined) {
      changed = new Map();
      this.#changed.set(owner, changed);
    }
    changed.set(path, isThere);
    const loaded = this.#lists.get(owner);
    if (isThere) loaded?.add(path);
    else loaded?.delete(path);
  }

  /** Drops the list of a session that has ended. */
  forget(owner: SessionId): void {
    this.#lists.delete(owner);
  }

  /** Writes what changed and returns the rows written. */
  flush(): number {
    if (this.#changed.size === 0) return 0;
    const added: [SessionId, string][] = [];
    const removed: [SessionId, string][] = [];
    for (const [owner, paths] of this.#changed) {
      for (const [path, isThere] of paths) (isThere ? added : removed).push([owner, path]);
    }
    this.#changed.clear();
    return this.#writeAll(INSERT, added) + this.#writeAll(DELETE, removed);
  }

  #writeAll(query: string, tuples: readonly [SessionId, string][]): number {
    let rows = 0;
    for (const list of jsonLists(tuples)) rows += this.#sql.exec(query, list).rowsWritten;
    return rows;
  }

  #load(owner: SessionId): Set<string> {
    const loaded = this.#lists.get(owner);
    if (loaded !== undefined) return loaded;
    const query = "SELECT path FROM ephemerals WHERE owner = ?";
    const rows = this.#sql.exec(query, owner).raw<[string]>();
    const paths = new Set(Array.from(rows, ([path]) => path));
    for (const [path, isThere] of this.#changed.get(owner) ?? []) {
      if (isThere) paths.add(path);
      else paths.delete(path);
    }
    this.#lists.set(owner, paths);
    return paths;
  }
}
