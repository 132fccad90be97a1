import { describe, expect, it } from "vitest";
import { type Watcher, type WatchMode, WatchTable } from "../../../src/core/watch-table.ts";

const ann = { name: "ann" };
const bob = { name: "bob" };

interface Scene {
  readonly table: WatchTable;
  /** What the table told of: `ann /a persistent`, `ann /a undefined`. */
  readonly told: string[];
}

function watching(...list: readonly (readonly [string, Watcher, WatchMode])[]): Scene {
  const told: string[] = [];
  const table = new WatchTable((watcher, path, mode) => {
    told.push(`${nameOf(watcher)} ${path} ${mode}`);
  });
  for (const [path, watcher, mode] of list) table.add(path, watcher, mode);
  told.length = 0;
  return { table, told };
}

function nameOf(watcher: Watcher): string {
  return (watcher as typeof ann).name;
}

/** Who is told of an event at a path. */
function take({ table }: Scene, path: string, isOfChildren = false): string[] {
  return [...table.take(path, isOfChildren)].map(nameOf);
}

describe("WatchTable: one watch a path and connection", () => {
  it.each<[WatchMode, WatchMode]>([
    ["standard", "persistent"],
    ["standard", "recursive"],
    ["persistent", "standard"],
    ["persistent", "recursive"],
    ["recursive", "standard"],
    ["recursive", "persistent"],
  ])("%s is replaced by %s", (before, after) => {
    const scene = watching(["/a", ann, before]);
    scene.table.add("/a", ann, after);
    expect(scene.told).toEqual([`ann /a ${after}`]);
    expect([...scene.table.pathsOf(ann)]).toEqual([["/a", after]]);
    expect([...(scene.table.byPath().get("/a") ?? [])]).toEqual([[ann, after]]);
    // It is the new mode alone that decides what it hears.
    expect(take(scene, "/a/b")).toEqual(after === "recursive" ? ["ann"] : []);
    expect(take(scene, "/a")).toEqual(["ann"]);
    expect(take(scene, "/a")).toEqual(after === "standard" ? [] : ["ann"]);
  });

  it("setting the same again is not told", () => {
    for (const mode of ["standard", "persistent", "recursive"] as const) {
      const scene = watching(["/a", ann, mode]);
      scene.table.add("/a", ann, mode);
      expect(scene.told).toEqual([]);
    }
  });

  it("leaves the watches of others and of other paths as they were", () => {
    const scene = watching(["/a", ann, "persistent"], ["/a", bob, "persistent"]);
    scene.table.add("/b", ann, "persistent");
    scene.table.add("/a", ann, "standard");
    expect(take(scene, "/a")).toEqual(["ann", "bob"]);
    expect(take(scene, "/a")).toEqual(["bob"]);
    expect(take(scene, "/b")).toEqual(["ann"]);
    expect(take(scene, "/b")).toEqual(["ann"]);
  });
});

describe("WatchTable: take", () => {
  it("removes a one-shot watch, and no other", () => {
    const scene = watching(["/a", ann, "standard"], ["/a", bob, "persistent"]);
    expect(take(scene, "/a")).toEqual(["ann", "bob"]);
    expect(scene.told).toEqual(["ann /a undefined"]);
    expect(scene.table.pathsOf(ann).size).toBe(0);
    expect(scene.table.has("/a")).toBe(true);
  });

  it("tells a recursive watcher of every descendant, at any depth", () => {
    const scene = watching(["/a", ann, "recursive"]);
    for (const path of ["/a", "/a/b", "/a/b/c", "/a/b/c/d/e"]) {
      expect(take(scene, path)).toEqual(["ann"]);
    }
    expect(scene.told).toEqual([]);
  });

  it("tells it of nothing beside or above, nor of a name that only begins like its own", () => {
    const scene = watching(["/a/b", ann, "recursive"]);
    for (const path of ["/", "/a", "/a/c", "/a/bc", "/a/bc/d", "/b"]) {
      expect(take(scene, path)).toEqual([]);
    }
  });

  it("tells a recursive watcher of the root of everything", () => {
    const scene = watching(["/", ann, "recursive"]);
    for (const path of ["/", "/a", "/a/b"]) expect(take(scene, path)).toEqual(["ann"]);
  });

  it("tells nobody but a recursive watcher of a descendant", () => {
    const scene = watching(["/a", ann, "persistent"], ["/a", bob, "standard"]);
    scene.table.add("/", { name: "cid" }, "recursive");
    expect(take(scene, "/a/b")).toEqual(["cid"]);
    expect(scene.table.pathsOf(bob).has("/a")).toBe(true);
  });

  it("of children: a persistent watcher is told, a recursive one never is", () => {
    const scene = watching(["/a", ann, "persistent"], ["/a", bob, "recursive"]);
    expect(take(scene, "/a", true)).toEqual(["ann"]);
    expect(take(scene, "/a/b", true)).toEqual([]);
    expect(take(scene, "/a", true)).toEqual(["ann"]);
  });

  it("tells once who watches a path and two of its ancestors", () => {
    const scene = watching(["/", ann, "recursive"], ["/a", ann, "recursive"]);
    scene.table.add("/a/b", ann, "persistent");
    expect(take(scene, "/a/b")).toEqual(["ann"]);
  });

  it("hands out a set that stays as it was when watches come and go", () => {
    const { table } = watching(["/a", ann, "persistent"]);
    const told = table.take("/a", false);
    table.add("/a", bob, "persistent");
    table.remove("/a", ann);
    expect([...told]).toEqual([ann]);
  });
});

