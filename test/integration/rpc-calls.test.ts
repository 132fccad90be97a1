/**
 * Calls over RPC: what they take by position and by name, what they give, and what they throw.
 */
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import { CallErrorCode } from "../../src/services/call.ts";
import { textOf } from "./support/calls.ts";
import { edgekeeper, failureOf } from "./support/edgekeeper-binding.ts";
import { TestNamespace } from "./support/namespace.ts";

const WORLD = { scheme: "world", id: "anyone" };

function open() {
  const { name } = new TestNamespace();
  return edgekeeper().namespace(name);
}

describe("calls over RPC", () => {
  it("reach the znodes", async () => {
    const namespace = open();
    const created = await namespace.create("/a", "one");
    expect(created).toMatchObject({ path: "/a", stat: { version: 0, dataLength: 3 } });
    const { data, stat } = await namespace.getData("/a");
    expect(textOf(data)).toBe("one");
    expect(stat).toEqual(created.stat);
    expect(await namespace.put("/a", new Uint8Array([1, 2]), { version: 0 })).toMatchObject({
      created: false,
      stat: { version: 1 },
    });
    expect(await namespace.put("/b/c", "x", { parents: true })).toMatchObject({ created: true });
    expect((await namespace.exists("/b")).stat).toMatchObject({ numChildren: 1 });
    expect(await namespace.exists("/c")).toEqual({ stat: null });
    await namespace.delete("/a", { version: 1 });
    expect(await namespace.exists("/a")).toEqual({ stat: null });
    expect(await namespace.countChildren("/b")).toEqual({ count: 1 });
  });

  it("list children in pages", async () => {
    const namespace = open();
    await namespace.transaction(
      ["/p", "/p/1", "/p/2", "/p/3"].map((path) => ({ type: "create", path })),
    );
    const page = await namespace.getChildren("/p", { limit: 2, withStats: true });
    expect(page.children.map(({ name }) => name)).toEqual(["1", "2"]);
    expect(page.children[0]?.stat).toMatchObject({ version: 0 });
    const rest = await namespace.getChildren("/p", { after: page.next ?? "" });
    expect(rest.children).toEqual([{ name: "3" }]);
    expect(rest.next).toBeNull();
  });

  it("take text for the data of a transaction, too", async () => {
    const namespace = open();
    const { results } = await namespace.transaction([
      { type: "create", path: "/t", data: "one" },
      { type: "setData", path: "/t", data: "two", version: 0 },
      { type: "check", path: "/t", version: 1 },
    ]);
    expect(results.map(({ type }) => type)).toEqual(["create", "setData", "check"]);
    expect(textOf((await namespace.getData("/t")).data)).toBe("two");
  });

  it("open sessions that own ephemerals", async () => {
    const namespace = open();
    const { session } = await namespace.openSession({ ttlMs: 10_000 });
    await namespace.create("/e", "", { mode: "ephemeral", session });
    expect((await namespace.exists("/e")).stat?.ephemeralOwner).toBe(BigInt(session.id));
    expect((await namespace.renewSession(session)).ttlMs).toBe(10_000);
    await namespace.closeSession(session);
    expect(await namespace.exists("/e")).toEqual({ stat: null });
  });

  it("read and set ACLs", async () => {
    const namespace = open();
    await namespace.create("/acl");
    const acl = [{ perms: 1, id: WORLD }];
    expect((await namespace.setACL("/acl", acl, { version: 0 })).stat.aversion).toBe(1);
    expect((await namespace.getACL("/acl")).acl).toEqual(acl);
  });

  it("do not mistake options for what they are about", async () => {
    const namespace = open();
    await namespace.create("/a", "kept");
    const options: object = { name: "delete", path: "/a", data: "spoiled" };
    await namespace.put("/b", "mine", options);
    expect(textOf((await namespace.getData("/a")).data)).toBe("kept");
    expect(textOf((await namespace.getData("/b")).data)).toBe("mine");
  });

  it("throw errors with ZooKeeper's code and name", async () => {
    const namespace = open();
    await namespace.create("/a");
    expect(await failureOf(namespace.getData("/b"))).toMatchObject({
      name: "NoNode",
      code: ErrorCode.noNode,
      path: "/b",
    });
    expect(await failureOf(namespace.delete("/a", { version: 7 }))).toMatchObject({
      name: "BadVersion",
      code: ErrorCode.badVersion,
    });
    const failed = namespace.transaction([
      { type: "check", path: "/a" },
      { type: "create", path: "/a" },
    ]);
    expect(await failureOf(failed)).toMatchObject({
      name: "NodeExists",
      code: ErrorCode.nodeExists,
      index: 1,
    });
    expect(await failureOf(namespace.getData("nothing"))).toMatchObject({
      code: CallErrorCode.invalidCall,
    });
  });

  it.each<unknown>([undefined, null, 7, {}, ["/a"]])("refuse the path %j", async (path) => {
    const namespace = open();
    const call = namespace.getData(path as string);
    expect(await failureOf(call)).toMatchObject({ code: CallErrorCode.invalidCall });
  });

  it.each<unknown>(["", "UPPER", "../x", "x".repeat(64), 7, null])(
    "refuse the namespace %j",
    async (name) => {
      const call = edgekeeper()
        .namespace(name as string)
        .getData("/");
      expect(await failureOf(call)).toMatchObject({ code: CallErrorCode.invalidCall });
    },
  );
});
