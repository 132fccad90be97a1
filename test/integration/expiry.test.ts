import { describe, expect, it } from "vitest";
import { CreateFlags, EventType, OpCode } from "../../src/protocol/op-code.ts";
import { advanceBy, advanceTo, TICK_MS, useClock } from "./support/clock.ts";
import { Connection, eventually } from "./support/connection.ts";
import { TestNamespace } from "./support/namespace.ts";
import { handshake, requestFrame, type TestClient } from "./support/zookeeper-client.ts";

const TIMEOUT_MS = 4_000;
const { nodeDeleted } = EventType;

/** How far from a moment that matters the clock is set: it runs on while a test does. */
const MARGIN_MS = 500;

/** What a hibernated socket may not know of its last request. */
const HEARD_PRECISION_MS = 1_000;

useClock();

describe("a session that is not heard of", () => {
  it("ends at the tick after its timeout, not before, and its connection closes", async () => {
    const namespace = new TestNamespace();
    const { client, witness } = await clientAndWitness(namespace);
    const heardMs = Date.now();
    await client.create("/e", "", CreateFlags.ephemeral);
    await witness.exists("/e", true);
    await namespace.passTo(heardMs + TIMEOUT_MS - MARGIN_MS);
    await namespace.inside((_, object) => object.alarm()); // Too early.
    expect(await witness.exists("/e")).toBeDefined();
    const zxid = await witness.zxid();
    await namespace.passTo(endOf(heardMs));
    await witness.event(`${nodeDeleted} /e`);
    expect(await witness.zxid()).toBe(zxid + 1);
    await client.connection.closed;
    expect(client.log).toEqual(["#1"]); // Not a word.
    expect(await namespace.rows("SELECT id FROM sessions")).toEqual([{ id: witness.sessionId }]);
    const late = await Connection.open(namespace.name);
    expect((await handshake(late, client.credentials)).timeOut).toBe(0);
  });

  it("ends in the same way without a connection", async () => {
    const namespace = new TestNamespace();
    const { client, witness } = await clientAndWitness(namespace);
    const heardMs = Date.now();
    await client.create("/e", "", CreateFlags.ephemeral);
    await witness.exists("/e", true);
    client.connection.close();
    await whenDetached(namespace, client);
    await namespace.passTo(heardMs + TIMEOUT_MS - MARGIN_MS);
    expect(await witness.exists("/e")).toBeDefined();
    await namespace.passTo(endOf(heardMs));
    await witness.event(`${nodeDeleted} /e`);
  });

  it("takes all ephemerals with it under one zxid, and other sessions' stay", async () => {
    const namespace = new TestNamespace();
    const { client, witness } = await clientAndWitness(namespace);
    await witness.create("/p");
    await client.pipeline(
      Array.from({ length: 100 }, (_, i) => ({
        type: OpCode.create,
        path: `/p/${i}`,
        data: null,
        acl: [{ perms: 31, id: { scheme: "world", id: "anyone" } }],
        flags: CreateFlags.ephemeral,
      })),
    );
    await witness.create("/p/mine", "", CreateFlags.ephemeral);
    const zxid = await witness.zxid();
    await namespace.passTo(endOf(Date.now()));
    expect(await witness.children("/p")).toEqual(["mine"]);
    expect((await witness.exists("/p"))?.pzxid).toBe(zxid + 1);
  });
});

