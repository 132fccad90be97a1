import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import { TestNamespace } from "./support/namespace.ts";
import { createRequest, deleteRequest, setDataRequest } from "./support/zookeeper-client.ts";

const LARGE = "x".repeat(900_000);
const LARGER = "y".repeat(1_000_000);

async function largePaths(namespace: TestNamespace): Promise<string[]> {
  const rows = await namespace.rows<{ path: string }>("SELECT path FROM large_data ORDER BY path");
  return rows.map(({ path }) => path);
}

describe("data that does not fit its row", () => {
  it("is there after the object forgot everything, and goes with its znode", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    await client.create("/a", LARGE);
    await client.create("/b", "small");
    await client.setData("/b", LARGER);
    await namespace.hibernate();
    expect(await client.getData("/a")).toBe(LARGE);
    expect(await client.getData("/b")).toBe(LARGER);
    expect((await client.exists("/b"))?.dataLength).toBe(LARGER.length);
    expect(await largePaths(namespace)).toEqual(["/a", "/b"]);

    await client.setData("/a", "small again");
    await client.delete("/b");
    expect(await largePaths(namespace)).toEqual([]);
    await namespace.hibernate();
    expect(await client.getData("/a")).toBe("small again");
    expect(await client.exists("/b")).toBeUndefined();
  });

  it.each([
    ["deleted and made again, small", [deleteRequest("/a"), createRequest("/a", "s")], "s", []],
    [
      "deleted and made again, large",
      [deleteRequest("/a"), createRequest("/a", LARGER)],
      LARGER,
      ["/a"],
    ],
    [
      "made small and large again",
      [setDataRequest("/a", "s"), setDataRequest("/a", LARGER)],
      LARGER,
      ["/a"],
    ],
    ["made larger and small", [setDataRequest("/a", LARGER), setDataRequest("/a", "s")], "s", []],
  ])("survives being %s within one batch", async (_, ops, data, paths) => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    await client.create("/a", LARGE);
    const results = await Promise.all(ops.map((op) => client.request(op)));
    expect(results.map(({ err }) => err)).toEqual([ErrorCode.ok, ErrorCode.ok]);
    await namespace.hibernate();
    expect(await client.getData("/a")).toBe(data);
    expect(await largePaths(namespace)).toEqual(paths);
  });

  it("stays as it was when a multi fails behind it", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    await client.create("/a", LARGE);
    await client.multi([setDataRequest("/a", "s"), deleteRequest("/a"), deleteRequest("/missing")]);
    await namespace.hibernate();
    expect(await client.getData("/a")).toBe(LARGE);
    expect(await largePaths(namespace)).toEqual(["/a"]);
  });
});
