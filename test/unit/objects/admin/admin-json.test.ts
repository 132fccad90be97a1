import { describe, expect, it } from "vitest";
import { adminJSON, type AdminFields } from "../../../../src/objects/admin/admin-json.ts";
import { golden, textOf } from "./golden.ts";

/** Doubles without a fraction lose their point on the way through a JavaScript number. */
const DOUBLE = /: -?\d+\.0\b/;

/** Numbers beyond 2^53 their digits. */
const LONG = /\b\d{16,}\b/;

const faithful = Object.keys(golden.commands).filter((command) => {
  const text = textOf(golden.commands[command]);
  return !DOUBLE.test(text) && !LONG.test(text);
});

describe("adminJSON", () => {
  it("has samples with lists and objects in one another", () => {
    expect(faithful).toEqual(expect.arrayContaining(["voting_view", "observers", "leader"]));
  });

  it.each(faithful)("lays %s out as ZooKeeper does", (command) => {
    const text = textOf(golden.commands[command]);
    expect(adminJSON(JSON.parse(text) as AdminFields)).toBe(text);
  });

  it("lays lists of objects out as ZooKeeper does", () => {
    const text = textOf(golden.commands["connections"]).replace(/\d+/g, "1");
    expect(text).toContain('"connections" : [ {');
    expect(adminJSON(JSON.parse(text) as AdminFields)).toBe(text);
  });

  it("keeps the order of a map whose names are numbers", () => {
    const map = new Map([
      [2, "b"],
      [1, "a"],
    ]);
    expect(adminJSON({ map })).toBe('{\n  "map" : {\n    "2" : "b",\n    "1" : "a"\n  }\n}');
  });

  it("writes 64-bit numbers with all digits, and escapes text", () => {
    expect(adminJSON({ mask: -(2n ** 63n), path: '/"\n' })).toBe(
      '{\n  "mask" : -9223372036854775808,\n  "path" : "/\\"\\n"\n}',
    );
  });
});
