/**
 * Watches: who is told what, and what is set again.
 */
import { describe, expect, it } from "vitest";
import { SessionExpiredError, UnimplementedError } from "../../../src/client/errors.ts";
import type {
  NodeEvent,
  ResyncEvent,
  SessionLostEvent,
  WatchStream,
} from "../../../src/client/watch-event.ts";
import { ErrorCode } from "../../../src/protocol/error-code.ts";
import { EventType, OpCode } from "../../../src/protocol/op-code.ts";
import type { SetWatchesRequest } from "../../../src/protocol/request-records.ts";
import { settle } from "./support/fake-clock.ts";
import {
  openClient,
  reconnect,
  type ScriptedClient,
  TIMEOUT_MS,
} from "./support/scripted-client.ts";
import { type ScriptedConnection, STAT, summary } from "./support/scripted-server.ts";

const EXISTS = { type: OpCode.exists, stat: STAT } as const;
const { nodeCreated, nodeDeleted, nodeDataChanged, nodeChildrenChanged } = EventType;

type Told = NodeEvent | SessionLostEvent;

/** Reads with a watch, and returns what it is told. */
async function watched(
  { zk, server }: ScriptedClient,
  op: "exists" | "missing" | "getData" | "getChildren",
  path: string,
): Promise<Told[]> {
  const told: Told[] = [];
  const watch = (event: Told): void => void told.push(event);
  const read =
    op === "getData"
      ? zk.getData(path, { watch })
      : op === "getChildren"
        ? zk.getChildren(path, { watch })
        : zk.exists(path, { watch });
  await settle();
  if (op === "missing") await server.last.replyError(ErrorCode.noNode, 1);
  else if (op === "exists") await server.last.reply(EXISTS);
  else if (op === "getData") {
    await server.last.reply({ type: OpCode.getData, data: null, stat: STAT });
  } else {
    await server.last.reply({ type: OpCode.getChildren2, children: [], stat: STAT });
  }
  await read;
  return told;
}

/** Opens a stream and returns what it gives, as it comes. */
async function streamed(
  { zk, server }: ScriptedClient,
  path: string,
  options: { recursive?: boolean; answer?: boolean } = {},
): Promise<{ stream: WatchStream; read: (NodeEvent | ResyncEvent)[]; over: Promise<unknown> }> {
  const { recursive = false, answer = true } = options;
  const stream = zk.watch(path, { recursive });
  const read: (NodeEvent | ResyncEvent)[] = [];
  const over = (async () => {
    for await (const event of stream) read.push(event);
  })();
  over.catch(() => {});
  await settle();
  if (answer) await server.last.reply({ type: OpCode.addWatch });
  return { stream, read, over };
}

function typesOf(events: readonly { readonly type: string; readonly path: string }[]): string[] {
  return events.map(({ type, path }) => `${type} ${path}`);
}

function setWatches(connection: ScriptedConnection): SetWatchesRequest[] {
  return connection.requests
    .map(({ request }) => request)
    .filter((request) => "relativeZxid" in request);
}

