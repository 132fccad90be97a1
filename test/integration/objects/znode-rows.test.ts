import { describe, expect, it } from "vitest";
import { OPEN_ACL_UNSAFE } from "../../../src/core/acl.ts";
import type { Znode } from "../../../src/core/znode.ts";
import { createSchema } from "../../../src/objects/schema.ts";
import {
  selectChildNames,
  selectZnodes,
  writeLargeData,
  ZnodeRowsWriter,
} from "../../../src/objects/znode-rows.ts";
import { TestNamespace } from "../support/namespace.ts";

/** Every field different, so that none can stand for another. */
const ODD: Znode = {
  czxid: 2 ** 53 - 1,
  mzxid: 2 ** 40 + 3,
  pzxid: 4,
  ctime: 1_795_468_322_838,
  mtime: 1_795_468_322_839,
  version: -5,
  aversion: 6,
  childrenCreated: -(2 ** 31),
  numChildren: 8,
  ephemeralOwner: 2 ** 52 + 9,
  isContainer: true,
  ttlMs: 2 ** 40 - 1,
  data: Uint8Array.of(1, 2, 3),
  acl: [
    { perms: 3, id: { scheme: "digest", id: "ü:x" } },
    { perms: 31, id: { scheme: "world", id: "anyone" } },
  ],
};

