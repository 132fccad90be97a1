/**
 * Takes over the znodes of a database of schema version 1, which had a column for each of their fields.
 */
import { OPEN_ACL_UNSAFE } from "../core/acl.ts";
import { childPath, ROOT } from "../core/path.ts";
import type { Znode } from "../core/znode.ts";
import type { ACL } from "../protocol/records.ts";
import { ZnodeRowsWriter } from "./znode-rows.ts";

type Row = {
  parent: string;
  name: string;
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
  /** JSON [[perms, scheme, id], ...]; null for an open one. */
  acl: string | null;
  /** An integer is the length of data in `large_data`, whose table has not changed. */
  data: ArrayBuffer | number | null;
};

/** Moves the rows of `znodes_version_1` to `znodes`, in the transaction that is under way. */
export function migrateFromVersion1(sql: SqlStorage): void {
  const rows = new ZnodeRowsWriter(sql);
  for (const row of sql.exec<Row>("SELECT * FROM znodes_version_1")) {
    // The root had the empty string as its parent and its name.
    const path = row.parent === "" ? ROOT : childPath(row.parent, row.name);
    rows.put(path, toZnode(row));
  }
  rows.finish();
  sql.exec("DROP TABLE znodes_version_1");
  sql.exec("ALTER TABLE spilled_watches ADD COLUMN mode TEXT NOT NULL DEFAULT 'standard'");
}

function toZnode(row: Row): Znode {
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
    isContainer: false,
    ttlMs: 0,
    data: toData(row.data),
    acl: row.acl === null ? OPEN_ACL_UNSAFE : toACL(row.acl),
  };
}

function toData(data: Row["data"]): Znode["data"] {
  if (data === null) return null;
  // Of data that is kept beside its record, only the length counts here.
  return new Uint8Array(typeof data === "number" ? new ArrayBuffer(data) : data);
}

function toACL(text: string): readonly ACL[] {
  const tuples = JSON.parse(text) as [perms: number, scheme: string, id: string][];
  return tuples.map(([perms, scheme, id]) => ({ perms, id: { scheme, id } }));
}
