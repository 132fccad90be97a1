import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Change,
  type Watcher,
  type WatchKind,
  WatchManager,
  type WatchMode,
} from "../../../src/core/watch-manager.ts";
import { WatcherType } from "../../../src/protocol/op-code.ts";

interface Named {
  readonly name: string;
}

const [ann, bob, cid]: readonly Named[] = [{ name: "ann" }, { name: "bob" }, { name: "cid" }];
const EVENTS = ["", "created", "deleted", "dataChanged", "childrenChanged"];

/** Triggers a change and returns who was told what, in order: `ann created /a`. */
function trigger(watches: WatchManager, type: Change["type"], path: string): string[] {
  const told: string[] = [];
  watches.trigger({ type, path }, (watcher, event, at) => {
    told.push(`${(watcher as Named).name} ${EVENTS[event]} ${at}`);
  });
  return told;
}

function watching(
  ...list: readonly (readonly [WatchKind, string, Watcher | undefined])[]
): WatchManager {
  const watches = new WatchManager();
  for (const [kind, path, watcher] of list) watches.add(kind, path, watcher ?? {});
  return watches;
}

describe("WatchManager: what fires", () => {
  it.each<[Change["type"], WatchKind, string, string[]]>([
    ["created", "data", "/p/n", ["ann created /p/n"]],
    ["created", "child", "/p", ["ann childrenChanged /p"]],
    ["created", "data", "/p", []],
    ["created", "child", "/p/n", []],
    ["created", "child", "/", []],
    ["created", "data", "/p/n/k", []],
    ["deleted", "data", "/p/n", ["ann deleted /p/n"]],
    ["deleted", "child", "/p/n", ["ann deleted /p/n"]],
    ["deleted", "child", "/p", ["ann childrenChanged /p"]],
    ["deleted", "data", "/p", []],
    ["deleted", "child", "/", []],
    ["dataChanged", "data", "/p/n", ["ann dataChanged /p/n"]],
    ["dataChanged", "child", "/p/n", []],
    ["dataChanged", "child", "/p", []],
    ["dataChanged", "data", "/p", []],
    ["dataChanged", "data", "/p/nn", []],
  ])("%s /p/n with a %s watch on %s", (type, kind, path, events) => {
    const watches = watching([kind, path, ann]);
    expect(trigger(watches, type, "/p/n")).toEqual(events);
    // Once only, and not at all when it did not concern the watch.
    expect(trigger(watches, type, "/p/n")).toEqual([]);
    expect(watches.pathsOf(kind, ann as Named).has(path)).toBe(events.length === 0);
  });

  it("a child of the root changes the children of the root", () => {
    const watches = watching(["child", "/", ann]);
    expect(trigger(watches, "created", "/n")).toEqual(["ann childrenChanged /"]);
  });

  it("tells of the znode before its parent", () => {
    for (const [type, event] of [
      ["created", "created"],
      ["deleted", "deleted"],
    ] as const) {
      const watches = watching(["child", "/p", ann], ["data", "/p/n", bob], ["data", "/p/n", ann]);
      expect(trigger(watches, type, "/p/n")).toEqual([
        `bob ${event} /p/n`,
        `ann ${event} /p/n`,
        "ann childrenChanged /p",
      ]);
    }
  });

  it("tells each connection once that a znode is deleted, whichever watches it has", () => {
    const watches = watching(
      ...([
        ["data", "/n", ann],
        ["child", "/n", ann],
        ["child", "/n", bob],
        ["data", "/n", cid],
      ] as const),
    );
    expect(trigger(watches, "deleted", "/n").toSorted()).toEqual([
      "ann deleted /n",
      "bob deleted /n",
      "cid deleted /n",
    ]);
    for (const kind of ["data", "child"] as const) {
      for (const watcher of [ann, bob, cid]) {
        expect(watches.pathsOf(kind, watcher as Named).size).toBe(0);
      }
    }
  });

  it("counts a watch that is set twice once", () => {
    const watches = watching(["data", "/n", ann], ["data", "/n", ann]);
    expect(trigger(watches, "dataChanged", "/n")).toEqual(["ann dataChanged /n"]);
  });

  it("keeps a watch that is set while it fires for the next time", () => {
    const watches = watching(["data", "/n", ann]);
    let told = 0;
    const notify = () => {
      told += 1;
      watches.add("data", "/n", ann as Named);
    };
    watches.trigger({ type: "dataChanged", path: "/n" }, notify);
    expect(told).toBe(1);
    watches.trigger({ type: "dataChanged", path: "/n" }, notify);
    expect(told).toBe(2);
  });
});