describe("a one-shot watch", () => {
  it.each([
    ["exists", nodeDataChanged],
    ["exists", nodeDeleted],
    ["missing", nodeCreated],
    ["getData", nodeDataChanged],
    ["getData", nodeDeleted],
    ["getChildren", nodeChildrenChanged],
    ["getChildren", nodeDeleted],
  ] as const)("of %s is told of event %i, once", async (op, type) => {
    const client = await openClient();
    const told = await watched(client, op, "/a");
    await client.server.last.event(type, "/b");
    expect(told).toEqual([]);
    await client.server.last.event(type, "/a");
    await client.server.last.event(type, "/a");
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ path: "/a", zxid: -1 });
  });

  it.each([
    ["getData", nodeChildrenChanged],
    ["getChildren", nodeDataChanged],
  ] as const)("of %s is not told of event %i", async (op, type) => {
    const client = await openClient();
    const told = await watched(client, op, "/a");
    await client.server.last.event(type, "/a");
    expect(told).toEqual([]);
  });

  it("is not there after a read that failed", async () => {
    const { zk, server } = await openClient();
    const told: Told[] = [];
    const read = zk.getData("/a", { watch: (event) => told.push(event) });
    read.catch(() => {});
    await settle();
    await server.last.replyError(ErrorCode.noNode);
    await server.last.event(nodeCreated, "/a");
    expect(told).toEqual([]);
  });

  it("is set before an event in the same message", async () => {
    const { zk, server } = await openClient();
    const told: Told[] = [];
    const read = zk.exists("/a", { watch: (event) => told.push(event) });
    await settle();
    void server.last.reply(EXISTS);
    void server.last.event(nodeDeleted, "/a", 12);
    await read;
    expect(told).toEqual([{ type: "NodeDeleted", path: "/a", zxid: 12 }]);
  });

  it("has the path as its user calls it", async () => {
    const client = await openClient({ chroot: "/app" });
    const told = await watched(client, "exists", "/a");
    const root = await watched(client, "getChildren", "/");
    await client.server.last.event(nodeDeleted, "/app/a");
    await client.server.last.event(nodeChildrenChanged, "/app");
    expect(typesOf([...told, ...root])).toEqual(["NodeDeleted /a", "NodeChildrenChanged /"]);
  });

  it("is called for the same function once, and for others too when one throws", async () => {
    const { zk, server } = await openClient();
    const told: string[] = [];
    const problems: unknown[] = [];
    const onProblem = (error: unknown): void => void problems.push(error);
    const listeners = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", onProblem);
    try {
      const first = (): void => {
        told.push("first");
        throw new Error("a user's mistake");
      };
      const second = (): void => void told.push("second");
      for (const watch of [first, first, second]) {
        void zk.exists("/a", { watch });
        await settle();
        await server.last.reply(EXISTS);
      }
      await server.last.event(nodeDeleted, "/a");
      await settle();
      expect(told).toEqual(["first", "second"]);
      expect(problems).toEqual([new Error("a user's mistake")]);
      expect(zk.state).toBe("connected");
    } finally {
      process.removeListener("uncaughtException", onProblem);
      for (const listener of listeners) process.on("uncaughtException", listener);
    }
  });

  it("ends with the session", async () => {
    const client = await openClient();
    const told = await watched(client, "exists", "/a");
    client.clock.stall(TIMEOUT_MS);
    await client.clock.advance(0);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ type: "SessionLost", path: "/a" });
    expect((told[0] as SessionLostEvent).error).toBeInstanceOf(SessionExpiredError);
    await client.clock.advance(0);
    await client.server.last.refuse();
    await client.clock.advance(0);
    await client.server.last.accept({ sessionId: 8 });
    expect(client.server.last.requests).toEqual([]);
  });

  it("does not keep unknown events from being ignored", async () => {
    const client = await openClient();
    const told = await watched(client, "exists", "/a");
    await client.server.last.event(17 as EventType, "/a");
    await client.server.last.event(-1 as EventType, "");
    expect(told).toEqual([]);
    expect(client.zk.state).toBe("connected");
  });
});

describe("after a reconnect", () => {
  it("watches are set again before anything else, as of the last zxid", async () => {
    const client = await openClient({ auth: [{ scheme: "digest", auth: "a:b" }] });
    const { zk, server } = client;
    await server.last.reply({ type: OpCode.auth });
    await watched(client, "exists", "/a");
    await watched(client, "missing", "/b");
    await watched(client, "getChildren", "/c");
    void zk.sync("/");
    await settle();
    await server.last.reply({ type: OpCode.sync, path: "/" }, 99);
    await server.last.drop();
    void zk.exists("/z").catch(() => {});
    await reconnect(client);
    expect(summary(server.last.requests)).toEqual(["auth", "setWatches", "exists /z"]);
    expect(server.last.requests.map(({ xid }) => xid)).toEqual([-4, -8, 5]);
    expect(setWatches(server.last)).toMatchObject([
      { relativeZxid: 99, dataWatches: ["/a"], existWatches: ["/b"], childWatches: ["/c"] },
    ]);
  });

  it("watches that were being set are set once more, not twice", async () => {
    const client = await openClient();
    await watched(client, "exists", "/a");
    for (let i = 0; i < 3; i++) {
      await client.server.last.drop();
      await reconnect(client);
      expect(summary(client.server.last.requests)).toEqual(["setWatches"]);
    }
  });

  it("watches that fired are not set again", async () => {
    const client = await openClient();
    await watched(client, "exists", "/a");
    await client.server.last.event(nodeDeleted, "/a");
    await client.server.last.drop();
    await reconnect(client);
    expect(client.server.last.requests).toEqual([]);
  });

  it("missed events are told", async () => {
    const client = await openClient();
    const told = await watched(client, "exists", "/a");
    await client.server.last.drop();
    await reconnect(client);
    await client.server.last.event(nodeDeleted, "/a");
    await client.server.last.reply({ type: OpCode.setWatches });
    expect(typesOf(told)).toEqual(["NodeDeleted /a"]);
  });

  it("many watches are set in several requests", async () => {
    const client = await openClient();
    const name = "x".repeat(1_000);
    const all = Array.from({ length: 400 }, (_, index) =>
      client.zk.exists(`/${name}${index}`, { watch: () => {} }),
    );
    await settle();
    await client.server.last.replyAll(400, EXISTS);
    await Promise.all(all);
    await client.server.last.drop();
    await reconnect(client);
    const requests = setWatches(client.server.last);
    expect(requests.map(({ dataWatches }) => dataWatches.length)).toEqual([130, 130, 130, 10]);
    expect(new Set(requests.flatMap(({ dataWatches }) => dataWatches)).size).toBe(400);
  });
});

