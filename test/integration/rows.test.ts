import { beforeEach, describe, expect, it } from "vitest";
import { CreateFlags, OpCode } from "../../src/protocol/op-code.ts";
import type { Request } from "../../src/protocol/requests.ts";
import { advanceBy, useClock } from "./support/clock.ts";
import { TestNamespace } from "./support/namespace.ts";
import {
  createRequest,
  deleteRequest,
  setDataRequest,
  type TestClient,
} from "./support/zookeeper-client.ts";

/** Rows written are money: a setData may cost two, a create or delete three, an ephemeral one more. */
const { ephemeral, ephemeralSequential, persistent, persistentSequential } = CreateFlags;
const PING: Request = { type: OpCode.ping };

let namespace: TestNamespace;
let client: TestClient;

useClock();

beforeEach(async () => {
  namespace = new TestNamespace();
  client = await namespace.connect();
  await client.create("/p");
  await client.create("/p/n", "x");
  await client.create("/p/e", "", ephemeral);
  await client.create("/p/n2");
});

describe("one request alone", () => {
  const auth = new TextEncoder().encode("me:secret");

  it.each<[what: string, rows: number, request: Request]>([
    ["setData", 2, setDataRequest("/p/n", "y")],
    ["setData of an ephemeral", 2, setDataRequest("/p/e", "y")],
    ["create", 3, createRequest("/p/new")],
    ["create at the top", 3, createRequest("/new")],
    ["sequential create", 3, createRequest("/p/new-", "", persistentSequential)],
    ["ephemeral create", 4, createRequest("/p/new", "", ephemeral)],
    ["ephemeral sequential create", 4, createRequest("/p/new-", "", ephemeralSequential)],
    ["delete", 3, deleteRequest("/p/n")],
    ["delete of an ephemeral", 4, deleteRequest("/p/e")],
    ["setACL", 2, { type: OpCode.setACL, path: "/p/n", version: -1, acl: [anyone(1)] }],
    ["a write that fails", 1, deleteRequest("/none")],
    ["a multi of nothing", 1, { type: OpCode.multi, ops: [] }],
    [
      "a multi of three creates",
      5,
      { type: OpCode.multi, ops: ["/p/1", "/p/2", "/p/3"].map((path) => createRequest(path)) },
    ],
    [
      "a check and a setData",
      2,
      {
        type: OpCode.multi,
        ops: [{ type: OpCode.check, path: "/p/n2", version: 0 }, setDataRequest("/p/n", "y")],
      },
    ],
    ["getData with a watch", 0, { type: OpCode.getData, path: "/p/n", watch: true }],
    ["getChildren with a watch", 0, { type: OpCode.getChildren, path: "/p", watch: true }],
    ["exists with a watch", 0, { type: OpCode.exists, path: "/none", watch: true }],
    ["a read that fails", 0, { type: OpCode.getData, path: "/none", watch: true }],
    ["a binary ping", 0, PING],
    ["sync", 0, { type: OpCode.sync, path: "/" }],
    ["auth", 0, { type: OpCode.auth, authType: 0, scheme: "digest", auth }],
    [
      "setWatches",
      0,
      {
        type: OpCode.setWatches,
        relativeZxid: 1_000,
        dataWatches: ["/p/n"],
        existWatches: ["/none"],
        childWatches: ["/p"],
      },
    ],
  ])("%s writes %i rows", async (_, rows, request) => {
    expect(await namespace.rowsWrittenBy(() => client.request(request))).toBe(rows);
  });

  it("firing a watch writes no row beside the write's own", async () => {
    await client.getData("/p/n", true);
    const watcher = await namespace.connect();
    await watcher.getData("/p/n", true);
    expect(await namespace.rowsWrittenBy(() => client.setData("/p/n", "y"))).toBe(2);
    await watcher.zxid();
    expect(watcher.events).toHaveLength(1);
  });

  it("costs the same when everything has to be read from disk first", async () => {
    const costs: number[] = [];
    for (const request of [
      setDataRequest("/p/n", "y"),
      createRequest("/p/new"),
      createRequest("/p/new-e", "", ephemeral),
      deleteRequest("/p/n"),
      deleteRequest("/p/e"),
    ]) {
      await namespace.hibernate();
      costs.push(await namespace.rowsWrittenBy(() => client.request(request)));
    }
    expect(costs).toEqual([2, 3, 4, 3, 4]);
  });
});

describe("a znode with much data", () => {
  it("does not have it written again when only something else about it changes", async () => {
    await client.create("/p/large", "x".repeat(500_000));
    for (const request of [createRequest("/p/large/c"), deleteRequest("/p/large/c")]) {
      expect(await namespace.rowsWrittenBy(() => client.request(request))).toBe(3);
    }
    const acl = [anyone(1)];
    const setACL: Request = { type: OpCode.setACL, path: "/p/large", version: -1, acl };
    expect(await namespace.rowsWrittenBy(() => client.request(setACL))).toBe(2);
    await namespace.hibernate();
    expect(await client.getData("/p/large")).toHaveLength(500_000);
  });
});

describe("sessions", () => {
  it("cost two rows to open, two to lose their connection and get it back, two to close", async () => {
    let other: TestClient | undefined;
    const open = await namespace.rowsWrittenBy(async () => {
      other = await namespace.connect();
    });
    expect(open).toBe(2);
    const resume = await namespace.rowsWrittenBy(async () => {
      await namespace.connect(other?.credentials);
    });
    expect(resume).toBeLessThanOrEqual(2);
    const resumed = await namespace.connect(other?.credentials);
    expect(await namespace.rowsWrittenBy(() => resumed.closeSession())).toBe(2);
  });

  it("that only ping cost nothing, awake or hibernating", async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => namespace.connect()));
    const rows = await namespace.rowsWrittenBy(async () => {
      for (let round = 0; round < 5; round++) {
        advanceBy(3_000);
        for (const { connection } of clients) await connection.ping();
        for (const each of clients) await each.request(PING);
      }
    });
    expect(rows).toBe(0);
    await namespace.hibernate();
    for (const { connection } of clients) await connection.ping();
    expect((await namespace.counters()).rowsWritten).toBe(0);
  });
});

describe("many requests in one batch", () => {
  it("share the rows that they have in common", async () => {
    const sets = Array.from({ length: 100 }, (_, i) => setDataRequest("/p/n", String(i)));
    expect(await namespace.rowsWrittenBy(() => client.pipeline(sets))).toBe(2);
    const creates = Array.from({ length: 100 }, (_, i) =>
      createRequest(`/p/new-${i}`, "", persistent),
    );
    expect(await namespace.rowsWrittenBy(() => client.pipeline(creates))).toBe(102);
    const comeAndGo = [createRequest("/p/brief", "", ephemeral), deleteRequest("/p/brief")];
    expect(await namespace.rowsWrittenBy(() => client.pipeline(comeAndGo))).toBe(2);
  });
});

function anyone(perms: number): { perms: number; id: { scheme: string; id: string } } {
  return { perms, id: { scheme: "world", id: "anyone" } };
}
