/**
 * Znodes as rows of the `znodes` table: what a batch changed is written by one statement, and what it needs read by
 * one. A call of `exec` costs several times the work that SQLite does for a row.
 */
import type { Znode } from "../core/znode.ts";
import { JuteWriter } from "../protocol/jute-writer.ts";
import {
  EMPTY_RECORD_BYTES,
  readDataLength,
  readZnodeRecord,
  writeZnodeRecord,
} from "./znode-record.ts";

/**
 * Stands for the last slash of a path in its key, so that the children of a znode are neighbours and their own
 * children are not among them. No valid path contains it.
 */
const KEY_SLASH = "\u0001";

/** The unit behind {@link KEY_SLASH}. */
const KEY_SLASH_END = "\u0002";

/** UTF-16 units of paths that one look-up takes: a bound value may have 2 MB. */
const LOOKUP_UNITS_MAX = 256 * 1024;

/** The key of a path, or undefined for one that no znode can have. */
function keyOf(path: string): string | undefined {
  const slash = path.lastIndexOf("/");
  // A path without a slash could have the form of a key, and SQLite's texts may end at a NUL.
  if (slash < 0 || path.includes("\0")) return undefined;
  return path.slice(0, slash) + KEY_SLASH + path.slice(slash + 1);
}

/** The znodes at these paths, in the same order; undefined where there is none. */
export function selectZnodes(sql: SqlStorage, paths: readonly string[]): (Znode | undefined)[] {
  const found: (Znode | undefined)[] = Array.from({ length: paths.length });
  let keys: (string | null)[] = [];
  let units = 0;
  let start = 0;
  paths.forEach((path, index) => {
    keys.push(keyOf(path) ?? null);
    units += path.length;
    if (units < LOOKUP_UNITS_MAX && index < paths.length - 1) return;
    for (const [at, node] of selectRecords(sql, keys)) {
      const pathAt = paths[start + at] as string;
      found[start + at] = readZnodeRecord(new Uint8Array(node), () => selectLarge(sql, pathAt));
    }
    start = index + 1;
    keys = [];
    units = 0;
  });
  return found;
}

/** Rows (index of the key, record) of the znodes that exist. */
function selectRecords(
  sql: SqlStorage,
  keys: readonly (string | null)[],
): Iterable<[at: number, node: ArrayBuffer]> {
  if (keys.length === 1) {
    const query = "SELECT 0, node FROM znodes WHERE key = ?";
    return sql.exec(query, keys[0] ?? null).raw<[number, ArrayBuffer]>();
  }
  const query = "SELECT j.key, z.node FROM json_each(?) j CROSS JOIN znodes z ON z.key = j.value";
  return sql.exec(query, JSON.stringify(keys)).raw<[number, ArrayBuffer]>();
}

/** Names that one row brings: a row for each would take several times as long. */
const NAMES_PER_ROW = 1_000;

export function selectChildNames(sql: SqlStorage, path: string): string[] {
  // All keys of children begin like this; what follows is the name.
  const prefix = (path === "/" ? "" : path) + KEY_SLASH;
  const end = prefix.slice(0, -1) + KEY_SLASH_END;
  try {
    return selectNamesInRows(sql, prefix, end);
  } catch {
    // A thousand very long names do not fit into a row. Whatever else it is happens here as well.
    const query = "SELECT key FROM znodes WHERE key > ? AND key < ?";
    const rows = sql.exec(query, prefix, end).raw<[string]>();
    return Array.from(rows, ([key]) => key.slice(prefix.length));
  }
}

function selectNamesInRows(sql: SqlStorage, prefix: string, end: string): string[] {
  const names: string[] = [];
  const prefixLength = Array.from(prefix).length;
  // U+0001 is in no name.
  const query = `SELECT group_concat(substr(key, ?3), char(1)), max(key)
    FROM (SELECT key FROM znodes WHERE key > ?1 AND key < ?2 ORDER BY key LIMIT ${NAMES_PER_ROW})`;
  for (let after = prefix; ;) {
    const rows = sql
      .exec(query, after, end, prefixLength + 1)
      .raw<[string | null, string | null]>();
    const [row] = [...rows];
    const [list = null, last = null] = row ?? [];
    if (list === null || last === null) return names;
    const some = list.split(KEY_SLASH);
    for (const name of some) names.push(name);
    if (some.length < NAMES_PER_ROW) return names;
    after = last;
  }
}

/**
 * Rows of a znode and of all below it: its own, its children's, and what is below them, since "0" comes behind "/". Not one
 * condition with OR, for which SQLite would note every row to give it out once.
 */
const SUBTREE = `SELECT node FROM znodes WHERE key = ?1
  UNION ALL SELECT node FROM znodes WHERE key > ?2 AND key < ?3
  UNION ALL SELECT node FROM znodes WHERE key > ?4 AND key < ?5`;

function subtreeBindings(path: string): (string | null)[] {
  const below = path === "/" ? "" : path;
  const children = [below + KEY_SLASH, below + KEY_SLASH_END];
  return [keyOf(path) ?? null, ...children, `${below}/`, `${below}0`];
}

/** Counts a znode and all below it. */
export function countSubtree(sql: SqlStorage, path: string): number {
  const query = `SELECT count(*) AS n FROM (${SUBTREE})`;
  return sql.exec<{ n: number }>(query, ...subtreeBindings(path)).one().n;
}

