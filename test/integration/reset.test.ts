import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { CreateFlags, EventType, OpCode } from "../../src/protocol/op-code.ts";
import { advanceBy, TICK_MS, useClock } from "./support/clock.ts";
import { Connection, eventually } from "./support/connection.ts";
import { TestNamespace } from "./support/namespace.ts";
import { createRequest, handshake, setDataRequest } from "./support/zookeeper-client.ts";

const TIMEOUT_MS = 4_000;
const MARGIN_MS = 500;

/** Ways in which an object loses its memory and its sockets. */
const RESETS: Record<string, (namespace: TestNamespace) => Promise<void>> = {
  "ctx.abort": async (namespace) => {
    const aborted = namespace.inside((state) => state.abort("a test says so"));
    await expect(aborted).rejects.toThrow("a test says so");
  },
  abortAllDurableObjects: () => abortAllDurableObjects(),
  "an eviction that closes the sockets": async (namespace) => {
    await namespace.stub.health();
    await evictDurableObject(namespace.stub, { webSockets: "close" });
  },
};

useClock();

describe.each(Object.entries(RESETS))("after a reset by %s", (_, reset) => {
  it("sessions resume with their ephemerals, and everything acknowledged is there", async () => {
    const namespace = new TestNamespace();
    const clients = await Promise.all(Array.from({ length: 5 }, () => namespace.connect()));
    await clients[0]?.create("/q");
    await Promise.all(
      clients.map(async (client) => {
        for (let i = 0; i < 10; i++)
          await client.create("/q/n-", "", CreateFlags.ephemeralSequential);
        await client.exists("/w", true);
      }),
    );
    const [children, zxid] = [await clients[0]?.children("/q"), await clients[0]?.zxid()];
    await reset(namespace);
    await Promise.all(clients.map((client) => client.connection.closed));

    const resumed = await Promise.all(
      clients.map((client) => namespace.connect(client.credentials)),
    );
    expect(resumed.map((client) => client.response)).toEqual(
      clients.map(({ response }) => response),
    );
    const [first, ...others] = resumed;
    expect(await first?.zxid()).toBeGreaterThanOrEqual(zxid ?? Infinity);
    expect(await first?.children("/q")).toEqual(children);
    expect(await first?.create("/q/n-", "", CreateFlags.ephemeralSequential)).toBe(
      "/q/n-0000000050",
    );
    await first?.create("/w");
    for (const client of others) {
      await client.zxid();
      expect(client.events).toEqual([]); // Watches go with their connection.
      await client.closeSession();
    }
    expect(await first?.children("/q")).toHaveLength(11);
  });

  it("of requests under way a first part is done, all that was acknowledged among it", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    await client.create("/q");
    const acknowledged: string[] = [];
    const create = async (): Promise<void> => {
      acknowledged.push(await client.create("/q/n-", "", CreateFlags.persistentSequential));
    };
    const settled = Promise.allSettled(Array.from({ length: 200 }, create));
    await client.connection.waitFor(() => acknowledged[20], "too few creates were answered");
    await reset(namespace);
    await settled;
    const resumed = await namespace.connect(client.credentials);
    const children = await resumed.children("/q");
    expect(acknowledged.length).toBeGreaterThan(20);
    expect(children.length).toBeGreaterThanOrEqual(acknowledged.length);
    expect(children).toEqual(children.map((_name, i) => `n-${String(i).padStart(10, "0")}`));
    expect((await resumed.exists("/q"))?.numChildren).toBe(children.length);
  });

  it("a wrong password is refused", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    await reset(namespace);
    const { sessionId } = client;
    const connection = await Connection.open(namespace.name);
    expect((await handshake(connection, { sessionId })).timeOut).toBe(0);
    expect(await (await namespace.connect(client.credentials)).zxid()).toBeGreaterThanOrEqual(1);
  });

  it("every session that was connected gets a fresh timeout", async () => {
    const namespace = new TestNamespace();
    const [client, witness] = await Promise.all([
      namespace.connect({ timeOut: TIMEOUT_MS }),
      namespace.connect(),
    ]);
    await client.create("/e", "", CreateFlags.ephemeral);
    const heardMs = Date.now();
    await namespace.passTo(heardMs + TIMEOUT_MS - MARGIN_MS);
    await reset(namespace);
    await namespace.stub.health();
    const backMs = Date.now();
    const again = await namespace.connect(witness.credentials);
    await namespace.passTo(backMs + TIMEOUT_MS - MARGIN_MS);
    expect(await again.exists("/e", true)).toBeDefined();
    await namespace.passTo(endOf(backMs));
    await again.event(`${EventType.nodeDeleted} /e`);
  });
});

