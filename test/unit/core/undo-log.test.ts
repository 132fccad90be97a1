import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../../src/core/memory-store.ts";
import { UndoLog } from "../../../src/core/undo-log.ts";
import type { MultiOp } from "../../../src/protocol/requests.ts";
import { TestServer } from "./harness.ts";
import { check, create, multi, remove, setData } from "./request-builders.ts";
import { znode } from "./znode-builder.ts";

const PATHS = ["/", "/a", "/b", "/a/x", "/a/y", "/b/x", "/b/x/y"];

/** Everything that a store can be asked, in an order of its own. */
function contentOf(store: MemoryStore, owners: readonly number[]): unknown {
  return {
    lastZxid: store.lastZxid,
    znodes: store.paths().map((path) => [path, store.getZnode(path)]),
    children: PATHS.map((path) => [...store.childNames(path)].sort()),
    ephemerals: owners.map((owner) => [...store.ephemeralPaths(owner)].sort()),
  };
}

const step = fc.tuple(
  fc.constantFrom(...PATHS),
  fc.option(fc.record({ version: fc.nat(9), ephemeralOwner: fc.nat(2) })),
);

describe("UndoLog", () => {
  it("shows what was written through it, and the store has it", () => {
    const store = new MemoryStore();
    const undo = new UndoLog(store);
    const one = znode({ ephemeralOwner: 5 });
    undo.putZnode("/a", one);
    expect(undo.getZnode("/a")).toBe(one);
    expect(undo.childNames("/")).toEqual(["a"]);
    expect(undo.ephemeralPaths(5)).toEqual(["/a"]);
    expect(undo.subtreeTotals("/")).toEqual({ znodes: 1, bytes: 0 });
    expect(store.getZnode("/a")).toBe(one);
    undo.deleteZnode("/a");
    expect(undo.getZnode("/a")).toBeUndefined();
    expect(store.getZnode("/a")).toBeUndefined();
  });

  it("rolls back any puts and deletes to exactly what the store was", () => {
    const steps = fc.array(step, { maxLength: 30 });
    fc.assert(
      fc.property(steps, steps, (before, through) => {
        const store = new MemoryStore();
        // A znode's owner does not change while it lives: it is deleted first.
        const play = (
          target: Pick<MemoryStore, "putZnode" | "deleteZnode">,
          list: typeof before,
        ) => {
          for (const [path, fields] of list) {
            target.deleteZnode(path);
            if (fields !== null) target.putZnode(path, znode(fields));
          }
        };
        play(store, before);
        const content = contentOf(store, [1, 2]);
        const undo = new UndoLog(store);
        play(undo, through);
        undo.rollBack();
        expect(contentOf(store, [1, 2])).toEqual(content);
      }),
      { numRuns: 300 },
    );
  });

  it("rolls back once: a second time changes nothing", () => {
    const store = new MemoryStore();
    store.putZnode("/a", znode());
    const undo = new UndoLog(store);
    undo.deleteZnode("/a");
    undo.rollBack();
    store.deleteZnode("/a");
    undo.rollBack();
    expect(store.getZnode("/a")).toBeUndefined();
  });
});

const anyPath = fc.constantFrom(...PATHS.slice(1));
const anyOp: fc.Arbitrary<MultiOp> = fc.oneof(
  fc.tuple(anyPath, fc.nat(3)).map(([path, flags]) => create(path, { flags })),
  anyPath.map((path) => remove(path)),
  fc.tuple(anyPath, fc.string()).map(([path, data]) => setData(path, data)),
  anyPath.map((path) => check(path)),
);

describe("a failed multi", () => {
  it("leaves the store exactly as it was, but for the zxid that it took", () => {
    const ops = fc.array(anyOp, { maxLength: 12 });
    fc.assert(
      fc.property(ops, ops, (before, within) => {
        const server = new TestServer();
        const client = server.connect();
        for (const op of before) client.request(multi(op));
        const owners = [client.sessionId];
        const content = contentOf(server.store, owners);
        const zxid = server.lastZxid;
        // Whatever else fails, the last op does.
        client.request(multi(...within, remove("/never/there")));
        expect(server.lastZxid).toBe(zxid + 1);
        server.store.lastZxid = zxid;
        expect(contentOf(server.store, owners)).toEqual(content);
      }),
      { numRuns: 300 },
    );
  });
});
