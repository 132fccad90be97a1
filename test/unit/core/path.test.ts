import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  childPath,
  isValidPath,
  nodeName,
  parentPath,
  sequenceSuffix,
} from "../../../src/core/path.ts";

describe("isValidPath", () => {
  it.each([
    "/",
    "/a",
    "/a/b/c",
    "/a b",
    "/a ",
    "/ ",
    "/.b",
    "/b.",
    "/...",
    "/..a",
    "/a./b",
    "/?",
    "/é",
    "/żółw/中",
    "/~",
    "/\u0020",
    "/\u007e",
    "/\u00a0",
    "/\ud7ff",
    "/\uf900",
    "/\uffef",
  ])("accepts %j", (path) => {
    expect(isValidPath(path)).toBe(true);
  });

  it.each([
    "",
    "a",
    "a/b",
    "//",
    "/a/",
    "/a//b",
    "//a",
    "/.",
    "/..",
    "/a/.",
    "/a/..",
    "/./a",
    "/../a",
    "/a/./b",
    "/a/../b",
    "/\u0000",
    "/a\u0000b",
    "/\u0001",
    "/\t",
    "/\n",
    "/\u001f",
    "/\u007f",
    "/\u0080",
    "/\u009f",
    "/\ud800",
    "/\udfff",
    "/\ue000",
    "/\uf8ff",
    "/\ufff0",
    "/\ufffd",
    "/\uffff",
    "/😀",
    "/a😀",
  ])("refuses %j", (path) => {
    expect(isValidPath(path)).toBe(false);
  });

  it("agrees, for every character, with the ranges of ZooKeeper's PathUtils", () => {
    const wrong: number[] = [];
    for (let unit = 0; unit <= 0xffff; unit++) {
      if (unit === 0x2f || unit === 0x2e) continue;
      const isRefused =
        unit === 0 ||
        (unit > 0 && unit <= 0x1f) ||
        (unit >= 0x7f && unit <= 0x9f) ||
        (unit >= 0xd800 && unit <= 0xf8ff) ||
        (unit >= 0xfff0 && unit <= 0xffff);
      const character = String.fromCharCode(unit);
      for (const path of [`/${character}`, `/a${character}b/c`]) {
        if (isValidPath(path) === isRefused) wrong.push(unit);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("accepts a path exactly when each of its segments is a name", () => {
    const segment = fc.constantFrom("", ".", "..", "...", "a", "b.", "\u0001", "é");
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 5 }), (segments) => {
        expect(isValidPath(`/${segments.join("/")}`)).toBe(
          segments.every((text) => !["", ".", "..", "\u0001"].includes(text)) ||
            (segments.length === 1 && segments[0] === ""),
        );
      }),
    );
  });
});

describe("parts of a path", () => {
  it.each([
    ["/a", "/", "a"],
    ["/a/b", "/a", "b"],
    ["/a/b/c", "/a/b", "c"],
    ["/a/", "/a", ""],
    ["//", "/", ""],
    ["//a", "/", "a"],
    ["a/b", "a", "b"],
    ["/", "/", ""],
  ])("%s has the parent %s and the name %s", (path, parent, name) => {
    expect(parentPath(path)).toBe(parent);
    expect(nodeName(path)).toBe(name);
  });

  it("a path without a slash has no parent", () => {
    expect(parentPath("a")).toBeUndefined();
    expect(parentPath("")).toBeUndefined();
  });

  it("a child's path has its parent and its name as parts", () => {
    expect(childPath("/", "a")).toBe("/a");
    expect(childPath("/a", "b")).toBe("/a/b");
    for (const parent of ["/", "/a", "/a/b"]) {
      const path = childPath(parent, "x");
      expect([parentPath(path), nodeName(path)]).toEqual([parent, "x"]);
    }
  });
});

describe("sequenceSuffix", () => {
  it.each([
    [0, "0000000000"],
    [7, "0000000007"],
    [1_234_567_890, "1234567890"],
    [2_147_483_647, "2147483647"],
    [-1, "-000000001"],
    [-2_147_483_647, "-2147483647"],
    [-2_147_483_648, "-2147483648"],
  ])("prints %d as Java's %%010d: %s", (counter, text) => {
    expect(sequenceSuffix(counter)).toBe(text);
  });
});