describe("a session that had no connection when the object went down", () => {
  it("ends when it would have ended", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect({ timeOut: TIMEOUT_MS });
    const heardMs = Date.now();
    await client.create("/e", "", CreateFlags.ephemeral);
    client.connection.close();
    await eventually(async () => {
      const rows = await namespace.rows<{ heard_ms: number | null }>(
        "SELECT heard_ms FROM sessions",
      );
      expect(rows[0]?.heard_ms).not.toBeNull();
    });
    advanceBy(2_000);
    await RESETS["ctx.abort"]?.(namespace);
    const witness = await namespace.connect();
    await witness.exists("/e", true);
    await namespace.passTo(endOf(heardMs));
    await witness.event(`${EventType.nodeDeleted} /e`);
  });

  it("gets a fresh timeout when it could not have come back in its own", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect({ timeOut: TIMEOUT_MS });
    await client.create("/e", "", CreateFlags.ephemeral);
    client.connection.close();
    await eventually(async () => {
      const rows = await namespace.rows<{ heard_ms: number | null }>(
        "SELECT heard_ms FROM sessions",
      );
      expect(rows[0]?.heard_ms).not.toBeNull();
    });
    await RESETS["ctx.abort"]?.(namespace);
    advanceBy(600_000);
    await namespace.passTo(Date.now() + TIMEOUT_MS - MARGIN_MS);
    const resumed = await namespace.connect(client.credentials);
    expect((await resumed.exists("/e"))?.ephemeralOwner).toBe(client.sessionId);
  });
});

describe("watches that did not fit onto their socket", () => {
  it("are gone from the table after a reset", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    const paths = Array.from({ length: 1_000 }, (_, i) => `/watched-${i}`);
    await client.pipeline(paths.map((path) => ({ type: OpCode.exists, path, watch: true })));
    const count = "SELECT count(*) AS n FROM spilled_watches";
    expect(await namespace.rows(count)).toEqual([{ n: 1_000 }]);
    await RESETS["ctx.abort"]?.(namespace);
    expect(await namespace.rows(count)).toEqual([{ n: 0 }]);
  });
});

describe("a batch that fails in the middle", () => {
  it("resets the object, leaves nothing of itself, and sessions go on", async () => {
    const namespace = new TestNamespace();
    const [a, b] = await Promise.all([namespace.connect(), namespace.connect()]);
    await a.create("/n", "before");
    await a.create("/e", "", CreateFlags.ephemeral);
    const zxid = await a.zxid();
    const silence = vi.spyOn(console, "error").mockImplementation(() => {});
    await namespace.inside((state) => {
      const { sql } = state.storage;
      const exec = sql.exec.bind(sql);
      vi.spyOn(sql, "exec").mockImplementation((query, ...bindings) => {
        if (query.includes("DELETE FROM ephemerals")) throw new Error("the disk is full");
        return exec(query, ...bindings);
      });
    });
    const failed = a.pipeline([
      setDataRequest("/n", "after"),
      createRequest("/made"),
      { type: OpCode.delete, path: "/e", version: -1 },
      { type: OpCode.closeSession },
    ]);
    await expect(failed).rejects.toThrow("closed with 1006");
    await b.connection.closed;
    silence.mockRestore();

    const resumed = await namespace.connect(a.credentials);
    const zxidAfter = await resumed.zxid();
    expect(zxidAfter).toBeGreaterThanOrEqual(zxid);
    expect(await resumed.getData("/n")).toBe("before");
    expect(await resumed.children("/")).toEqual(["e", "n", "zookeeper"]);
    expect(await resumed.create("/made")).toBe("/made");
    expect(await (await namespace.connect(b.credentials)).zxid()).toBe(zxidAfter + 1);
  });
});

/** When a session that was heard of at `heardMs`, or a little later, has ended. */
function endOf(heardMs: number): number {
  return heardMs + MARGIN_MS + TIMEOUT_MS + TICK_MS;
}
