/**
 * Znodes as rows of the `znodes` table.
 */
import { OPEN_ACL_UNSAFE } from "../core/acl.ts";
import { nodeName, parentPath, ROOT } from "../core/path.ts";
import type { Znode } from "../core/znode.ts";
import type { ACL } from "../protocol/records.ts";

type ZnodeRow = {
  czxid: number;
  mzxid: number;
  pzxid: number;
  ctime: number;
  mtime: number;
  version: number;
  aversion: number;
  children_created: number;
  num_children: number;
  ephemeral_owner: number;
  acl: string | null;
  /** An integer stands for data in `large_data`. */
  data: ArrayBuffer | number | null;
};

/** Data above this is kept in `large_data`: some more, and a row would spill out of its page of 4 KB. */
const INLINE_BYTES_MAX = 800;

const SELECT = `SELECT czxid, mzxid, pzxid, ctime, mtime, version, aversion, children_created, num_children,
  ephemeral_owner, acl, data FROM znodes WHERE parent = ? AND name = ?`;

const UPSERT = `INSERT OR REPLACE INTO znodes (parent, name, czxid, mzxid, pzxid, ctime, mtime, version, aversion,
  children_created, num_children, ephemeral_owner, acl, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** The same for a znode as it is created: every bound value costs, and most of its values repeat each other. */
const INSERT_NEW = `INSERT OR REPLACE INTO znodes (parent, name, czxid, mzxid, pzxid, ctime, mtime, version, aversion,
  children_created, num_children, ephemeral_owner, acl, data)
  VALUES (?1, ?2, ?3, ?3, ?3, ?4, ?4, 0, 0, 0, 0, ?5, ?6, ?7)`;

/** The same for what writes change most: binding the values costs as much as writing the row. */
const UPDATE_DATA = `UPDATE znodes SET mzxid = ?, mtime = ?, version = ?, data = ? WHERE parent = ? AND name = ?`;

const UPDATE_CHILDREN = `UPDATE znodes SET pzxid = ?, children_created = ?, num_children = ?
  WHERE parent = ? AND name = ?`;

const UPSERT_LARGE_DATA = `INSERT INTO large_data VALUES (?, ?)
  ON CONFLICT (path) DO UPDATE SET data = excluded.data`;

const DELETE = "DELETE FROM znodes WHERE parent = ? AND name = ?";

const SELECT_NAMES = "SELECT name FROM znodes WHERE parent = ?";

export function selectZnode(sql: SqlStorage, path: string): Znode | undefined {
  const [row] = sql.exec<ZnodeRow>(SELECT, parentKey(path), nodeName(path)).toArray();
  return row === undefined ? undefined : fromRow(sql, path, row);
}

/** Whether the data of a znode is kept in `large_data`. */
export function isLarge(znode: Znode | undefined): boolean {
  return znode !== undefined && znode.data !== null && znode.data.length > INLINE_BYTES_MAX;
}

/** Writes the large data of a znode, or removes what is left of it. Returns the rows written. */
export function writeLargeData(sql: SqlStorage, path: string, znode: Znode | undefined): number {
  const data = isLarge(znode) ? znode?.data : undefined;
  if (!data) return sql.exec("DELETE FROM large_data WHERE path = ?", path).rowsWritten;
  return sql.exec(UPSERT_LARGE_DATA, path, data.buffer).rowsWritten;
}

/** What of a znode changed since its row was written. */
export type ZnodeChange = "data" | "children" | "all";

/** What changed between two states of a znode. */
export function changeBetween(before: Znode, after: Znode): ZnodeChange {
  if (before.acl !== after.acl || before.czxid !== after.czxid) return "all";
  const isDataChanged = before.mzxid !== after.mzxid;
  const areChildrenChanged = before.pzxid !== after.pzxid;
  if (isDataChanged === areChildrenChanged) return "all";
  return isDataChanged ? "data" : "children";
}

/** Writes a znode of whose row, if it has one, only `change` is out of date. Returns the rows written. */
export function writeZnode(
  sql: SqlStorage,
  path: string,
  znode: Znode,
  change: ZnodeChange,
): number {
  if (change === "children") return updateChildren(sql, path, znode);
  if (change === "data") return updateData(sql, path, znode);
  return isAsCreated(znode) ? insertNewRow(sql, path, znode) : upsertRow(sql, path, znode);
}

function updateData(sql: SqlStorage, path: string, znode: Znode): number {
  const { mzxid, mtime, version } = znode;
  const data = encodeData(znode);
  return sql.exec(UPDATE_DATA, mzxid, mtime, version, data, parentKey(path), nodeName(path))
    .rowsWritten;
}

function updateChildren(sql: SqlStorage, path: string, znode: Znode): number {
  const { pzxid, childrenCreated, numChildren } = znode;
  return sql.exec(
    UPDATE_CHILDREN,
    pzxid,
    childrenCreated,
    numChildren,
    parentKey(path),
    nodeName(path),
  ).rowsWritten;
}

function upsertRow(sql: SqlStorage, path: string, znode: Znode): number {
  return sql.exec(
    UPSERT,
    parentKey(path),
    nodeName(path),
    znode.czxid,
    znode.mzxid,
    znode.pzxid,
    znode.ctime,
    znode.mtime,
    znode.version,
    znode.aversion,
    znode.childrenCreated,
    znode.numChildren,
    znode.ephemeralOwner,
    encodeACL(znode.acl),
    encodeData(znode),
  ).rowsWritten;
}

function insertNewRow(sql: SqlStorage, path: string, znode: Znode): number {
  return sql.exec(
    INSERT_NEW,
    parentKey(path),
    nodeName(path),
    znode.czxid,
    znode.ctime,
    znode.ephemeralOwner,
    encodeACL(znode.acl),
    encodeData(znode),
  ).rowsWritten;
}

/** Whether nothing has happened to a znode since it was created. */
function isAsCreated(znode: Znode): boolean {
  const { czxid, mzxid, pzxid, ctime, mtime } = znode;
  const changes = znode.version | znode.aversion | znode.childrenCreated | znode.numChildren;
  return mzxid === czxid && pzxid === czxid && mtime === ctime && changes === 0;
}

/** Returns the rows written. */
export function deleteZnodeRow(sql: SqlStorage, path: string): number {
  return sql.exec(DELETE, parentKey(path), nodeName(path)).rowsWritten;
}

export function selectChildNames(sql: SqlStorage, path: string): string[] {
  return sql
    .exec<{ name: string }>(SELECT_NAMES, path)
    .toArray()
    .map((row) => row.name);
}

/** The root is a child of nothing: with itself as its parent it would be listed among its own children. */
function parentKey(path: string): string {
  return path === ROOT ? "" : (parentPath(path) ?? "");
}

function fromRow(sql: SqlStorage, path: string, row: ZnodeRow): Znode {
  return {
    czxid: row.czxid,
    mzxid: row.mzxid,
    pzxid: row.pzxid,
    ctime: row.ctime,
    mtime: row.mtime,
    version: row.version,
    aversion: row.aversion,
    childrenCreated: row.children_created,
    numChildren: row.num_children,
    ephemeralOwner: row.ephemeral_owner,
    data: decodeData(sql, path, row.data),
    acl: decodeACL(row.acl),
  };
}

/** Data is never a view of something larger, so its buffer is it. */
function encodeData(znode: Znode): ArrayBuffer | number | null {
  if (znode.data === null) return null;
  return isLarge(znode) ? znode.data.length : znode.data.buffer;
}

function decodeData(sql: SqlStorage, path: string, data: ZnodeRow["data"]): Znode["data"] {
  if (data === null) return null;
  if (typeof data !== "number") return new Uint8Array(data);
  const query = "SELECT data FROM large_data WHERE path = ?";
  return new Uint8Array(sql.exec<{ data: ArrayBuffer }>(query, path).one().data);
}

type ACLTuple = [perms: number, scheme: string, id: string];

function encodeACL(acl: readonly ACL[]): string | null {
  if (acl === OPEN_ACL_UNSAFE) return null;
  return JSON.stringify(acl.map(({ perms, id }): ACLTuple => [perms, id.scheme, id.id]));
}

function decodeACL(text: string | null): readonly ACL[] {
  if (text === null) return OPEN_ACL_UNSAFE;
  const tuples = JSON.parse(text) as ACLTuple[];
  return tuples.map(([perms, scheme, id]) => ({ perms, id: { scheme, id } }));
}
