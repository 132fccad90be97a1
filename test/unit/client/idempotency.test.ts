/** Writes with an idempotency key, when connections and sessions are lost. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  ConnectionLossError,
  IdempotencyKey,
  OperationTimeoutError,
  SessionExpiredError,
  type ZooKeeper,
  ZooKeeperError,
} from "../../../src/client/index.ts";
import { ManualClock, TestServer } from "../../../src/testing/index.ts";

let server: TestServer<ManualClock>;
let zk: ZooKeeper;

beforeEach(async () => {
  server = new TestServer({ clock: new ManualClock() });
  zk = await server.connect();
  await zk.create("/a");
});

afterEach(async () => server.close());

/** What a promise comes to, while the clock runs. */
async function settled<T>(promise: Promise<T>): Promise<T | Error> {
  const result = promise.catch((error: unknown) => error as Error);
  await server.clock.advance(1_000);
  return await result;
}

function children(): string[] {
  return server.paths("/a").filter((path) => path !== "/a");
}

function key(): { readonly idempotencyKey: IdempotencyKey } {
  return { idempotencyKey: new IdempotencyKey() };
}

const SEQUENTIAL = { mode: "persistentSequential" } as const;

describe("a write with an idempotency key", () => {
  it("is done once when its reply is lost, and is not unknown", async () => {
    const lost = server.loseConnection(zk, { operation: "create", requests: "applied" });
    const options = { ...SEQUENTIAL, idempotencyKey: new IdempotencyKey() };
    const created = await settled(zk.create("/a/n-", null, options));
    await lost;
    expect(created).toMatchObject({ path: "/a/n-0000000000" });
    expect(children()).toEqual(["/a/n-0000000000"]);
  });

  it("may be any, and goes with the others in their order", async () => {
    const lost = server.loseConnection(zk, { operation: "transaction", requests: "applied" });
    const results = Promise.all([
      zk.create("/a/b", null, key()),
      zk.setData("/a/b", "x", key()),
      zk.setACL("/a/b", [{ perms: 31, id: { scheme: "world", id: "anyone" } }], key()),
      zk.transaction().check("/a/b", 1).create("/a/c").commit(key()),
      zk.delete("/a/b", key()),
    ]);
    expect(await settled(results)).not.toBeInstanceOf(Error);
    await lost;
    expect(children()).toEqual(["/a/c"]);
  });

  it("is done once by two who give it the same key", async () => {
    const other = await server.connect();
    const [first, second] = [zk, other].map((client) =>
      client.create("/a/n-", null, { ...SEQUENTIAL, idempotencyKey: new IdempotencyKey("k") }),
    );
    expect(await second).toEqual(await first);
    const error = await zk
      .create("/a/m-", null, { idempotencyKey: new IdempotencyKey("k") })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ZooKeeperError);
    expect(error).toMatchObject({ code: -2002, outcome: "notApplied" });
    expect(children()).toHaveLength(1);
  });

  it("is unknown when the session is lost, and may then be asked for again", async () => {
    const idempotencyKey = new IdempotencyKey();
    const options = { ...SEQUENTIAL, idempotencyKey };
    const lost = server.loseConnection(zk, { operation: "create", requests: "applied" });
    const creating = zk.create("/a/n-", null, options).catch((reason: unknown) => reason);
    await lost;
    server.expireSession(zk);
    await server.clock.advance(60_000);
    const error = await creating;
    expect(error).toBeInstanceOf(SessionExpiredError);
    expect(error).toMatchObject({ outcome: "unknown" });
    expect(idempotencyKey.isKept).toBe(true);
    const created = await settled(zk.create("/a/n-", null, options));
    expect(created).toMatchObject({ path: "/a/n-0000000000" });
    expect(children()).toHaveLength(1);
  });

  it("waits no longer than it may", async () => {
    const lost = server.loseConnection(zk, { operation: "setData", requests: "applied" });
    const options = { idempotencyKey: new IdempotencyKey(), timeoutMs: 500 };
    const setting = zk.setData("/a", "x", options).catch((reason: unknown) => reason);
    await lost;
    server.stop();
    await server.clock.advance(1_000);
    const error = await setting;
    expect(error).toBeInstanceOf(OperationTimeoutError);
    expect(error).toMatchObject({ outcome: "unknown" });
    server.start();
  });

  it("is as any other with a server that does not know keys", async () => {
    await using plain = new TestServer({ clock: server.clock, idempotencyKeys: false });
    const client = await plain.connect();
    const idempotencyKey = new IdempotencyKey();
    void plain.loseConnection(client, { operation: "create", requests: "applied" });
    const error = await settled(client.create("/n-", null, { ...SEQUENTIAL, idempotencyKey }));
    expect(error).toBeInstanceOf(ConnectionLossError);
    expect(error).toMatchObject({ outcome: "unknown" });
    expect(idempotencyKey.isKept).toBe(false);
    for (let i = 0; i < 2; i++) await client.create("/n-", null, { ...SEQUENTIAL, idempotencyKey });
    expect(plain.paths("/").filter((path) => path.startsWith("/n-"))).toHaveLength(3);
  });
});

it("an idempotency key is printable, and not too long", () => {
  for (const text of ["", "x".repeat(129), "ä", "\n"]) {
    expect(() => new IdempotencyKey(text), text).toThrow(TypeError);
  }
  expect(new IdempotencyKey().text).not.toBe(new IdempotencyKey().text);
});
