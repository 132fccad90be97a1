/**
 * What callers over RPC may do: a service binding is trusted, its props and a token narrow it.
 */
import { describe, expect, it, vi } from "vitest";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import { RPCErrorCode } from "../../src/worker/rpc/errors.ts";
import { advanceBy, useClock } from "./support/clock.ts";
import { edgekeeper, failureOf } from "./support/edgekeeper-binding.ts";
import { TestNamespace } from "./support/namespace.ts";
import { tokenFor } from "./support/tokens.ts";

const NO_AUTH = { name: "NoAuth", code: ErrorCode.noAuth };

useClock();

function refusal(status: number) {
  return { name: "refused", code: RPCErrorCode.refused, status };
}

describe("a service binding", () => {
  it("may do everything", async () => {
    const { name } = new TestNamespace();
    const namespace = edgekeeper().namespace(name);
    await namespace.create("/a");
    expect(await namespace.breakLock("/locks/a")).toEqual({ broken: 0 });
  });

  it("is for the namespaces of its props", async () => {
    const { name } = new TestNamespace();
    const binding = edgekeeper({ namespaces: [name] });
    await binding.namespace(name).create("/a");
    const other = binding.namespace(`${name}-2`);
    expect(await failureOf(other.exists("/"))).toMatchObject(refusal(403));
    expect(await failureOf(other.lock("/a"))).toMatchObject(refusal(403));
  });

  it("is for the prefixes and permissions of its props", async () => {
    const { name } = new TestNamespace();
    await edgekeeper().namespace(name).create("/shop");
    await edgekeeper().namespace(name).create("/other");
    const shop = edgekeeper({ prefixes: ["/shop"] }).namespace(name);
    await shop.create("/shop/a", "x");
    expect(await failureOf(shop.getData("/other"))).toMatchObject(NO_AUTH);
    expect(await failureOf(shop.lock("/other/lock"))).toMatchObject(NO_AUTH);
    const reader = edgekeeper({ permissions: ["read"] }).namespace(name);
    expect((await reader.exists("/shop/a")).stat).not.toBeNull();
    expect(await failureOf(reader.put("/shop/a", "y"))).toMatchObject(NO_AUTH);
    expect(await failureOf(reader.breakLock("/shop/lock"))).toMatchObject(NO_AUTH);
  });

  it("is for nothing when its props are wrong", async () => {
    const { name } = new TestNamespace();
    const namespace = edgekeeper({ permissions: ["everything"] }).namespace(name);
    expect(await failureOf(namespace.exists("/"))).toMatchObject(refusal(403));
  });

  it("is narrowed by a token, which cannot widen it", async () => {
    const { name } = new TestNamespace();
    await edgekeeper().namespace(name).create("/shop");
    const token = await tokenFor({ prefixes: ["/"], permissions: ["read"] });
    const reader = edgekeeper().namespace(name, { token });
    expect((await reader.exists("/shop")).stat).not.toBeNull();
    expect(await failureOf(reader.create("/shop/a"))).toMatchObject(NO_AUTH);
    const narrow = edgekeeper({ prefixes: ["/shop"] }).namespace(name, { token });
    expect(await failureOf(narrow.exists("/"))).toMatchObject(NO_AUTH);
    const forged = edgekeeper().namespace(name, { token: `${token}x` });
    expect(await failureOf(forged.exists("/shop"))).toMatchObject(refusal(401));
  });

  it("does not renew a lock with a token that has expired, but releases it", async () => {
    const { name } = new TestNamespace();
    const expiresMs = Date.now() + 60_000;
    const token = await tokenFor({
      prefixes: ["/"],
      permissions: ["read", "write", "create", "delete"],
      expiresMs,
    });
    const namespace = edgekeeper().namespace(name, { token });
    {
      using lock = await namespace.lock("/locks/a", { ttlMs: 3_600_000 });
      advanceBy(61_000);
      expect(await failureOf(lock.renew())).toMatchObject(refusal(401));
      expect(await lock.valid()).toBe(true);
    }
    await vi.waitFor(async () => {
      const { holders } = await edgekeeper().namespace(name).inspectLock("/locks/a");
      expect(holders).toEqual([]);
    });
  });
});
