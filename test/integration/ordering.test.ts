import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import { CreateFlags, EventType, OpCode } from "../../src/protocol/op-code.ts";
import type { Request } from "../../src/protocol/requests.ts";
import { TestNamespace } from "./support/namespace.ts";
import {
  createRequest,
  deleteRequest,
  setDataRequest,
  type TestClient,
} from "./support/zookeeper-client.ts";

const { nodeCreated, nodeDeleted, nodeDataChanged, nodeChildrenChanged } = EventType;
const SYNC: Request = { type: OpCode.sync, path: "/" };

describe("watches", () => {
  it("tell two clients of each other's writes, once each and in order", async () => {
    const namespace = new TestNamespace();
    const [a, b] = await Promise.all([namespace.connect(), namespace.connect()]);
    await b.exists("/node", true);
    await b.children("/", true);
    await a.create("/node", "1");
    expect(await b.getData("/node", true)).toBe("1");
    await a.setData("/node", "2");
    await a.setData("/node", "3");
    expect(await b.getData("/node", true)).toBe("3");
    await b.children("/node", true);
    await a.delete("/node");
    await b.zxid();
    expect(b.events).toEqual([
      `${nodeCreated} /node`,
      `${nodeChildrenChanged} /`,
      `${nodeDataChanged} /node`,
      `${nodeDeleted} /node`,
    ]);
    expect(a.events).toEqual([]);
  });

  it("fire before the reply to one's own write", async () => {
    const client = await new TestNamespace().connect();
    await client.exists("/node", true);
    await client.create("/node");
    await client.getData("/node", true);
    await client.setData("/node", "x");
    expect(client.log).toEqual([
      "#1",
      `${nodeCreated} /node`,
      "#2",
      "#3",
      `${nodeDataChanged} /node`,
      "#4",
    ]);
  });

  it("fire before any reply that reveals the change", async () => {
    const namespace = new TestNamespace();
    const [writer, reader] = await Promise.all([namespace.connect(), namespace.connect()]);
    await writer.create("/node", "0");
    for (let round = 1; round <= 20; round++) {
      await reader.getData("/node", true);
      const before = reader.received.length;
      const written = writer.setData("/node", String(round));
      const reads = await reader.pipeline(
        Array.from({ length: 30 }, () => ({ type: OpCode.getData, path: "/node", watch: false })),
        { oneMessageEach: round % 2 === 0 },
      );
      await written;
      const since = reader.log.slice(before);
      const revealed = reads.findIndex((read) => versionOf(read.reply) === round);
      if (revealed < 0) {
        await reader.event(`${nodeDataChanged} /node`);
      } else {
        // The event stands in front of the first reply with the new version.
        expect(since.indexOf(`${nodeDataChanged} /node`)).toBeGreaterThanOrEqual(0);
        expect(since.indexOf(`${nodeDataChanged} /node`)).toBeLessThanOrEqual(revealed);
      }
    }
  });

  it("reach hundreds of clients, each once", async () => {
    const namespace = new TestNamespace();
    const writer = await namespace.connect();
    const readers = await Promise.all(Array.from({ length: 200 }, () => namespace.connect()));
    await Promise.all(readers.map((reader) => reader.exists("/go", true)));
    await writer.create("/go");
    await writer.setData("/go", "again");
    await Promise.all(readers.map((reader) => reader.event(`${nodeCreated} /go`)));
    await Promise.all(readers.map((reader) => reader.zxid()));
    for (const reader of readers) expect(reader.events).toEqual([`${nodeCreated} /go`]);
  });

  it("are restored by setWatches, what was missed first", async () => {
    const namespace = new TestNamespace();
    const [a, b] = await Promise.all([namespace.connect(), namespace.connect()]);
    for (const path of ["/kept", "/changed", "/deleted", "/parent"]) await a.create(path);
    const relativeZxid = await a.zxid();
    await a.setData("/changed", "x");
    await a.delete("/deleted");
    await a.create("/born");
    await a.create("/parent/child");
    await b.request({
      type: OpCode.setWatches,
      relativeZxid,
      dataWatches: ["/kept", "/changed", "/deleted"],
      existWatches: ["/born", "/unborn"],
      childWatches: ["/parent", "/kept"],
    });
    expect(b.log).toEqual([
      `${nodeDataChanged} /changed`,
      `${nodeDeleted} /deleted`,
      `${nodeCreated} /born`,
      `${nodeChildrenChanged} /parent`,
      "#-8",
    ]);
    await a.setData("/kept", "x");
    await a.create("/unborn");
    await a.create("/kept/child");
    await a.setData("/changed", "y");
    await b.zxid();
    expect(b.events.slice(4)).toEqual([
      `${nodeDataChanged} /kept`,
      `${nodeCreated} /unborn`,
      `${nodeChildrenChanged} /kept`,
    ]);
  });
});