describe("a session that is heard of", () => {
  it.each(["a request", "a binary ping", "a text ping"])(
    "lives on, and the alarm does not move: %s",
    async (sign) => {
      const namespace = new TestNamespace();
      // The times of text pings come from the platform: so the session begins in the past.
      advanceBy(-3_000);
      const { client, witness } = await clientAndWitness(namespace);
      const heardMs = Date.now();
      await client.create("/e", "", CreateFlags.ephemeral);
      const alarmMs = await namespace.alarm();
      expect(alarmMs).toBeLessThanOrEqual(endOf(heardMs));
      advanceBy(3_000);
      for (let times = 0; times < 3; times++) {
        if (sign === "a request") await client.zxid();
        else if (sign === "a binary ping") await client.request({ type: OpCode.ping });
        else expect(await client.connection.ping()).toBe("pong");
      }
      expect(await namespace.alarm()).toBe(alarmMs);
      const heardAgainMs = Date.now();
      await namespace.passTo(heardAgainMs + TIMEOUT_MS - MARGIN_MS);
      expect(await witness.exists("/e")).toBeDefined();
      expect(await namespace.alarm()).toBeGreaterThan(heardAgainMs - MARGIN_MS + TIMEOUT_MS);
      await namespace.passTo(endOf(heardAgainMs));
      expect(await witness.exists("/e")).toBeUndefined();
    },
  );

  it("lives on through hibernation by text pings alone, and the one that stopped ends", async () => {
    const namespace = new TestNamespace();
    advanceBy(-3_000);
    const { client: silent, witness } = await clientAndWitness(namespace);
    const pinging = await namespace.connect({ timeOut: TIMEOUT_MS });
    await silent.create("/silent", "", CreateFlags.ephemeral);
    await pinging.create("/pinging", "", CreateFlags.ephemeral);
    await witness.exists("/silent", true);
    await witness.exists("/pinging", true);
    const heardMs = Date.now();
    advanceBy(3_000);
    await namespace.hibernate();
    expect(await pinging.connection.ping()).toBe("pong");
    await namespace.passTo(heardMs + 3_000 + TIMEOUT_MS);
    await witness.event(`${nodeDeleted} /silent`);
    expect((await witness.exists("/pinging"))?.ephemeralOwner).toBe(pinging.sessionId);
    await silent.connection.closed;
    expect(await pinging.connection.ping()).toBe("pong");
  });

  it("does not end too early because the object slept right after its last request", async () => {
    const namespace = new TestNamespace();
    // So that 4 s after this moment there is a tick, and 4 s after the last request there is not.
    const startMs = (Math.ceil(Date.now() / TICK_MS) + 1) * TICK_MS - 100;
    advanceTo(startMs - 40);
    const client = await namespace.connect({ timeOut: TIMEOUT_MS });
    await client.create("/e", "", CreateFlags.ephemeral);
    advanceTo(startMs + 860);
    await client.zxid();
    await namespace.hibernate();
    await namespace.passTo(startMs + 860 + TIMEOUT_MS - MARGIN_MS);
    expect(await namespace.rows("SELECT path FROM ephemerals")).toEqual([{ path: "/e" }]);
  });

  it("does not end because its socket ends right after a text ping", async () => {
    const namespace = new TestNamespace();
    for (const ending of ["close", "half a frame", "close while hibernated"]) {
      advanceBy(-3_000);
      const { client } = await clientAndWitness(namespace);
      advanceBy(3_000);
      if (ending === "close while hibernated") await namespace.hibernate();
      const pingedMs = Date.now();
      await client.connection.ping();
      if (ending === "half a frame") client.connection.sendBytes(new Uint8Array(3));
      else client.connection.close();
      const heardMs = await whenDetached(namespace, client);
      expect(heardMs, ending).toBeGreaterThanOrEqual(pingedMs);
      expect(heardMs, ending).toBeLessThanOrEqual(Date.now() + HEARD_PRECISION_MS);
    }
  });

  it("does not end because its request is behind the alarm in the queue", async () => {
    const namespace = new TestNamespace();
    const connection = await Connection.open(namespace.name);
    const { sessionId: id } = await handshake(connection, { timeOut: TIMEOUT_MS });
    advanceTo((await namespace.alarm()) as number);
    const frame = requestFrame(1, { type: OpCode.sync, path: "/" });
    await namespace.inside((state, object) => {
      object.webSocketMessage(state.getWebSockets()[0] as WebSocket, frame.slice().buffer);
      object.alarm();
    });
    expect(await namespace.rows("SELECT id FROM sessions")).toEqual([{ id }]);
    expect(connection.isClosed).toBe(false);
  });
});

