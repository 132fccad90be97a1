import { beforeEach, describe, expect, it } from "vitest";
import { CreateFlags, OpCode } from "../../src/protocol/op-code.ts";
import type { Counters, Events } from "../../src/objects/counters.ts";
import type { Request } from "../../src/protocol/requests.ts";
import { TestNamespace } from "./support/namespace.ts";
import {
  createRequest,
  deleteRequest,
  setDataRequest,
  type TestClient,
} from "./support/zookeeper-client.ts";

const { ephemeral } = CreateFlags;

let namespace: TestNamespace;
let client: TestClient;

beforeEach(async () => {
  namespace = new TestNamespace();
  client = await namespace.connect();
  await client.create("/p");
  await client.create("/p/n", "x");
});

describe("rows", () => {
  it("are counted as SQLite says it read and wrote them", async () => {
    const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
    await namespace.inside((state) => {
      const { sql } = state.storage;
      const exec = sql.exec.bind(sql);
      sql.exec = ((query: string, ...bindings: SqlStorageValue[]) => {
        const cursor = exec(query, ...bindings);
        cursors.push(cursor);
        return cursor;
      }) as typeof sql.exec;
    });
    const before = await namespace.counters();
    await client.pipeline([createRequest("/a"), createRequest("/a/b", "", ephemeral)]);
    await client.multi([deleteRequest("/a/b"), setDataRequest("/p", "y")]);
    await client.request(deleteRequest("/none"));
    await client.request({ type: OpCode.getChildren, path: "/", watch: false });
    await client.closeSession();
    // Both at once: the end of the connection is still to come, and reads a row.
    await namespace.inside((_, object) => {
      const after = object.counters();
      expect(cursors.length).toBeGreaterThan(10);
      const written = sum(cursors.map((cursor) => cursor.rowsWritten));
      expect(after.rowsWritten - before.rowsWritten).toBe(written);
      expect(after.rowsRead - before.rowsRead).toBe(sum(cursors.map((cursor) => cursor.rowsRead)));
    });
  });

  it.each<[what: string, rows: number, request: Request]>([
    ["a ping", 1, { type: OpCode.ping }],
    ["getData of a znode in memory", 1, { type: OpCode.getData, path: "/p/n", watch: false }],
    ["setData of a znode in memory", 3, setDataRequest("/p/n", "y")],
    ["create", 4, createRequest("/p/new")],
    ["ephemeral create", 4, createRequest("/p/new", "", ephemeral)],
    ["delete", 7, deleteRequest("/p/n")],
  ])("%s reads at most %i rows", async (_, rows, request) => {
    expect((await changeOf(() => client.request(request))).rowsRead).toBeLessThanOrEqual(rows);
  });

  it("are not looked for when a sequential znode's siblings are known", async () => {
    const queries: string[] = [];
    await namespace.inside(({ storage: { sql } }) => {
      const exec = sql.exec.bind(sql);
      sql.exec = ((query: string, ...bindings: SqlStorageValue[]) => {
        queries.push(query);
        return exec(query, ...bindings);
      }) as typeof sql.exec;
    });
    const searches = async (): Promise<number> => {
      queries.length = 0;
      const name = await client.create("/p/s-", "", CreateFlags.persistentSequential);
      expect(name).toMatch(/^\/p\/s-\d+$/);
      return queries.filter((query) => query.includes("FROM znodes WHERE key")).length;
    };
    expect(await searches()).toBe(1);
    await client.request({ type: OpCode.getChildren, path: "/p", watch: false });
    expect(await searches()).toBe(0);
  });

  it("read to start are counted, too", async () => {
    for (let sessions = 0; sessions < 5; sessions++) await namespace.connect();
    await namespace.hibernate();
    expect((await namespace.counters()).rowsRead).toBeGreaterThanOrEqual(6);
  });
});

describe("events", () => {
  it("are counted by their kind", async () => {
    const { upgrades, webSocketMessages, webSocketCloses, calls } = await changeOf(async () => {
      const other = await namespace.connect(); // An upgrade, and the handshake's message.
      await other.pipeline([createRequest("/a"), createRequest("/b")]); // One message.
      await other.connection.ping(); // Answered by the platform.
      await other.closeSession();
      await namespace.stub.health();
    });
    const expected = { upgrades: 1, webSocketMessages: 3, webSocketCloses: 1, calls: 2 };
    expect({ upgrades, webSocketMessages, webSocketCloses, calls }).toEqual(expected);
  });

  it("alarms among them", async () => {
    expect((await changeOf(() => namespace.runAlarm())).alarms).toBe(1);
  });

  it("start anew with the object, and with another time", async () => {
    const before = await namespace.counters();
    await namespace.hibernate();
    const after = await namespace.counters();
    expect(after.webSocketMessages).toBe(0);
    expect(after.startedMs).toBeGreaterThan(before.startedMs);
  });
});

type Counted = Pick<Counters, "rowsRead" | "rowsWritten"> & Events;

/** What is counted while `action` runs, one reading of the counters included. */
async function changeOf(action: () => Promise<unknown>): Promise<Counted> {
  const before = await namespace.counters();
  await action();
  const after = await namespace.counters();
  const names = Object.keys(before) as (keyof Counters)[];
  return Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as {
    [name in keyof Counters]: number;
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
