/** Idempotency keys with a real ZooKeeper, which knows nothing of them: whichever server the other tests have. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect, IdempotencyKey, NoNodeError, type ZooKeeper } from "../../src/client/index.ts";
import { Counter, Queue } from "../../src/recipes/index.ts";
import { type RealZooKeeper, startRealZooKeeper } from "../support/real-zookeeper.ts";

let server: RealZooKeeper;
let zk: ZooKeeper;

beforeAll(async () => {
  server = await startRealZooKeeper();
  zk = await connect(`zk://${server.host}:${server.port}`);
});

afterAll(async () => {
  await zk.close();
  await server.stop();
});

function key(text?: string): { readonly idempotencyKey: IdempotencyKey } {
  return { idempotencyKey: new IdempotencyKey(text) };
}

it("ZooKeeper takes no notice of a key behind any write", async () => {
  await zk.create("/keys", null, key());
  await zk.create("/keys/container", null, { mode: "container", ...key() });
  await zk.setData("/keys", "x", key());
  await zk.setACL("/keys", [{ perms: 31, id: { scheme: "world", id: "anyone" } }], key());
  await zk.transaction().check("/keys", 1).create("/keys/a").delete("/keys/a").commit(key());
  await zk.delete("/keys/container", key());
  await expect(zk.delete("/keys/container", key())).rejects.toThrow(NoNodeError);
  expect((await zk.exists("/keys"))?.version).toBe(1);
});

it("ZooKeeper does a write twice that has one key twice, and its sessions say so", async () => {
  const options = { mode: "persistentSequential", ...key("k") } as const;
  const paths = [
    (await zk.create("/twice-", null, options)).path,
    (await zk.create("/twice-", null, options)).path,
  ];
  expect(paths[0]).not.toBe(paths[1]);
  expect(options.idempotencyKey.isKept).toBe(false);
  const { session } = zk;
  expect(options.idempotencyKey.isKeptIn(session)).toBe(false);
});

it("recipes that use keys do what they do on ZooKeeper", async () => {
  const counter = new Counter(zk, "/counters/a");
  expect([await counter.add(1), await counter.add(1)]).toEqual([1, 2]);
  const queue = new Queue(zk, "/queues/a");
  expect(await queue.put("x")).toBe("/queues/a/entries/entry-100-0000000000");
  const claim = await queue.tryTake();
  expect(claim?.text()).toBe("x");
  expect(await queue.tryTake()).toBeUndefined();
  await claim?.complete();
});