describe("a stream", () => {
  it("begins with Resync when the watch is set, and tells everything", async () => {
    const client = await openClient();
    const { read } = await streamed(client, "/a", { answer: false });
    expect(read).toEqual([]);
    await client.server.last.reply({ type: OpCode.addWatch });
    expect(typesOf(read)).toEqual(["Resync /a"]);
    expect(client.server.last.requests[0]?.request).toMatchObject({ path: "/a", mode: 0 });
    for (const type of [nodeCreated, nodeDataChanged, nodeChildrenChanged, nodeDeleted]) {
      await client.server.last.event(type, "/a");
    }
    await client.server.last.event(nodeCreated, "/a/b");
    expect(typesOf(read).slice(1)).toEqual([
      "NodeCreated /a",
      "NodeDataChanged /a",
      "NodeChildrenChanged /a",
      "NodeDeleted /a",
    ]);
  });

  it("that is recursive tells of descendants", async () => {
    const client = await openClient({ chroot: "/app" });
    const { read } = await streamed(client, "/a", { recursive: true });
    expect(client.server.last.requests[0]?.request).toMatchObject({ path: "/app/a", mode: 1 });
    await client.server.last.event(nodeCreated, "/app/a/b/c");
    await client.server.last.event(nodeDataChanged, "/app/a");
    await client.server.last.event(nodeCreated, "/app/ab");
    // Newer servers may send it for another watch.
    await client.server.last.event(nodeChildrenChanged, "/app/a");
    expect(typesOf(read)).toEqual(["Resync /a", "NodeCreated /a/b/c", "NodeDataChanged /a"]);
  });

  it("of the root tells of everything", async () => {
    const client = await openClient();
    const { read } = await streamed(client, "/", { recursive: true });
    await client.server.last.event(nodeCreated, "/a");
    await client.server.last.event(nodeDeleted, "/a/b");
    expect(typesOf(read)).toEqual(["Resync /", "NodeCreated /a", "NodeDeleted /a/b"]);
  });

  it("says Resync again after a reconnect, when the watch is set again", async () => {
    const client = await openClient();
    const { read } = await streamed(client, "/a");
    const other = await streamed(client, "/b", { recursive: true });
    await client.server.last.drop();
    await reconnect(client);
    expect(setWatches(client.server.last)).toMatchObject([
      {
        type: OpCode.setWatches2,
        persistentWatches: ["/a"],
        persistentRecursiveWatches: ["/b"],
      },
    ]);
    expect(read).toHaveLength(1);
    await client.server.last.reply({ type: OpCode.setWatches2 });
    expect(typesOf(read)).toEqual(["Resync /a", "Resync /a"]);
    expect(typesOf(other.read)).toEqual(["Resync /b", "Resync /b"]);
  });

  it("that was asked for when the connection went is asked for again", async () => {
    const client = await openClient();
    const { read } = await streamed(client, "/a", { answer: false });
    await client.server.last.drop();
    await reconnect(client);
    expect(summary(client.server.last.requests)).toEqual(["addWatch /a"]);
    await client.server.last.reply({ type: OpCode.addWatch });
    expect(typesOf(read)).toEqual(["Resync /a"]);
  });

  it("ends with the session", async () => {
    const client = await openClient();
    const { over } = await streamed(client, "/a");
    client.clock.stall(TIMEOUT_MS);
    await client.clock.advance(0);
    await expect(over).rejects.toBeInstanceOf(SessionExpiredError);
  });

  it("ends with an error where the server does not know it", async () => {
    const client = await openClient();
    const { over } = await streamed(client, "/a", { answer: false });
    await client.server.last.replyError(ErrorCode.unimplemented);
    await expect(over).rejects.toBeInstanceOf(UnimplementedError);
  });

  it("ends when the signal is aborted, and the watch with it", async () => {
    const { zk, server } = await openClient();
    const controller = new AbortController();
    const stream = zk.watch("/a", { signal: controller.signal });
    await settle();
    await server.last.reply({ type: OpCode.addWatch });
    expect(await stream.next()).toMatchObject({ value: { type: "Resync" } });
    const next = stream.next();
    controller.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    await settle();
    expect(summary(server.last.open)).toEqual(["removeWatches /a"]);
  });

  it("that is left removes the watch", async () => {
    const { zk, server } = await openClient();
    const loop = (async () => {
      for await (const event of zk.watch("/a")) if (event.type === "NodeCreated") break;
    })();
    await settle();
    await server.last.reply({ type: OpCode.addWatch });
    await server.last.event(nodeCreated, "/a");
    await loop;
    await settle();
    expect(summary(server.last.open)).toEqual(["removeWatches /a"]);
    await server.last.replyError(ErrorCode.noWatcher);
    expect(zk.state).toBe("connected");
  });

  it("shares the watch of another one at its path", async () => {
    const client = await openClient();
    const first = await streamed(client, "/a");
    const second = await streamed(client, "/a", { answer: false });
    expect(summary(client.server.last.requests)).toEqual(["addWatch /a"]);
    expect(typesOf(second.read)).toEqual(["Resync /a"]);
    await first.stream.return();
    await settle();
    expect(client.server.last.open).toEqual([]);
    await client.server.last.event(nodeDataChanged, "/a");
    expect(typesOf(second.read)).toEqual(["Resync /a", "NodeDataChanged /a"]);
    await second.stream.return();
    await settle();
    expect(summary(client.server.last.open)).toEqual(["removeWatches /a"]);
  });

  it("that nobody reads is not kept for ever", async () => {
    const { zk, server } = await openClient();
    const stream = zk.watch("/a");
    await settle();
    await server.last.reply({ type: OpCode.addWatch });
    expect(await stream.next()).toMatchObject({ value: { type: "Resync" } });
    for (let i = 0; i < 10_010; i++) void server.last.event(nodeDataChanged, "/a");
    await settle();
    const read: string[] = [];
    for await (const { type } of stream) {
      read.push(type);
      if (read.length === 10) break;
    }
    expect(read).toEqual(["Resync", ...Array.from({ length: 9 }, () => "NodeDataChanged")]);
  });
});