/** Counts a znode and all below it, and the bytes of their data. */
export function selectTotals(sql: SqlStorage, path: string): { znodes: number; bytes: number } {
  let znodes = 0;
  let bytes = 0;
  const rows = sql.exec(SUBTREE, ...subtreeBindings(path));
  for (const [node] of rows.raw<[ArrayBuffer]>()) {
    znodes += 1;
    bytes += readDataLength(new Uint8Array(node));
  }
  return { znodes, bytes };
}

/** Counts all znodes and, nearly, the characters of their paths and the bytes of their data. */
export function selectTreeTotals(sql: SqlStorage): TreeTotals {
  // In SQL, since it goes through every row: an ACL or a TTL in a record counts as data.
  const query = `SELECT count(*), coalesce(sum(length(key) + length(node)), 0),
    (SELECT coalesce(sum(length(data)), 0) FROM large_data) FROM znodes`;
  const [row] = sql.exec(query).raw<[number, number, number]>();
  const [znodes, recordBytes, largeBytes] = row as [number, number, number];
  return { znodes, size: recordBytes - znodes * EMPTY_RECORD_BYTES + largeBytes };
}

/** What there is in a tree. */
export interface TreeTotals {
  znodes: number;
  /** Characters of paths and bytes of data. */
  size: number;
}

function selectLarge(sql: SqlStorage, path: string): Uint8Array<ArrayBuffer> {
  const query = "SELECT data FROM large_data WHERE path = ?";
  return new Uint8Array(sql.exec<{ data: ArrayBuffer }>(query, path).one().data);
}

/** Writes data that is kept beside its record, or removes it. Returns the rows written. */
export function writeLargeData(
  sql: SqlStorage,
  path: string,
  data: Uint8Array<ArrayBuffer> | null,
): number {
  if (data === null) return sql.exec("DELETE FROM large_data WHERE path = ?", path).rowsWritten;
  const query = `INSERT INTO large_data VALUES (?, ?)
    ON CONFLICT (path) DO UPDATE SET data = excluded.data`;
  return sql.exec(query, path, data.buffer).rowsWritten;
}

/** Bytes after which a statement is made of what is there: a bound value may have 2 MB. */
const PACK_BYTES_MAX = 1024 * 1024;

// Where a row is in the pack, in one number: the byte at which its key starts, the length of the key and that of the
// record, which follows it. 21, 14 and 16 bits, so that the number is a safe integer.
const KEY_LENGTH_END = 2 ** 14;
const RECORD_LENGTH_END = 2 ** 16;
const START_UNIT = KEY_LENGTH_END * RECORD_LENGTH_END;

const UPSERT_ONE = "INSERT OR REPLACE INTO znodes VALUES (?, ?)";

const UPSERT_PACK = `INSERT OR REPLACE INTO znodes
  SELECT
    CAST(substr(?1, 1 + (value >> 30), value >> 16 & 16383) AS TEXT),
    substr(?1, 1 + (value >> 30) + (value >> 16 & 16383), value & 65535)
  FROM json_each(?2)`;

const DELETE_ALL = "DELETE FROM znodes WHERE key IN (SELECT value FROM json_each(?))";

/** Gathers changed znodes and writes them with as few statements as their size allows. */
export class ZnodeRowsWriter {
  readonly #sql: SqlStorage;
  readonly #pack = new JuteWriter();
  #rows: number[] = [];
  #deleted: string[] = [];
  #deletedUnits = 0;
  #rowsWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  put(path: string, znode: Znode): void {
    const pack = this.#pack;
    const start = pack.length;
    const keyText = keyOf(path) ?? path;
    pack.writeUtf8(keyText);
    const keyLength = pack.length - start;
    writeZnodeRecord(pack, znode);
    const recordLength = pack.length - start - keyLength;
    if (keyLength >= KEY_LENGTH_END || recordLength >= RECORD_LENGTH_END) {
      pack.truncate(start);
      const record = new JuteWriter();
      writeZnodeRecord(record, znode);
      const { buffer } = record.take();
      this.#rowsWritten += this.#sql.exec(UPSERT_ONE, keyText, buffer).rowsWritten;
      return;
    }
    this.#rows.push(start * START_UNIT + keyLength * RECORD_LENGTH_END + recordLength);
    if (pack.length > PACK_BYTES_MAX) this.#writePack();
  }

  delete(path: string): void {
    const key = keyOf(path);
    if (key === undefined) return;
    this.#deleted.push(key);
    this.#deletedUnits += key.length;
    if (this.#deletedUnits > LOOKUP_UNITS_MAX) this.#writeDeleted();
  }

  /** Writes what is left, and returns the rows written since the last call. */
  finish(): number {
    this.#writePack();
    this.#writeDeleted();
    const rowsWritten = this.#rowsWritten;
    this.#rowsWritten = 0;
    return rowsWritten;
  }

  #writePack(): void {
    if (this.#rows.length === 0) return;
    const { buffer } = this.#pack.take();
    const rows = JSON.stringify(this.#rows);
    this.#rows = [];
    this.#rowsWritten += this.#sql.exec(UPSERT_PACK, buffer, rows).rowsWritten;
  }

  #writeDeleted(): void {
    if (this.#deleted.length === 0) return;
    const keys = JSON.stringify(this.#deleted);
    this.#deleted = [];
    this.#deletedUnits = 0;
    this.#rowsWritten += this.#sql.exec(DELETE_ALL, keys).rowsWritten;
  }
}