describe("WatchTable: who is a recursive watcher is counted", () => {
  const ways: readonly [string, (table: WatchTable) => void][] = [
    ["removed", (table) => table.remove("/a", ann)],
    ["replaced by a one-shot watch", (table) => table.add("/a", ann, "standard")],
    ["replaced by a persistent watch", (table) => table.add("/a", ann, "persistent")],
    ["gone with its connection", (table) => table.removeWatcher(ann)],
  ];

  it.each(ways)("one that is %s is not asked any more, the others are", (_, end) => {
    const scene = watching(["/a", ann, "recursive"], ["/a", bob, "recursive"]);
    end(scene.table);
    expect(take(scene, "/a/b")).toEqual(["bob"]);
    scene.table.removeWatcher(bob);
    expect(take(scene, "/a/b")).toEqual([]);
    // Not once too often either: the next one is found.
    scene.table.add("/a", bob, "recursive");
    expect(take(scene, "/a/b")).toEqual(["bob"]);
  });
});

describe("WatchTable: removal", () => {
  it("takes one watch of one connection, whatever its mode", () => {
    for (const mode of ["standard", "persistent", "recursive"] as const) {
      const scene = watching(["/a", ann, mode], ["/a", bob, mode], ["/b", ann, mode]);
      expect(scene.table.remove("/a", ann)).toBe(true);
      expect(scene.told).toEqual(["ann /a undefined"]);
      expect(take(scene, "/a")).toEqual(["bob"]);
      expect(take(scene, "/b")).toEqual(["ann"]);
    }
  });

  it("of what is not there, or somebody else's, does nothing", () => {
    const scene = watching(["/a", ann, "recursive"]);
    expect(scene.table.remove("/a", bob)).toBe(false);
    expect(scene.table.remove("/b", ann)).toBe(false);
    expect(scene.table.remove("/a/b", ann)).toBe(false);
    expect(scene.told).toEqual([]);
    expect(take(scene, "/a/b")).toEqual(["ann"]);
  });

  it("of a connection is not told, and takes all of its watches", () => {
    const scene = watching(
      ["/a", ann, "recursive"],
      ["/b", ann, "standard"],
      ["/b", bob, "standard"],
    );
    scene.table.removeWatcher(ann);
    expect(scene.told).toEqual([]);
    expect([...scene.table.byPath().keys()]).toEqual(["/b"]);
    expect([...scene.table.byWatcher().keys()]).toEqual([bob]);
  });
});

describe("WatchTable: what is there to see", () => {
  it("paths and connections without a watch are not kept", () => {
    const { table } = watching(["/a", ann, "standard"], ["/b", bob, "persistent"]);
    table.take("/a", false);
    table.remove("/b", bob);
    expect(table.byPath().size).toBe(0);
    expect(table.byWatcher().size).toBe(0);
    expect(table.has("/a")).toBe(false);
  });

  it("`has` looks at the very path, and at everybody's watches", () => {
    const { table } = watching(["/a", ann, "recursive"]);
    expect(table.has("/a")).toBe(true);
    expect(table.has("/a/b")).toBe(false);
    expect(table.has("/")).toBe(false);
  });
});
