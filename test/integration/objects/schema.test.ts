import { describe, expect, it } from "vitest";
import { OPEN_ACL_UNSAFE } from "../../../src/core/acl.ts";
import { createSchema } from "../../../src/objects/schema.ts";
import { SqliteStore } from "../../../src/objects/sqlite-store.ts";
import { TestNamespace } from "../support/namespace.ts";

/** What differed in version 2, with a session in it. */
const VERSION_2 = `
  DROP TABLE answers;
  DROP TABLE sessions;
  CREATE TABLE sessions (
    id INTEGER PRIMARY KEY, passwd BLOB NOT NULL, timeout_ms INTEGER NOT NULL, created_ms INTEGER NOT NULL, heard_ms INTEGER
  );
  INSERT INTO sessions VALUES (5, x'01', 4000, 1, 2);
  UPDATE meta SET value = 2 WHERE key = 'schema';`;

/** What differed in version 1, with a tree in it. */
const VERSION_1 = `
  ${VERSION_2}
  DROP TABLE znodes;
  DROP TABLE spilled_watches;
  CREATE TABLE spilled_watches (
    session INTEGER NOT NULL, kind TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY (session, kind, path)
  ) WITHOUT ROWID;
  CREATE TABLE znodes (
    parent TEXT NOT NULL, name TEXT NOT NULL, czxid INTEGER NOT NULL, mzxid INTEGER NOT NULL, pzxid INTEGER NOT NULL,
    ctime INTEGER NOT NULL, mtime INTEGER NOT NULL, version INTEGER NOT NULL, aversion INTEGER NOT NULL,
    children_created INTEGER NOT NULL, num_children INTEGER NOT NULL, ephemeral_owner INTEGER NOT NULL, acl TEXT,
    data BLOB, PRIMARY KEY (parent, name)
  ) WITHOUT ROWID;
  INSERT INTO znodes VALUES
    ('', '', 0, 0, 7, 0, 0, 0, 0, 2, 2, 0, NULL, x''),
    ('/', 'a', 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, '[[31,"digest","u:p"]]', x'0102'),
    ('/a', 'null', 1, 1, 1, 4, 4, 0, 0, 0, 0, 9007199254740991, NULL, NULL),
    ('/', 'large', 1, 1, 1, 4, 4, 0, 0, 0, 0, 0, NULL, 1000);
  INSERT INTO spilled_watches VALUES (5, 'child', '/a');
  INSERT INTO large_data VALUES ('/large', zeroblob(1000));
  UPDATE meta SET value = 1 WHERE key = 'schema';
  UPDATE meta SET value = 7 WHERE key = 'zxid'`;

const EMPTY_SESSION = { passwd: bytes(16), timeoutMs: 4_000, createdMs: 1 };

describe("the schema", () => {
  it("takes over a database of version 1", async () => {
    await new TestNamespace().inside(({ storage: { sql } }) => {
      sql.exec(VERSION_1);
      const store = new SqliteStore(sql);
      expect(store.lastZxid).toBe(7);
      expect(store.getZnode("/")).toMatchObject({ pzxid: 7, numChildren: 2, data: bytes(0) });
      expect(store.getZnode("/a")).toEqual({
        czxid: 1,
        mzxid: 2,
        pzxid: 3,
        ctime: 4,
        mtime: 5,
        version: 6,
        aversion: 7,
        childrenCreated: 8,
        numChildren: 1,
        ephemeralOwner: 0,
        isContainer: false,
        ttlMs: 0,
        data: Uint8Array.of(1, 2),
        acl: [{ perms: 31, id: { scheme: "digest", id: "u:p" } }],
      });
      expect(store.getZnode("/a/null")).toMatchObject({
        ephemeralOwner: Number.MAX_SAFE_INTEGER,
        data: null,
        acl: OPEN_ACL_UNSAFE,
      });
      expect(store.getZnode("/large")?.data).toEqual(bytes(1_000));
      expect(store.childNames("/").toSorted()).toEqual(["a", "large"]);
      expect(store.childNames("/a")).toEqual(["null"]);
      expect(store.selectSpilledWatches(5)).toEqual([
        { kind: "child", path: "/a", mode: "standard" },
      ]);

      // Once, and nothing is left of it.
      const tables = sql.exec("SELECT name FROM sqlite_master WHERE name LIKE '%version%'");
      expect(tables.toArray()).toEqual([]);
      store.deleteZnode("/large");
      store.flush();
      expect(new SqliteStore(sql).getZnode("/large")).toBeUndefined();
    });
  });

  it("takes over a database of version 2", async () => {
    await new TestNamespace().inside(({ storage: { sql } }) => {
      sql.exec(VERSION_2);
      const store = new SqliteStore(sql);
      expect(store.sessions.get(5)).toEqual({
        id: 5,
        passwd: Uint8Array.of(1),
        timeoutMs: 4_000,
        createdMs: 1,
        heardMs: 2,
        isLease: false,
        subject: undefined,
      });
      store.sessions.put({ ...EMPTY_SESSION, id: 6, isLease: true, subject: "worker" });
      const answer = { hash: 1, zxid: 2, err: 0, body: bytes(3), note: "note" };
      store.answers.keep("key", answer, 60_000);
      store.flush();
      const again = new SqliteStore(sql);
      expect(again.sessions.get(6)).toMatchObject({ isLease: true, subject: "worker" });
      expect(again.answers.find("key", 60_000)).toEqual(answer);
    });
  });

  it("refuses a database of a later version", async () => {
    await new TestNamespace().inside(({ storage: { sql } }) => {
      sql.exec("UPDATE meta SET value = 99 WHERE key = 'schema'");
      expect(() => createSchema(sql)).toThrow("version 99");
    });
  });
});

function bytes(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length);
}
