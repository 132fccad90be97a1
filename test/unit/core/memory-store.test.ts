import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../../src/core/memory-store.ts";
import { nodeName, parentPath } from "../../../src/core/path.ts";
import type { Session } from "../../../src/core/store.ts";
import { znode } from "./znode-builder.ts";

const sorted = (list: readonly string[]) => [...list].sort();

describe("MemoryStore", () => {
  it("gives back the znode that was put, and the last one that was", () => {
    const store = new MemoryStore();
    const [first, second] = [znode({ version: 1 }), znode({ version: 2 })];
    store.putZnode("/a", first);
    expect(store.getZnode("/a")).toBe(first);
    store.putZnode("/a", second);
    expect(store.getZnode("/a")).toBe(second);
    store.deleteZnode("/a");
    expect(store.getZnode("/a")).toBeUndefined();
  });

  it("keeps the children of every znode, and none of their children", () => {
    const store = new MemoryStore();
    for (const path of ["/", "/a", "/b", "/a/x", "/a/y", "/a/x/deep"])
      store.putZnode(path, znode());
    expect(sorted(store.childNames("/"))).toEqual(["a", "b"]);
    expect(sorted(store.childNames("/a"))).toEqual(["x", "y"]);
    expect(store.childNames("/b")).toEqual([]);
    expect(store.childNames("/no")).toEqual([]);
    store.deleteZnode("/a/x/deep");
    store.deleteZnode("/a/x");
    expect(store.childNames("/a")).toEqual(["y"]);
    expect(store.paths()).toEqual(["/", "/a", "/a/y", "/b"]);
  });

  it("keeps the ephemerals of every session", () => {
    const store = new MemoryStore();
    store.putZnode("/a", znode({ ephemeralOwner: 5 }));
    store.putZnode("/b", znode({ ephemeralOwner: 6 }));
    store.putZnode("/c", znode({ ephemeralOwner: 5 }));
    store.putZnode("/d", znode());
    expect(sorted(store.ephemeralPaths(5))).toEqual(["/a", "/c"]);
    expect(store.ephemeralPaths(6)).toEqual(["/b"]);
    expect(store.ephemeralPaths(0)).toEqual([]);
    store.putZnode("/a", znode({ ephemeralOwner: 5, version: 1 }));
    store.deleteZnode("/c");
    store.deleteZnode("/c");
    expect(store.ephemeralPaths(5)).toEqual(["/a"]);
  });

  it("gives lists that do not change when the store does", () => {
    const store = new MemoryStore();
    store.putZnode("/a", znode({ ephemeralOwner: 5 }));
    const [children, ephemerals] = [store.childNames("/"), store.ephemeralPaths(5)];
    store.putZnode("/b", znode({ ephemeralOwner: 5 }));
    store.deleteZnode("/a");
    expect(children).toEqual(["a"]);
    expect(ephemerals).toEqual(["/a"]);
  });

  it("counts a znode and what is below it, with the bytes of their data", () => {
    const store = new MemoryStore();
    for (const [path, data] of [
      ["/", null],
      ["/a", Uint8Array.of(1, 2)],
      ["/a/b", Uint8Array.of(3)],
      ["/ab", Uint8Array.of(4, 5, 6)],
    ] as const) {
      store.putZnode(path, znode({ data }));
    }
    expect(store.subtreeTotals("/a")).toEqual({ znodes: 2, bytes: 3 });
    expect(store.subtreeTotals("/")).toEqual({ znodes: 4, bytes: 6 });
    expect(store.subtreeTotals("/a/b")).toEqual({ znodes: 1, bytes: 1 });
    expect(store.subtreeTotals("/b")).toEqual({ znodes: 0, bytes: 0 });
  });

  it("keeps sessions", () => {
    const store = new MemoryStore();
    const session: Session = { id: 5, passwd: new Uint8Array(16), timeoutMs: 4_000, createdMs: 1 };
    expect(store.getSession(5)).toBeUndefined();
    store.putSession(session);
    expect(store.getSession(5)).toEqual(session);
    store.putSession({ ...session, timeoutMs: 6_000 });
    expect(store.getSession(5)?.timeoutMs).toBe(6_000);
    store.deleteSession(5);
    store.deleteSession(5);
    expect(store.getSession(5)).toBeUndefined();
  });

  it("agrees, after any puts and deletes, with what its znodes say", () => {
    const path = fc.constantFrom("/", "/a", "/b", "/a/x", "/a/y", "/a/x/z", "/b/x");
    const step = fc.tuple(path, fc.option(fc.nat(2)));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const store = new MemoryStore();
        for (const [at, ephemeralOwner] of steps) {
          store.deleteZnode(at);
          if (ephemeralOwner !== null) store.putZnode(at, znode({ ephemeralOwner }));
        }
        const paths = store.paths();
        for (const parent of ["/", "/a", "/b", "/a/x"]) {
          const names = paths.filter((p) => p !== "/" && parentPath(p) === parent).map(nodeName);
          expect(sorted(store.childNames(parent))).toEqual(sorted(names));
        }
        for (const at of ["/", "/a", "/a/x", "/b", "/nope"]) {
          const below = paths.filter((p) => p === at || at === "/" || p.startsWith(`${at}/`));
          expect(store.subtreeTotals(at)).toEqual({ znodes: below.length, bytes: 0 });
        }
        for (const owner of [1, 2]) {
          const owned = paths.filter((p) => store.getZnode(p)?.ephemeralOwner === owner);
          expect(sorted(store.ephemeralPaths(owner))).toEqual(sorted(owned));
        }
      }),
    );
  });
});
