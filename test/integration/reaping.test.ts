import { describe, expect, it } from "vitest";
import { CreateFlags, EventType, OpCode } from "../../src/protocol/op-code.ts";
import type { Request } from "../../src/protocol/requests.ts";
import { useClock } from "./support/clock.ts";
import { TestNamespace } from "./support/namespace.ts";
import { OPEN_ACL, type TestClient } from "./support/zookeeper-client.ts";

/** `CONTAINER_CHECK_INTERVAL_MS` of wrangler.toml. */
const INTERVAL_MS = 60_000;
const MARGIN_MS = 2_000;

/** Less than a session's timeout. */
const STEP_MS = 20_000;

useClock();

describe("a container", () => {
  it("goes with its last child, at the next check, and its watches fire", async () => {
    const { namespace, client } = await start();
    await createContainer(client, "/c");
    await client.create("/c/a");
    await client.create("/c/b");
    await client.delete("/c/a");
    await pass(namespace, INTERVAL_MS, client);
    expect(await client.exists("/c", true)).toBeDefined();
    await client.delete("/c/b");
    const zxid = await client.zxid();
    await pass(namespace, INTERVAL_MS, client);
    expect(await client.exists("/c")).toBeUndefined();
    expect(await client.zxid()).toBe(zxid + 1);
    expect(client.events).toEqual([`${EventType.nodeDeleted} /c`]);
    await pass(namespace, 10 * INTERVAL_MS, client);
    expect(await client.zxid()).toBe(zxid + 1);
    expect(await namespace.rows("SELECT * FROM reapable")).toEqual([]);
  });

  it("stays while it never had a child, or has one again", async () => {
    const { namespace, client } = await start();
    await createContainer(client, "/unused");
    await createContainer(client, "/busy");
    await client.create("/busy/a");
    await client.delete("/busy/a");
    await client.create("/busy/b");
    await pass(namespace, 3 * INTERVAL_MS, client);
    expect(await client.children("/")).toEqual(["busy", "unused", "zookeeper"]);
  });

  it("goes although the object hibernated or was reset in between", async () => {
    const { namespace, client } = await start();
    await createContainer(client, "/c");
    await client.create("/c/a");
    await client.delete("/c/a");
    await namespace.hibernate();
    await pass(namespace, INTERVAL_MS, client);
    expect(await client.exists("/c")).toBeUndefined();
  });

  it("takes the container that it was the last child of along, one check later", async () => {
    const { namespace, client } = await start();
    await createContainer(client, "/outer");
    await createContainer(client, "/outer/inner");
    await client.create("/outer/inner/a");
    await client.delete("/outer/inner/a");
    await pass(namespace, INTERVAL_MS, client);
    expect(await client.children("/outer")).toEqual([]);
    await pass(namespace, INTERVAL_MS, client);
    expect(await client.children("/")).toEqual(["zookeeper"]);
  });
});

describe("a znode with a TTL", () => {
  it("goes at the first check after its time, counted from its last change", async () => {
    const { namespace, client } = await start();
    await createTTL(client, "/t", 100_000);
    await pass(namespace, 90_000, client);
    await client.setData("/t", "again");
    await pass(namespace, 90_000, client);
    expect(await client.exists("/t")).toBeDefined();
    await pass(namespace, INTERVAL_MS + 10_000, client);
    expect(await client.exists("/t")).toBeUndefined();
  });

  it("stays as long as it has children", async () => {
    const { namespace, client } = await start();
    await createTTL(client, "/t", 1_000);
    await client.create("/t/child");
    await pass(namespace, 5 * INTERVAL_MS, client);
    expect(await client.exists("/t")).toBeDefined();
    await client.delete("/t/child");
    await pass(namespace, INTERVAL_MS, client);
    expect(await client.exists("/t")).toBeUndefined();
  });

  it("costs no alarm before it may be due", async () => {
    const { namespace, client } = await start();
    const day = 24 * 60 * 60 * 1000;
    await createTTL(client, "/t", day);
    await client.closeSession();
    await pass(namespace, 2 * INTERVAL_MS);
    const alarms = (await namespace.counters()).alarmsSet;
    await pass(namespace, 100 * INTERVAL_MS);
    expect((await namespace.counters()).alarmsSet).toBe(alarms);
    await pass(namespace, day);
    expect(await (await namespace.connect()).exists("/t")).toBeUndefined();
  });

  it("is one more row to create and to delete, and none to reap nothing", async () => {
    const { namespace, client } = await start();
    expect(await namespace.rowsWrittenBy(() => createTTL(client, "/t", 10 * INTERVAL_MS))).toBe(3);
    expect(await namespace.rowsWrittenBy(() => pass(namespace, 2 * INTERVAL_MS, client))).toBe(0);
    expect(await namespace.rowsWrittenBy(() => client.delete("/t"))).toBe(3);
  });
});

async function start(): Promise<{ namespace: TestNamespace; client: TestClient }> {
  const namespace = new TestNamespace();
  return { namespace, client: await namespace.connect() };
}

/** Lets time pass, during which a client keeps its session alive. */
async function pass(namespace: TestNamespace, ms: number, client?: TestClient): Promise<void> {
  const endMs = Date.now() + ms + MARGIN_MS;
  while (Date.now() < endMs) {
    await client?.request({ type: OpCode.ping });
    const stepMs = client === undefined ? ms : STEP_MS;
    await namespace.passTo(Math.min(Date.now() + stepMs, endMs));
  }
}

async function createContainer(client: TestClient, path: string): Promise<void> {
  const flags = CreateFlags.container;
  await succeed(client, { ...node(path), type: OpCode.createContainer, flags });
}

async function createTTL(client: TestClient, path: string, ttl: number): Promise<void> {
  const flags = CreateFlags.persistentWithTTL;
  await succeed(client, { ...node(path), type: OpCode.createTTL, flags, ttl });
}

function node(path: string) {
  return { path, data: null, acl: OPEN_ACL };
}

async function succeed(client: TestClient, request: Request): Promise<void> {
  expect((await client.request(request)).err).toBe(0);
}