describe("watches of different modes at one path", () => {
  it("one-shot ones are served by the persistent one, which they would end", async () => {
    const client = await openClient();
    const { read } = await streamed(client, "/a");
    const told = await watched(client, "getData", "/a");
    const children = await watched(client, "getChildren", "/a");
    expect(client.server.last.requests.slice(1).map(({ request }) => request)).toMatchObject([
      { type: OpCode.getData, watch: false },
      { type: OpCode.getChildren2, watch: false },
    ]);
    await client.server.last.event(nodeDataChanged, "/a");
    await client.server.last.event(nodeChildrenChanged, "/a");
    expect(typesOf(told)).toEqual(["NodeDataChanged /a"]);
    expect(typesOf(children)).toEqual(["NodeChildrenChanged /a"]);
    expect(read).toHaveLength(3);
  });

  it("one-shot ones are asked for before the persistent one is sent", async () => {
    const { zk, server } = await openClient();
    void zk.exists("/a", { watch: () => {} });
    const stream = zk.watch("/a");
    void zk.exists("/a", { watch: () => {} });
    await settle();
    expect(server.last.requests.map(({ request }) => "watch" in request && request.watch)).toEqual([
      true,
      false,
      false,
    ]);
    await stream.return();
  });

  it("one-shot ones that are asked again before it are asked of the server", async () => {
    const client = await openClient();
    const { zk, server } = client;
    void zk.exists("/a", { watch: () => {} });
    const stream = zk.watch("/a");
    await settle();
    await server.last.drop();
    await reconnect(client);
    expect(summary(server.last.requests)).toEqual(["exists /a", "addWatch /a"]);
    expect(server.last.requests[0]?.request).toMatchObject({ watch: true });
    await stream.return();
  });

  it("one-shot ones are set again also when the server had forgotten the persistent one", async () => {
    const client = await openClient();
    const { stream } = await streamed(client, "/a");
    await watched(client, "exists", "/a");
    await stream.return();
    await settle();
    await client.server.last.replyError(ErrorCode.noWatcher, 55);
    expect(setWatches(client.server.last)).toMatchObject([{ relativeZxid: 55 }]);
  });

  it("one-shot ones are not set again where another persistent one has come", async () => {
    const client = await openClient();
    const { stream } = await streamed(client, "/a");
    await watched(client, "exists", "/a");
    await stream.return();
    client.zk.watch("/a");
    await settle();
    await client.server.last.reply({ type: OpCode.removeWatches }, 55);
    expect(summary(client.server.last.open)).toEqual(["addWatch /a"]);
  });

  it("one-shot ones are set again when the persistent one is removed, as of then", async () => {
    const client = await openClient();
    const { stream } = await streamed(client, "/a");
    const told = await watched(client, "exists", "/a");
    await stream.return();
    await settle();
    await client.server.last.reply({ type: OpCode.removeWatches }, 55);
    expect(setWatches(client.server.last)).toMatchObject([
      { type: OpCode.setWatches, relativeZxid: 55, dataWatches: ["/a"], childWatches: [] },
    ]);
    await client.server.last.reply({ type: OpCode.setWatches });
    await client.server.last.event(nodeDeleted, "/a");
    expect(typesOf(told)).toEqual(["NodeDeleted /a"]);
  });

  it("a persistent one is served by the recursive one that replaced it", async () => {
    const client = await openClient();
    const narrow = await streamed(client, "/a");
    const wide = await streamed(client, "/a", { recursive: true });
    const children = await watched(client, "getChildren", "/a");
    expect(summary(client.server.last.requests).slice(0, 2)).toEqual([
      "addWatch /a",
      "addWatch /a",
    ]);
    await client.server.last.event(nodeCreated, "/a/b");
    await client.server.last.event(nodeDataChanged, "/a/b");
    await client.server.last.event(nodeDeleted, "/a/b/c");
    expect(typesOf(wide.read)).toEqual([
      "Resync /a",
      "NodeCreated /a/b",
      "NodeDataChanged /a/b",
      "NodeDeleted /a/b/c",
    ]);
    expect(typesOf(narrow.read)).toEqual(["Resync /a", "NodeChildrenChanged /a"]);
    expect(typesOf(children)).toEqual(["NodeChildrenChanged /a"]);
  });

  it("a wider one begins when the server has it, whatever came before", async () => {
    const client = await openClient();
    const narrow = await streamed(client, "/a", { answer: false });
    const wide = await streamed(client, "/a", { recursive: true, answer: false });
    const wider = await streamed(client, "/a", { recursive: true, answer: false });
    expect(summary(client.server.last.requests)).toEqual(["addWatch /a", "addWatch /a"]);
    await client.server.last.reply({ type: OpCode.addWatch });
    expect([wide.read, wider.read]).toEqual([[], []]);
    await client.server.last.reply({ type: OpCode.addWatch });
    for (const { read } of [narrow, wide, wider]) expect(typesOf(read)).toEqual(["Resync /a"]);
  });

  it("a wider one does not begin because a narrower one has", async () => {
    const client = await openClient();
    await streamed(client, "/a");
    await streamed(client, "/a", { recursive: true, answer: false });
    const wider = await streamed(client, "/a", { recursive: true, answer: false });
    expect(wider.read).toEqual([]);
    await client.server.last.reply({ type: OpCode.addWatch });
    expect(typesOf(wider.read)).toEqual(["Resync /a"]);
  });

  it("a narrower one asks for nothing where there is a wider one", async () => {
    const client = await openClient();
    await streamed(client, "/a", { recursive: true });
    const narrow = await streamed(client, "/a", { answer: false });
    expect(summary(client.server.last.requests)).toEqual(["addWatch /a"]);
    expect(typesOf(narrow.read)).toEqual(["Resync /a"]);
  });
});
