import { describe, expect, it } from "vitest";
import { addTouchedPaths } from "../../../src/core/touched-paths.ts";
import { CreateFlags, OpCode } from "../../../src/protocol/op-code.ts";
import type { Request } from "../../../src/protocol/requests.ts";
import {
  addWatch,
  container,
  create,
  create2,
  createTTL,
  getEphemerals,
  multiRead,
  remove,
  sequential,
  setData,
  setWatches2,
  whoAmI,
} from "./request-builders.ts";

const READS = [OpCode.exists, OpCode.getData, OpCode.getChildren, OpCode.getChildren2] as const;

describe("the paths that a request touches", () => {
  it.each<[request: Request, paths: string[]]>([
    [create("/a/b"), ["/a/b", "/a"]],
    [create2("/a"), ["/a", "/"]],
    [sequential("/a/b"), ["/a"]],
    [create("/a/b", { flags: CreateFlags.ephemeralSequential }), ["/a"]],
    [create("no slash"), ["no slash"]],
    [container("/a/b"), ["/a/b", "/a"]],
    [createTTL("/a/b", 5), ["/a/b", "/a"]],
    [createTTL("/a/b", 5, { flags: CreateFlags.persistentSequentialWithTTL }), ["/a"]],
    [remove("/a/b"), ["/a/b", "/a"]],
    [setData("/a/b"), ["/a/b"]],
    [{ type: OpCode.getACL, path: "/a" }, ["/a"]],
    [{ type: OpCode.setACL, path: "/a", acl: null, version: -1 }, ["/a"]],
    [{ type: OpCode.sync, path: "/a" }, []],
    [multiRead("/a", "/a/b/*"), ["/a", "/a/b"]],
    [{ type: OpCode.multiRead, ops: [{ type: 8, path: "", watch: false }] }, ["/"]],
    [setWatches2(0, { data: ["/d"], exist: ["/e"], persistent: ["/p"] }), ["/d", "/e"]],
    [addWatch("/a"), []],
    [getEphemerals("/a"), []],
    [whoAmI, []],
    [{ type: OpCode.ping }, []],
    [{ type: OpCode.closeSession }, []],
    [{ type: OpCode.multi, ops: [create("/a/b"), remove("/c")] }, ["/a/b", "/a", "/c", "/"]],
    [{ type: OpCode.multi, ops: [{ type: OpCode.check, path: "/a", version: 1 }] }, ["/a"]],
  ])("%j: %j", (request, paths) => {
    expect(touched(request)).toEqual(paths);
  });

  it.each(READS)("read %i: its own, and the root for the empty one", (type) => {
    expect(touched({ type, path: "/a/b", watch: false })).toEqual(["/a/b"]);
    expect(touched({ type, path: "", watch: false })).toEqual(["/"]);
  });

  it("are as many as a setWatches names, which may be very many", () => {
    const many = Array.from({ length: 250_000 }, (_, i) => `/${i}`);
    const request: Request = {
      type: OpCode.setWatches,
      relativeZxid: 0,
      dataWatches: ["/d"],
      existWatches: many,
      childWatches: ["/c"],
    };
    expect(touched(request)).toEqual(["/d", ...many, "/c"]);
  });
});

function touched(request: Request): string[] {
  const paths: string[] = [];
  addTouchedPaths(request, paths);
  return paths;
}
