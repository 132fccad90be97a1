/** The order in which events and replies come, which a server would have to be lucky to bring about. */
import { beforeEach, expect, it } from "vitest";
import {
  type GetChildrenResult,
  type GetDataResult,
  type NodeEventType,
  NoNodeError,
  type Session,
  type Stat,
  type ZooKeeper,
} from "../../../src/client/index.ts";
import { TreeEntries } from "../../../src/recipes/tree-entries.ts";
import { TreeReader } from "../../../src/recipes/tree-reader.ts";
import { nextTurn } from "../../../src/testing/index.ts";

interface Asked {
  readonly what: string;
  readonly answer: (result: unknown) => void;
  readonly refuse: (error: Error) => void;
}

const NO_STAT: Stat = {
  czxid: 1,
  mzxid: 1,
  ctime: 0,
  mtime: 0,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0n,
  dataLength: 0,
  numChildren: 0,
  pzxid: 1,
};

let asked: Asked[];
let told: string[];
let entries: TreeEntries;
let reader: TreeReader;
let currents: number;

beforeEach(() => {
  asked = [];
  told = [];
  currents = 0;
  const ask = (operation: string) => (path: string) =>
    new Promise((answer, refuse) => asked.push({ what: `${operation} ${path}`, answer, refuse }));
  const zk = {
    getData: ask("getData"),
    getChildren: ask("getChildren"),
    exists: ask("exists"),
  } as unknown as ZooKeeper;
  const session = { signal: new AbortController().signal } as Session;
  entries = new TreeEntries(({ type, path }) => told.push(`${type} ${path}`));
  reader = new TreeReader(zk, session, entries, {
    onCurrent: () => currents++,
    onError: (error) => {
      throw error;
    },
  });
});

function event(type: NodeEventType, path: string): void {
  reader.handle({ type, path, zxid: -1 });
}

/** What is asked, of which the oldest has to be this. */
function next(what: string): Asked {
  expect(asked.map((each) => each.what)).toContain(what);
  const index = asked.findIndex((each) => each.what === what);
  const [found] = asked.splice(index, 1);
  if (found === undefined) throw new Error(`nobody asked for ${what}`);
  return found;
}

async function answerWith(
  what: string,
  result: Partial<Stat> & { readonly children?: readonly string[] },
): Promise<void> {
  const { children = [], ...fields } = result;
  const stat = { ...NO_STAT, ...fields };
  const results: { readonly [operation: string]: GetDataResult | GetChildrenResult | Stat } = {
    getData: { data: null, stat },
    getChildren: { children: [...children], stat },
    exists: stat,
  };
  next(what).answer(results[what.slice(0, what.indexOf(" "))]);
  await nextTurn();
}

async function refuseWithNoNode(what: string): Promise<void> {
  next(what).refuse(new NoNodeError(-101));
  await nextTurn();
}

it("does not bring back what was deleted while it was read", async () => {
  event("NodeCreated", "/t");
  event("NodeDeleted", "/t");
  await answerWith("getData /t", { mzxid: 1 });
  await refuseWithNoNode("getData /t");
  expect(told).toEqual(["added /t", "removed /t"]);
  expect(entries.size).toBe(0);
});

it("reads a path once at a time, and once more for all that happened meanwhile", async () => {
  event("NodeCreated", "/t");
  event("NodeDataChanged", "/t");
  event("NodeDataChanged", "/t");
  expect(asked).toHaveLength(1);
  await answerWith("getData /t", { mzxid: 1 });
  expect(asked).toHaveLength(1);
  await answerWith("getData /t", { mzxid: 3 });
  expect(asked).toEqual([]);
  expect(told).toEqual(["added /t", "updated /t"]);
});

it("finds children of a znode of which an event told before its list did", async () => {
  reader.handle({ type: "Resync", path: "/t" });
  event("NodeDataChanged", "/t/a");
  await answerWith("getData /t/a", { mzxid: 5, numChildren: 1, pzxid: 4 });
  await answerWith("getData /t", { numChildren: 1 });
  await answerWith("getChildren /t", { children: ["a"] });
  await answerWith("exists /t/a", { mzxid: 5, numChildren: 1, pzxid: 4 });
  await answerWith("getChildren /t/a", { children: ["b"], pzxid: 4 });
  expect(currents).toBe(0);
  await answerWith("getData /t/a/b", {});
  expect(told).toEqual(["added /t/a", "added /t", "added /t/a/b"]);
  expect(currents).toBe(1);
});

it("does not look at what was deleted before its turn", async () => {
  const children = Array.from({ length: 300 }, (_, index) => `${index}`);
  reader.handle({ type: "Resync", path: "/t" });
  await answerWith("getData /t", { numChildren: 300 });
  await answerWith("getChildren /t", { children });
  event("NodeDeleted", "/t/299");
  for (const name of children.slice(0, 299)) {
    expect(currents).toBe(0);
    await answerWith(`getData /t/${name}`, {});
  }
  expect(currents).toBe(1);
  expect(asked).toEqual([]);
});

it("has no effect after it was stopped", async () => {
  reader.handle({ type: "Resync", path: "/t" });
  reader.stop();
  await refuseWithNoNode("getData /t");
  expect(currents).toBe(0);
});
