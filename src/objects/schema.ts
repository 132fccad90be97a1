/**
 * Tables of a subtree object. Rows written are what a write costs, so no table has an index beside its primary key,
 * and none has a rowid that would be a second one.
 */

const VERSION = 1;

/** Creates the tables, where they are missing. */
export function createSchema(sql: SqlStorage): void {
  sql.exec(`
    -- Single values: the schema's version, the last zxid.
    CREATE TABLE IF NOT EXISTS meta (
      key TEXT PRIMARY KEY,
      value INTEGER NOT NULL
    ) WITHOUT ROWID;

    -- One row a znode. The key begins with the parent, so that the children of a znode are neighbours. The root
    -- has the empty string as its parent and its name.
    CREATE TABLE IF NOT EXISTS znodes (
      parent TEXT NOT NULL,
      name TEXT NOT NULL,
      czxid INTEGER NOT NULL,
      mzxid INTEGER NOT NULL,
      pzxid INTEGER NOT NULL,
      ctime INTEGER NOT NULL,
      mtime INTEGER NOT NULL,
      version INTEGER NOT NULL,
      aversion INTEGER NOT NULL,
      children_created INTEGER NOT NULL,
      num_children INTEGER NOT NULL,
      ephemeral_owner INTEGER NOT NULL,
      acl TEXT,    -- JSON [[perms, scheme, id], ...]; NULL for world:anyone:cdrwa
      data BLOB,   -- NULL is null data, not the same as empty; an integer says that it is in large_data
      PRIMARY KEY (parent, name)
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

    CREATE TABLE IF NOT EXISTS sessions (
      id INTEGER PRIMARY KEY,
      passwd BLOB NOT NULL,
      timeout_ms INTEGER NOT NULL,
      created_ms INTEGER NOT NULL,
      -- When the session was last heard of, written as it loses its connection; NULL while it has one.
      heard_ms INTEGER
    );

    -- Watches of hibernating WebSockets that have too many for the socket's attachment.
    CREATE TABLE IF NOT EXISTS spilled_watches (
      session INTEGER NOT NULL,
      kind TEXT NOT NULL,
      path TEXT NOT NULL,
      PRIMARY KEY (session, kind, path)
    ) WITHOUT ROWID;
  `);
  sql.exec("INSERT OR IGNORE INTO meta (key, value) VALUES ('schema', ?), ('zxid', 0)", VERSION);
}
