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
  data: ArrayBuffer | null;
};

const SELECT = `SELECT czxid, mzxid, pzxid, ctime, mtime, version, aversion, children_created, num_children,
  ephemeral_owner, acl, data FROM znodes WHERE parent = ? AND name = ?`;

const UPSERT = `INSERT OR REPLACE INTO znodes (parent, name, czxid, mzxid, pzxid, ctime, mtime, version, aversion,
  children_created, num_children, ephemeral_owner, acl, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** The same for a znode as it is created: every bound value costs, and most of its values repeat each other. */
const INSERT_NEW = `INSERT OR REPLACE INTO znodes (parent, name, czxid, mzxid, pzxid, ctime, mtime, version, aversion,
  children_created, num_children, ephemeral_owner, acl, data)
  VALUES (?1, ?2, ?3, ?3, ?3, ?4, ?4, 0, 0, 0, 0, ?5, ?6, ?7)`;

const DELETE = "DELETE FROM znodes WHERE parent = ? AND name = ?";

const SELECT_NAMES = "SELECT name FROM znodes WHERE parent = ?";

export function selectZnode(sql: SqlStorage, path: string): Znode | undefined {
  const [row] = sql.exec<ZnodeRow>(SELECT, parentKey(path), nodeName(path)).toArray();
  return row === undefined ? undefined : fromRow(row);
}

/** Returns the rows written. */
export function upsertZnode(sql: SqlStorage, path: string, znode: Znode): number {
  if (isAsCreated(znode)) return insertNewZnode(sql, path, znode);
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

function insertNewZnode(sql: SqlStorage, path: string, znode: Znode): number {
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

function fromRow(row: ZnodeRow): Znode {
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
    data: row.data === null ? null : new Uint8Array(row.data),
    acl: decodeACL(row.acl),
  };
}

/** Data is never a view of something larger, so its buffer is it. */
function encodeData(znode: Znode): ArrayBuffer | null {
  return znode.data === null ? null : znode.data.buffer;
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