describe("requests", () => {
  it.each([false, true])("are answered in order, one message each: %s", async (oneMessageEach) => {
    const client = await new TestNamespace().connect();
    const requests = Array.from({ length: 500 }, (_, i): Request => {
      if (i % 5 === 0) return createRequest(`/n${i}`, String(i));
      if (i % 5 === 1) return { type: OpCode.getData, path: `/n${i - 1}`, watch: false };
      if (i % 5 === 2) return setDataRequest(`/n${i - 2}`, "x");
      if (i % 5 === 3) return deleteRequest(`/n${i - 3}`);
      return { type: OpCode.exists, path: `/n${i - 4}`, watch: false };
    });
    const answers = await client.pipeline(requests, { oneMessageEach });
    expect(answers.map((answer) => answer.xid)).toEqual(requests.map((_, i) => i + 1));
    answers.forEach(({ err }, i) => expect(err).toBe(i % 5 === 4 ? ErrorCode.noNode : 0));
  });

  it("are answered with one message when they came in one", async () => {
    const client = await new TestNamespace().connect();
    await client.pipeline(Array.from({ length: 100 }, () => SYNC));
    expect(client.connection.messages.slice(1).map((message) => message.length)).toEqual([100]);
  });

  it("may be more than a batch takes", async () => {
    const client = await new TestNamespace().connect();
    const answers = await client.pipeline(Array.from({ length: 20_000 }, () => SYNC));
    expect(answers).toHaveLength(20_000);
  });

  it("are answered in order also when the replies are large", async () => {
    const client = await new TestNamespace().connect();
    await client.create("/large", "x".repeat(1_000_000));
    const get: Request = { type: OpCode.getData, path: "/large", watch: false };
    const answers = await client.pipeline(
      Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? get : SYNC)),
      { oneMessageEach: true },
    );
    expect(answers.filter((answer) => answer.bytes > 1_000_000)).toHaveLength(12);
  });

  it("of a client that did not read wait until it has, and then go on", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    let bufferedAmount = 2 * 1024 * 1024;
    await namespace.inside((state) => {
      const [socket] = state.getWebSockets();
      Object.defineProperty(socket, "bufferedAmount", { get: () => bufferedAmount });
    });
    const answers = client.pipeline([createRequest("/a"), createRequest("/b"), SYNC]);
    const other = await namespace.connect();
    await other.zxid();
    expect(client.received).toEqual([]);
    bufferedAmount = 0;
    expect((await answers).map((answer) => answer.err)).toEqual([0, 0, 0]);
  });

  it("of many clients at once all count", async () => {
    const namespace = new TestNamespace();
    const clients = await Promise.all(Array.from({ length: 20 }, () => namespace.connect()));
    await clients[0]?.create("/queue");
    const paths = await Promise.all(
      clients.flatMap((client) =>
        Array.from({ length: 20 }, () =>
          client.create("/queue/n-", "", CreateFlags.persistentSequential),
        ),
      ),
    );
    expect(paths.toSorted()).toEqual(
      Array.from({ length: 400 }, (_, i) => `/queue/n-${String(i).padStart(10, "0")}`),
    );
  });
});

describe("a multi", () => {
  it("does all or nothing, under one zxid, and watches see only the former", async () => {
    const namespace = new TestNamespace();
    const [client, witness] = await Promise.all([namespace.connect(), namespace.connect()]);
    await client.create("/p");
    await client.create("/p/old", "old");
    await watchAll(witness, ["/p/new", "/p/old", "/p/n-0000000001", "/p"]);
    const statBefore = await client.exists("/p");
    const ops = [
      createRequest("/p/new"),
      setDataRequest("/p/old", "changed"),
      createRequest("/p/n-", "", CreateFlags.persistentSequential),
      deleteRequest("/p/old"),
      createRequest("/p/old", "again"),
    ];
    const failed = await client.multi([...ops, deleteRequest("/none"), deleteRequest("/p/new")]);
    expect(failed.err).toBe(0);
    expect(resultErrors(failed.reply)).toEqual([0, 0, 0, 0, 0, ErrorCode.noNode, -2]);
    expect(await client.exists("/p")).toEqual(statBefore);
    expect(await client.children("/p")).toEqual(["old"]);
    expect(await client.getData("/p/old")).toBe("old");
    await witness.zxid();
    expect(witness.events).toEqual([]);

    const done = await client.multi(ops);
    expect(await client.children("/p")).toEqual(["n-0000000002", "new", "old"]);
    expect(await client.getData("/p/old")).toBe("again");
    const stat = await client.exists("/p/new");
    expect([stat?.czxid, (await client.exists("/p/old"))?.mzxid]).toEqual([done.zxid, done.zxid]);
    expect(witness.events).toEqual([
      `${nodeCreated} /p/new`,
      `${nodeChildrenChanged} /p`,
      `${nodeDataChanged} /p/old`,
    ]);
  });

  it("that failed leaves nothing behind after a hibernation either", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    await client.create("/p");
    await client.create("/p/gone", "kept");
    await client.multi([
      deleteRequest("/p/gone"),
      createRequest("/p/made", "", CreateFlags.ephemeral),
      deleteRequest("/none"),
    ]);
    const stat = await client.exists("/p");
    await namespace.hibernate();
    expect(await client.exists("/p")).toEqual(stat);
    expect(await client.children("/p")).toEqual(["gone"]);
    expect(await client.getData("/p/gone")).toBe("kept");
    expect(await namespace.rows("SELECT * FROM ephemerals")).toEqual([]);
  });
});

async function watchAll(client: TestClient, paths: readonly string[]): Promise<void> {
  for (const path of paths) await client.exists(path, true);
  await client.children("/p", true);
}

function versionOf(reply: unknown): number {
  return (reply as { stat: { version: number } }).stat.version;
}

function resultErrors(reply: unknown): number[] {
  const { results } = reply as { results: { err: number }[] };
  return results.map((result) => result.err);
}
