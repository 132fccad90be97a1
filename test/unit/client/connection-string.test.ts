import { describe, expect, it } from "vitest";
import { normalizeChroot, parseConnectionString } from "../../../src/client/connection-string.ts";

describe("a URL", () => {
  it.each([
    ["zk://h", "tcp", ["h:2181"], ""],
    ["zk://h:99/", "tcp", ["h:99"], "/"],
    ["zk://h1:1,h2,h3:3/a/b", "tcp", ["h1:1", "h2:2181", "h3:3"], "/a/b"],
    ["zk://[::1]:5,[::2]", "tcp", ["[::1]:5", "[::2]:2181"], ""],
    ["ws://h:8787", "webSocket", ["ws://h:8787/v1/default/zk"], ""],
    ["http://h/", "webSocket", ["ws://h/v1/default/zk"], ""],
    ["https://h/v1/shop", "webSocket", ["wss://h/v1/shop/zk"], ""],
    ["wss://h/v1/shop/", "webSocket", ["wss://h/v1/shop/zk"], ""],
    ["wss://h/v1/shop/zk", "webSocket", ["wss://h/v1/shop/zk"], ""],
    ["wss://h/edge/zk?region=eu", "webSocket", ["wss://h/edge/zk?region=eu"], ""],
  ])("%s is understood", (url, kind, addresses, chroot) => {
    expect(parseConnectionString(url)).toEqual({ kind, addresses, chroot });
  });

  it.each(["", "h:2181", "zk://", "zk://a,,b", "zk://a?x", "ftp://h", "ws:///x"])(
    "%j is refused",
    (url) => {
      expect(() => parseConnectionString(url)).toThrow(TypeError);
    },
  );
});

describe("a chroot", () => {
  it.each([
    ["", ""],
    ["/", ""],
    ["/a", "/a"],
    ["/a/b/", "/a/b"],
  ])("%j is %j", (given, expected) => {
    expect(normalizeChroot(given)).toBe(expected);
  });

  it("is absolute", () => {
    expect(() => normalizeChroot("a")).toThrow(TypeError);
  });
});
