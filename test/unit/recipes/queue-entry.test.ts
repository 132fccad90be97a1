/** The order of a queue's entries. */
import { expect, it } from "vitest";
import {
  delayedPrefix,
  entryPrefix,
  sortedDelayed,
  sortedEntries,
} from "../../../src/recipes/queue-entry.ts";

it("is by priority, then by number, also when the server's numbers have gone below zero", () => {
  const names = [
    "entry-100--2147483647",
    "entry-100--2147483648",
    "entry-100-2147483647",
    "entry-100-0000000009",
    "entry-099-2147483647",
    "entry-100-0000000010",
  ];
  expect(sortedEntries(names).map(({ name }) => name)).toEqual([
    "entry-099-2147483647",
    "entry-100-0000000009",
    "entry-100-0000000010",
    "entry-100-2147483647",
    "entry-100--2147483648",
    "entry-100--2147483647",
  ]);
});

it("leaves out what is no entry", () => {
  expect(sortedEntries(["entry-1", "lock", "entry-100-", "delayed-1"])).toEqual([]);
  expect(sortedDelayed(["entry-100-0000000001", "delayed-1-100-0000000001"])).toEqual([]);
});

it("of delayed ones is by time", () => {
  const names = [12_000.5, 9_000].map((dueMs, at) => `${delayedPrefix(dueMs, 7)}000000000${at}`);
  expect(sortedDelayed(names)).toEqual([
    { name: names[1], dueMs: 9_000, priority: 7 },
    { name: names[0], dueMs: 12_001, priority: 7 },
  ]);
  expect(entryPrefix(7)).toBe("entry-007-");
});