describe("WatchManager: who goes", () => {
  it("drops every watch of a connection and nobody else's", () => {
    const watches = watching(
      ...([
        ["data", "/a", ann],
        ["child", "/a", ann],
        ["data", "/b", ann],
        ["data", "/a", bob],
      ] as const),
    );
    watches.removeWatcher(ann as Named);
    expect(watches.pathsOf("data", ann as Named).size).toBe(0);
    expect(watches.pathsOf("child", ann as Named).size).toBe(0);
    expect([...watches.pathsOf("data", bob as Named)]).toEqual([["/a", "standard"]]);
    expect(trigger(watches, "deleted", "/a")).toEqual(["bob deleted /a"]);
    expect(trigger(watches, "deleted", "/b")).toEqual([]);
  });

  it("lets a connection go that has no watches, and one that is gone set new ones", () => {
    const watches = watching();
    watches.removeWatcher(ann as Named);
    watches.add("data", "/a", ann as Named);
    expect(trigger(watches, "created", "/a")).toEqual(["ann created /a"]);
  });
});

/** Names a watch. */
function key(watcher: Watcher, kind: WatchKind, at: string): string {
  return `${(watcher as Named).name} ${kind} ${at}`;
}

type Step =
  | {
      readonly do: "add";
      readonly kind: WatchKind;
      readonly path: string;
      readonly who: number;
      readonly mode: WatchMode;
    }
  | { readonly do: "go"; readonly who: number }
  | {
      readonly do: "remove";
      readonly type: WatcherType;
      readonly path: string;
      readonly who: number;
    }
  | { readonly do: "trigger"; readonly type: Change["type"]; readonly path: string };

const path = fc.constantFrom("/", "/a", "/a/b", "/a/b/c", "/d");
const who = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("add" as const),
      kind: fc.constantFrom("data" as const, "child" as const),
      path,
      who,
      mode: fc.constantFrom("standard" as const, "persistent" as const, "recursive" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("go" as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("remove" as const),
      type: fc.constantFrom(...Object.values(WatcherType)),
      path,
      who,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("trigger" as const),
      type: fc.constantFrom("created" as const, "deleted" as const, "dataChanged" as const),
      path,
    }),
  },
);

describe("WatchManager: onChanged", () => {
  it("tells of every watch that is set, fires or is removed, so that a copy kept from it is never wrong", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const people = [ann, bob, cid] as const;
        const copy = new Map<string, WatchMode>();
        const watches = new WatchManager((watcher, kind, at, mode) => {
          const name = key(watcher, kind, at);
          // It is told once: never of a watch that is as it was already.
          expect(copy.get(name)).not.toBe(mode);
          if (mode === undefined) copy.delete(name);
          else copy.set(name, mode);
        });
        for (const one of steps) {
          if (one.do === "add") {
            watches.add(one.kind, one.path, people[one.who] as Named, one.mode);
          } else if (one.do === "remove") {
            watches.remove(one.type, one.path, people[one.who] as Named);
          } else if (one.do === "go") {
            // A connection that goes takes its watches along, and is not told of each.
            const gone = people[one.who] as Named;
            watches.removeWatcher(gone);
            for (const name of copy.keys()) {
              if (name.startsWith(`${gone.name} `)) copy.delete(name);
            }
          } else {
            watches.trigger({ type: one.type, path: one.path }, () => {});
          }
          const actual = people.flatMap((person) =>
            (["data", "child"] as const).flatMap((kind) =>
              [...watches.pathsOf(kind, person as Named)].map(
                ([at, mode]) => `${key(person as Named, kind, at)} ${mode}`,
              ),
            ),
          );
          const copied = [...copy].map(([name, mode]) => `${name} ${mode}`);
          expect(actual.toSorted()).toEqual(copied.toSorted());
        }
      }),
      { numRuns: 300 },
    );
  });

  it("tells before the event, in the order of the events", () => {
    const log: string[] = [];
    const watches = new WatchManager((watcher, kind, at, mode) => {
      log.push(`${mode === undefined ? "gone" : "set"} ${(watcher as Named).name} ${kind} ${at}`);
    });
    watches.add("data", "/a", ann as Named);
    watches.add("data", "/a", ann as Named);
    watches.add("child", "/", bob as Named);
    watches.trigger({ type: "created", path: "/a" }, (watcher, type, at) => {
      log.push(`${EVENTS[type]} ${(watcher as Named).name} ${at}`);
    });
    expect(log).toEqual([
      "set ann data /a",
      "set bob child /",
      "gone ann data /a",
      "created ann /a",
      "gone bob child /",
      "childrenChanged bob /",
    ]);
  });
});