describe("rows of znodes", () => {
  it.each<[what: string, change: Partial<Znode>]>([
    ["all fields", {}],
    ["an open ACL", { acl: OPEN_ACL_UNSAFE }],
    ["neither container nor TTL", { isContainer: false, ttlMs: 0 }],
    ["null data", { data: null }],
    ["empty data", { data: new Uint8Array(0) }],
    ["no data and an open ACL", { data: null, acl: OPEN_ACL_UNSAFE }],
    ["as much data as fits", { data: new Uint8Array(800).fill(7) }],
    ["data kept beside", { data: new Uint8Array(801).fill(7) }],
    ["a record too large for a pack", { acl: longACL(4_000) }],
  ])("come back as they were: %s", async (_, change) => {
    const znode = { ...ODD, ...change };
    await onTables((sql) => {
      if (znode.data && znode.data.length > 800) writeLargeData(sql, "/a/b", znode.data);
      // Others in the same pack, before and behind it.
      expect(write(sql, { "/a": ODD, "/a/b": znode, "/c": ODD })).toBe(3);
      expect(selectZnodes(sql, ["/a/b"])).toEqual([znode]);
      expect(selectZnodes(sql, ["/c", "/a/b", "/none", "/a"])).toEqual([
        ODD,
        znode,
        undefined,
        ODD,
      ]);
    });
  });

  it("are found by no path but their own", async () => {
    await onTables((sql) => {
      write(sql, { "/": ODD, "/a": ODD, "/a/b": ODD, "/ä/€": ODD });
      const own = ["/", "/a", "/a/b", "/ä/€"];
      const others = [
        "",
        "a",
        "//",
        "//a",
        "/a/",
        "/a//b",
        "\u0001",
        "\u0001a",
        "/a\u0001b",
        "/\u0001a",
      ];
      const more = [
        "/a\0",
        "/a\0b",
        "\0",
        "/a/b\0/c",
        "/\ud800",
        "/\u{1f600}",
        "/A",
        "/ä",
        "/'",
        '/"',
      ];
      for (const path of own) expect(selectZnodes(sql, [path]), path).toEqual([ODD]);
      for (const path of [...others, ...more]) {
        expect(selectZnodes(sql, [path]), JSON.stringify(path)).toEqual([undefined]);
      }
      expect(selectZnodes(sql, [...others, ...own, ...more])).toEqual([
        ...others.map(() => undefined),
        ...own.map(() => ODD),
        ...more.map(() => undefined),
      ]);
    });
  });

  it("list the children of a znode, and nothing from below or beside", async () => {
    await onTables((sql) => {
      const paths = [
        "/",
        "/a",
        "/a/b",
        "/a/€",
        "/a/b/c",
        "/a!",
        "/a!/x",
        "/a0",
        "/ab",
        "/ab/c",
        "/\u00a0",
      ];
      write(sql, Object.fromEntries(paths.map((path) => [path, ODD])));
      expect(selectChildNames(sql, "/").toSorted()).toEqual(["a", "a!", "a0", "ab", "\u00a0"]);
      expect(selectChildNames(sql, "/a").toSorted()).toEqual(["b", "€"]);
      expect(selectChildNames(sql, "/a/b")).toEqual(["c"]);
      expect(selectChildNames(sql, "/a/b/c")).toEqual([]);
    });
  });

  it("may have names longer than a pack describes", async () => {
    await onTables((sql) => {
      const deep = `/${"ü".repeat(8_191)}`;
      const paths = ["/x", deep, `${deep}ü`, `/${"y".repeat(900_000)}`, "/z"];
      expect(write(sql, Object.fromEntries(paths.map((path) => [path, ODD])))).toBe(5);
      expect(selectZnodes(sql, paths)).toEqual(paths.map(() => ODD));
      expect(
        selectChildNames(sql, "/")
          .map((name) => `/${name}`)
          .toSorted(),
      ).toEqual(paths.toSorted());
    });
  });

  it.each([999, 1_000, 1_001, 2_000])("list %i children, each once", async (count) => {
    await onTables((sql) => {
      const names = Array.from({ length: count }, (_, i) => `ü${i}`);
      write(sql, Object.fromEntries(names.map((name) => [`/€/${name}`, ODD])));
      expect(selectChildNames(sql, "/€").toSorted()).toEqual(names.toSorted());
    });
  });

  it("list children whose names together are too long for a row", async () => {
    await onTables((sql) => {
      const names = Array.from({ length: 30 }, (_, i) => `${i}-${"x".repeat(400_000)}`);
      for (const name of names) write(sql, { [`/${name}`]: ODD });
      expect(new Set(selectChildNames(sql, "/"))).toEqual(new Set(names));
    });
  });

  it("are written, read and deleted by the thousand, each once", async () => {
    await onTables((sql) => {
      const data = new Uint8Array(700);
      const paths = Array.from({ length: 6_000 }, (_, i) => `/${"long".repeat(20)}/${i}`);
      const znodes = paths.map((_, i) => ({ ...ODD, data, version: i }));
      const entries = Object.fromEntries(paths.map((path, i) => [path, znodes[i] as Znode]));
      expect(write(sql, entries)).toBe(6_000);
      expect(selectZnodes(sql, paths).map((znode) => znode?.version)).toEqual(
        znodes.map(({ version }) => version),
      );
      const changed = Object.fromEntries(paths.map((path) => [path, ODD]));
      expect(write(sql, changed)).toBe(6_000);
      const rows = new ZnodeRowsWriter(sql);
      for (const path of paths.slice(1)) rows.delete(path);
      rows.delete("/never/there");
      rows.delete("no slash");
      expect(rows.finish()).toBe(5_999);
      expect(rows.finish()).toBe(0);
      expect(selectZnodes(sql, paths.slice(0, 3))).toEqual([ODD, undefined, undefined]);
    });
  });
});

/** Runs on the tables of an object that has no other use for them. */
async function onTables(check: (sql: SqlStorage) => void): Promise<void> {
  await new TestNamespace().inside(({ storage }) => {
    storage.sql.exec("DELETE FROM znodes");
    createSchema(storage.sql);
    check(storage.sql);
  });
}

function write(sql: SqlStorage, znodes: Readonly<Record<string, Znode>>): number {
  const rows = new ZnodeRowsWriter(sql);
  for (const [path, znode] of Object.entries(znodes)) rows.put(path, znode);
  return rows.finish();
}

function longACL(entries: number): Znode["acl"] {
  return Array.from({ length: entries }, (_, i) => ({
    perms: 1,
    id: { scheme: "digest", id: `user-${i}:x` },
  }));
}
