/**
 * Tables of a subtree object. Rows written are what a write costs, so no table has an index beside its primary key,
 * and none has a rowid that would be a second one.
 */

import { migrateFromVersion1 } from "./schema-version-1.ts";

const VERSION = 3;

/** Creates the tables, where they are missing, and brings those of an earlier version up to date. */
export function createSchema(sql: SqlStorage): void {
  const version = versionOf(sql);
  if (version > VERSION) {
    throw new Error(
      `the data is of schema version ${version}, this program knows up to ${VERSION}`,
    );
  }
  if (version === 1) sql.exec("ALTER TABLE znodes RENAME TO znodes_version_1");
  createTables(sql);
  if (version === 1) migrateFromVersion1(sql);
  if (version === 1 || version === 2) migrateFromVersion2(sql);
  sql.exec("INSERT OR IGNORE INTO meta (key, value) VALUES ('schema', ?), ('zxid', 0)", VERSION);
}

/** 0 for an empty database. */
function versionOf(sql: SqlStorage): number {
  const tables = sql.exec("SELECT name FROM sqlite_master WHERE name = 'meta'").toArray();
  if (tables.length === 0) return 0;
  return sql.exec<{ value: number }>("SELECT value FROM meta WHERE key = 'schema'").one().value;
}

/** Sessions had no owners, and none was a lease. */
function migrateFromVersion2(sql: SqlStorage): void {
  sql.exec("ALTER TABLE sessions ADD COLUMN subject TEXT");
  sql.exec("ALTER TABLE sessions ADD COLUMN lease INTEGER NOT NULL DEFAULT 0");
  sql.exec("UPDATE meta SET value = 3 WHERE key = 'schema'");
}

function createTables(sql: SqlStorage): void {
  sql.exec(`
    -- Single values: the schema's version, the last zxid that may have been given out.
    CREATE TABLE IF NOT EXISTS meta (
      key TEXT PRIMARY KEY,
      value INTEGER NOT NULL
    ) WITHOUT ROWID;

    -- One row a znode. The key is the path with its last slash replaced by U+0001, so that the children of a znode are
    -- neighbours; the node is a record of znode-record.ts.
    CREATE TABLE IF NOT EXISTS znodes (
      key TEXT PRIMARY KEY,
      node BLOB NOT NULL
    ) WITHOUT ROWID;

    -- Data that would spill out of its page. A search in a table without rowid reads all of every row that it passes,
    -- so that a few znodes with a megabyte each would slow down all of their neighbours.
    CREATE TABLE IF NOT EXISTS large_data (
      path TEXT PRIMARY KEY,
      data BLOB NOT NULL
    );

    CREATE TABLE IF NOT EXISTS ephemerals (
      owner INTEGER NOT NULL,
      path TEXT NOT NULL,
      PRIMARY KEY (owner, path)
    ) WITHOUT ROWID;

    -- Containers and znodes with a TTL.
    CREATE TABLE IF NOT EXISTS reapable (
      path TEXT PRIMARY KEY
    ) WITHOUT ROWID;

    CREATE TABLE IF NOT EXISTS sessions (
      id INTEGER PRIMARY KEY,
      passwd BLOB NOT NULL,
      timeout_ms INTEGER NOT NULL,
      created_ms INTEGER NOT NULL,
      -- When the session was last heard of, written as it loses its connection; NULL while it has one.
      heard_ms INTEGER,
      -- Whose it is, in grants; NULL for who may do everything.
      subject TEXT,
      -- 1 for a session that was opened without a connection, and lives by being renewed.
      lease INTEGER NOT NULL DEFAULT 0
    );

    -- What writes that are done once were answered with, by the minute (since 1970) in which that was.
    CREATE TABLE IF NOT EXISTS answers (
      minute INTEGER NOT NULL,
      key TEXT NOT NULL,
      hash INTEGER NOT NULL,
      zxid INTEGER NOT NULL,
      err INTEGER NOT NULL,
      body BLOB NOT NULL,
      note TEXT,
      PRIMARY KEY (minute, key)
    ) WITHOUT ROWID;

    -- Watches of hibernating WebSockets that have too many for the socket's attachment.
    CREATE TABLE IF NOT EXISTS spilled_watches (
      session INTEGER NOT NULL,
      kind TEXT NOT NULL,
      path TEXT NOT NULL,
      mode TEXT NOT NULL DEFAULT 'standard',
      PRIMARY KEY (session, kind, path)
    ) WITHOUT ROWID;
  `);
}