describe("an alarm that is late", () => {
  it("gives a session until the next tick, and then comes to the same result", async () => {
    const namespace = new TestNamespace();
    const { client, witness } = await clientAndWitness(namespace);
    await client.create("/e", "", CreateFlags.ephemeral);
    await witness.exists("/e", true);
    advanceBy(25_000);
    await namespace.runAlarm();
    expect(await witness.exists("/e")).toBeDefined();
    await namespace.passTo(Date.now() + TICK_MS);
    await witness.event(`${nodeDeleted} /e`);
    await client.connection.closed;
  });

  it("ends no session that is heard of in the meantime", async () => {
    const namespace = new TestNamespace();
    const { client, witness } = await clientAndWitness(namespace);
    await client.create("/e", "", CreateFlags.ephemeral);
    advanceBy(25_000);
    await client.zxid();
    await namespace.passTo(Date.now() + TICK_MS);
    expect((await witness.exists("/e"))?.ephemeralOwner).toBe(client.sessionId);
  });

  it("may go off twice, and too early", async () => {
    const namespace = new TestNamespace();
    const { client, witness } = await clientAndWitness(namespace);
    await client.create("/e", "", CreateFlags.ephemeral);
    for (let times = 0; times < 3; times++) await namespace.inside((_, object) => object.alarm());
    expect(await witness.exists("/e")).toBeDefined();
    const zxid = await witness.zxid();
    advanceTo((await namespace.alarm()) as number);
    for (let times = 0; times < 3; times++) await namespace.inside((_, object) => object.alarm());
    expect(await witness.exists("/e")).toBeUndefined();
    expect(await witness.zxid()).toBe(zxid + 1);
  });

  it("is set again when it got lost", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect({ timeOut: TIMEOUT_MS });
    await namespace.inside((state) => state.storage.deleteAlarm());
    advanceBy(30_000); // It may still come.
    await client.zxid();
    expect(await namespace.alarm()).toBeNull();
    advanceBy(60_000);
    await client.zxid();
    expect(await namespace.alarm()).not.toBeNull();

    await namespace.inside((state) => state.storage.deleteAlarm());
    await namespace.hibernate();
    await client.zxid();
    expect(await namespace.alarm()).not.toBeNull();
  });
});

describe("the alarm", () => {
  it("is set for the first session that may end", async () => {
    const namespace = new TestNamespace();
    const startMs = Date.now();
    await namespace.connect({ timeOut: 40_000 });
    expect(await namespace.alarm()).toBeGreaterThan(startMs + 40_000);
    await namespace.connect({ timeOut: 10_000 });
    expect(await namespace.alarm()).toBeGreaterThan(startMs + 10_000);
    expect(await namespace.alarm()).toBeLessThan(startMs + 40_000);
    const alarmMs = await namespace.alarm();
    await namespace.connect({ timeOut: 30_000 });
    expect(await namespace.alarm()).toBe(alarmMs);
  });

  it("goes when there are no sessions any more", async () => {
    const namespace = new TestNamespace();
    const [a, b] = await Promise.all([namespace.connect(), namespace.connect()]);
    await a.closeSession();
    await b.closeSession();
    advanceBy(60_000);
    await namespace.runAlarm();
    expect(await namespace.alarm()).toBeNull();
    await namespace.hibernate();
    await namespace.stub.health();
    expect(await namespace.alarm()).toBeNull();
  });

  it("is set once, and no row is written, for however many sessions live on", async () => {
    const namespace = new TestNamespace();
    advanceBy(-3_000);
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => namespace.connect({ timeOut: TIMEOUT_MS })),
    );
    advanceBy(3_000);
    const before = await namespace.counters();
    for (const client of clients) await client.connection.ping();
    await namespace.passTo(((await namespace.alarm()) as number) + MARGIN_MS);
    const after = await namespace.counters();
    expect(after.rowsWritten - before.rowsWritten).toBe(0);
    expect(after.alarmsSet - before.alarmsSet).toBe(1);
    expect(await namespace.rows("SELECT count(*) AS n FROM sessions")).toEqual([{ n: 20 }]);
  });
});

/** When a session that was heard of at `heardMs`, or a little later, has ended. */
function endOf(heardMs: number): number {
  return heardMs + MARGIN_MS + TIMEOUT_MS + TICK_MS;
}

/** A client whose session is short, and one that outlives every test. */
async function clientAndWitness(
  namespace: TestNamespace,
): Promise<{ client: TestClient; witness: TestClient }> {
  const witness = await namespace.connect({ timeOut: 40_000 });
  return { client: await namespace.connect({ timeOut: TIMEOUT_MS }), witness };
}

/** Waits until the object knows that a session has no connection, and returns when it was last heard of. */
async function whenDetached(namespace: TestNamespace, client: TestClient): Promise<number> {
  let heardMs: number | null | undefined;
  await eventually(async () => {
    const rows = await namespace.rows<{ id: number; heard_ms: number | null }>(
      "SELECT id, heard_ms FROM sessions",
    );
    heardMs = rows.find((row) => row.id === client.sessionId)?.heard_ms;
    expect(heardMs).toEqual(expect.any(Number));
  });
  return heardMs as number;
}
