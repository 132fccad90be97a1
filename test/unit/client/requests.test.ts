/**
 * What becomes of requests: messages, order, outcomes.
 */
import { describe, expect, it } from "vitest";
import {
  BadVersionError,
  ConnectionLossError,
  MarshallingError,
  NoNodeError,
  OperationTimeoutError,
  RequestAbortedError,
  TransactionError,
  UnimplementedError,
  ZooKeeperError,
} from "../../../src/client/errors.ts";
import type { ZooKeeper } from "../../../src/client/zookeeper.ts";
import { ErrorCode } from "../../../src/protocol/error-code.ts";
import { FRAME_BYTES_MAX } from "../../../src/protocol/limits.ts";
import { OpCode } from "../../../src/protocol/op-code.ts";
import { settle } from "./support/fake-clock.ts";
import { openClient, reconnect } from "./support/scripted-client.ts";
import { STAT, summary } from "./support/scripted-server.ts";

const EXISTS = { type: OpCode.exists, stat: STAT } as const;

async function throughLayers(zk: ZooKeeper, layers: number): Promise<unknown> {
  return layers === 0 ? await zk.exists("/a") : await throughLayers(zk, layers - 1);
}

describe("messages", () => {
  it("carry all requests of a turn", async () => {
    const { zk, server } = await openClient();
    for (let i = 0; i < 100; i++) void zk.exists(`/${i}`);
    await settle();
    expect(server.last.messages.map((message) => message.length)).toEqual([100]);
    expect(server.last.requests.map(({ xid }) => xid)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
  });

  it("carry what replies of one message lead to, through async functions of different depth", async () => {
    const { zk, server } = await openClient();
    const chains = Array.from({ length: 8 }, async (_, layers) => {
      await throughLayers(zk, layers);
      await zk.exists("/b");
    });
    await settle();
    expect(server.last.messages).toHaveLength(1);
    await server.last.replyAll(8, EXISTS);
    expect(server.last.messages.map((message) => message.length)).toEqual([8, 8]);
    await server.last.replyAll(8, EXISTS);
    await Promise.all(chains);
  });

  it("are cut where they get long", async () => {
    const { zk, server } = await openClient();
    for (let i = 0; i < 12; i++) void zk.setData("/a", new Uint8Array(100_000));
    await settle();
    expect(server.last.messages.map((message) => message.length)).toEqual([6, 6]);
  });

  it("leave no more than ten thousand requests without a reply", async () => {
    const { zk, server } = await openClient();
    const all = Array.from({ length: 10_500 }, () => zk.exists("/a"));
    await settle();
    expect(server.last.requests).toHaveLength(10_000);
    await server.last.replyAll(10_000, EXISTS);
    expect(server.last.requests).toHaveLength(10_500);
    await server.last.replyAll(500, EXISTS);
    await Promise.all(all);
  });

  it("do not carry what a server would hang up over", async () => {
    const { zk, server } = await openClient();
    const large = zk.setData("/a", new Uint8Array(FRAME_BYTES_MAX));
    const small = zk.exists("/a");
    await expect(large).rejects.toBeInstanceOf(MarshallingError);
    await expect(large).rejects.toMatchObject({ path: "/a", outcome: "notApplied" });
    expect(summary(server.last.requests)).toEqual(["exists /a"]);
    await server.last.reply(EXISTS);
    await small;
  });

  it("do not carry what cannot be written", async () => {
    const { zk, server } = await openClient();
    const wrong = zk.setData("/a", 42 as unknown as string);
    wrong.catch(() => {});
    const right = zk.exists("/a");
    await settle();
    await server.last.reply(EXISTS);
    await right;
    await expect(wrong).rejects.toBeInstanceOf(TypeError);
  });
});

describe("replies", () => {
  it("reach those who asked", async () => {
    const { zk, server } = await openClient();
    const data = zk.getData("/a");
    const children = zk.getChildren("/a");
    await settle();
    await server.last.reply({ type: OpCode.getData, data: new Uint8Array([1]), stat: STAT });
    await server.last.reply({ type: OpCode.getChildren2, children: ["b"], stat: STAT });
    const stat = { ...STAT, ephemeralOwner: 0n };
    expect(await data).toEqual({ data: new Uint8Array([1]), stat });
    expect(await children).toEqual({ children: ["b"], stat });
  });

  it("may come in pieces", async () => {
    const { zk, server } = await openClient();
    const data = zk.getAllChildrenNumber("/");
    await settle();
    for (const byte of Buffer.from("0000001400000001000000000000000100000000000000ff", "hex")) {
      await server.last.bytes(new Uint8Array([byte]));
    }
    expect(await data).toBe(255);
  });

  it("to nothing that was asked end the connection", async () => {
    const { zk, server } = await openClient();
    const read = zk.exists("/a");
    read.catch(() => {});
    await settle();
    await server.last.replyRaw(2, 0);
    expect(server.last.isClosed).toBe(true);
    expect(zk.state).toBe("suspended");
  });

  it("of impossible length end the connection", async () => {
    const { zk, server } = await openClient();
    await server.last.bytes(new Uint8Array([0xff, 0, 0, 0]));
    expect(server.last.isClosed).toBe(true);
    expect(zk.state).toBe("suspended");
  });

  it("that are malformed fail one request", async () => {
    const { zk, server } = await openClient();
    const [wrong, right] = [zk.setData("/a", "1"), zk.exists("/a")];
    wrong.catch(() => {});
    await settle();
    await server.last.replyRaw(1, 0, new Uint8Array(3));
    await server.last.replyRaw(2, ErrorCode.noNode);
    await expect(wrong).rejects.toMatchObject({ code: -5, outcome: "unknown" });
    expect(await right).toBeUndefined();
  });

  it.each([
    [ErrorCode.noNode, NoNodeError, "NoNodeError"],
    [ErrorCode.badVersion, BadVersionError, "BadVersionError"],
    [ErrorCode.unimplemented, UnimplementedError, "UnimplementedError"],
    [-4711, ZooKeeperError, "ZooKeeperError"],
    [4711, ZooKeeperError, "ZooKeeperError"],
  ])("with error %i reject with its class", async (code, type, name) => {
    const { zk, server } = await openClient();
    const asked = zk.getData("/a");
    asked.catch(() => {});
    await settle();
    await server.last.replyRaw(1, code);
    await expect(asked).rejects.toBeInstanceOf(type);
    await expect(asked).rejects.toMatchObject({ code, name, path: "/a", outcome: "notApplied" });
  });
});

describe("a lost connection", () => {
  it("leaves reads to the next one, in their order, and writes unknown", async () => {
    const client = await openClient();
    const { zk, server } = client;
    const reads = [zk.exists("/a"), zk.getData("/b")];
    const write = zk.setData("/c", "1");
    write.catch(() => {});
    const sync = zk.sync("/d");
    await settle();
    await server.last.drop("cable cut");
    await expect(write).rejects.toBeInstanceOf(ConnectionLossError);
    await expect(write).rejects.toMatchObject({
      path: "/c",
      outcome: "unknown",
      cause: { message: "cable cut" },
    });
    const later = zk.setData("/e", "1");
    await reconnect(client);
    expect(summary(server.last.requests)).toEqual([
      "exists /a",
      "getData /b",
      "sync /d",
      "setData /e",
    ]);
    expect(server.last.messages).toHaveLength(1);
    await server.last.reply(EXISTS);
    await server.last.reply({ type: OpCode.getData, data: null, stat: STAT });
    await server.last.reply({ type: OpCode.sync, path: "/d" });
    await server.last.reply({ type: OpCode.setData, stat: STAT });
    await Promise.all([...reads, sync, later]);
  });

  it("puts what was sent before what was not", async () => {
    const client = await openClient();
    const { zk, server } = client;
    const sent = zk.exists("/sent");
    await settle();
    const unsent = zk.exists("/unsent");
    await server.last.drop();
    await reconnect(client);
    expect(summary(server.last.requests)).toEqual(["exists /sent", "exists /unsent"]);
    await server.last.replyAll(2, EXISTS);
    await Promise.all([sent, unsent]);
  });

  it("says what was seen last when it comes back", async () => {
    const client = await openClient();
    const { zk, server } = client;
    void zk.exists("/a");
    await settle();
    await server.last.reply(EXISTS, 0x5_0000_0009);
    await server.last.drop();
    await reconnect(client);
    expect(server.last.handshake?.lastZxidSeen).toBe(0x5_0000_0009);
  });

  it("does not make a read that costs the connection go on for ever", async () => {
    const client = await openClient();
    const read = client.zk.getData("/poison");
    read.catch(() => {});
    await settle();
    for (let i = 1; i < 10; i++) {
      expect(summary(client.server.last.requests)).toEqual(["getData /poison"]);
      await client.server.last.drop();
      await reconnect(client);
    }
    await client.server.last.drop();
    await expect(read).rejects.toBeInstanceOf(ConnectionLossError);
  });

  it("is reported without waiting for the next one", async () => {
    const { zk, server, changes } = await openClient();
    const write = zk.delete("/a");
    write.catch(() => {});
    await settle();
    await server.last.drop();
    await expect(write).rejects.toBeInstanceOf(ConnectionLossError);
    expect(changes.map(({ state, cause }) => [state, cause?.message])).toEqual([
      ["suspended", "dropped"],
    ]);
  });
});

describe("giving up", () => {
  it("after timeoutMs: a write that was sent is unknown, and its reply is dropped", async () => {
    const { zk, server, clock } = await openClient();
    const write = zk.setData("/a", "1", { timeoutMs: 500 });
    write.catch(() => {});
    const read = zk.exists("/b");
    await clock.advance(499);
    await clock.advance(1);
    await expect(write).rejects.toBeInstanceOf(OperationTimeoutError);
    await expect(write).rejects.toMatchObject({ path: "/a", outcome: "unknown" });
    await server.last.reply({ type: OpCode.setData, stat: STAT });
    await server.last.reply(EXISTS);
    expect(await read).toMatchObject({ version: 5 });
  });

  it("after timeoutMs without a connection: it was not applied, nor will it be", async () => {
    const client = await openClient();
    await client.server.last.drop();
    const write = client.zk.setData("/a", "1", { timeoutMs: 20 });
    write.catch(() => {});
    await client.clock.advance(20);
    await expect(write).rejects.toMatchObject({ code: -7, outcome: "notApplied" });
    await reconnect(client);
    expect(client.server.last.requests).toEqual([]);
  });

  it("after requestTimeoutMs by default", async () => {
    const { zk, clock } = await openClient({ requestTimeoutMs: 700 });
    const read = zk.exists("/a");
    read.catch(() => {});
    await clock.advance(700);
    await expect(read).rejects.toBeInstanceOf(OperationTimeoutError);
  });

  it("when the signal is aborted", async () => {
    const { zk, server } = await openClient();
    const controller = new AbortController();
    const { signal } = controller;
    const [write, read] = [zk.setData("/a", "1", { signal }), zk.exists("/a", { signal })];
    for (const asked of [write, read]) asked.catch(() => {});
    await settle();
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(write).rejects.toMatchObject({ name: "AbortError", cause: reason });
    await expect(write).rejects.toMatchObject({ path: "/a", outcome: "unknown" });
    await expect(read).rejects.toMatchObject({ outcome: "notApplied" });
    await server.last.reply({ type: OpCode.setData, stat: STAT });
    await server.last.reply(EXISTS);
    expect(zk.state).toBe("connected");
  });

  it("before it begins", async () => {
    const { zk, server } = await openClient();
    const asked = zk.setData("/a", "1", { signal: AbortSignal.abort() });
    await expect(asked).rejects.toBeInstanceOf(RequestAbortedError);
    await settle();
    expect(server.last.requests).toEqual([]);
  });

  it("leaves no listener behind", async () => {
    const { zk, server } = await openClient();
    const listeners = new Set<unknown>();
    const signal = {
      aborted: false,
      addEventListener: (_type: string, listener: unknown) => listeners.add(listener),
      removeEventListener: (_type: string, listener: unknown) => listeners.delete(listener),
    } as unknown as AbortSignal;
    const asked = zk.exists("/a", { signal });
    expect(listeners.size).toBe(1);
    await settle();
    await server.last.reply(EXISTS);
    await asked;
    expect(listeners.size).toBe(0);
  });
});

describe("arguments", () => {
  it.each(["a", "", "a/b"])("that are no path are refused: %j", async (path) => {
    const { zk } = await openClient({ chroot: "/app" });
    await expect(zk.exists(path)).rejects.toBeInstanceOf(TypeError);
    await expect(zk.create(path)).rejects.toBeInstanceOf(TypeError);
    await expect(zk.transaction().delete(path).commit()).rejects.toBeInstanceOf(TypeError);
  });

  it("that contradict each other are refused", async () => {
    const { zk } = await openClient();
    const create = zk.create("/a", null, { mode: "ephemeral", ttlMs: 1 });
    await expect(create).rejects.toBeInstanceOf(TypeError);
  });
});

describe("a chroot", () => {
  it("is in what is sent and not in what comes back", async () => {
    const { zk, server } = await openClient({ chroot: "/app/" });
    const created = zk.create("/a", "1");
    const root = zk.exists("/");
    const ephemerals = zk.getEphemerals();
    const failed = zk.getData("/gone");
    failed.catch(() => {});
    const config = zk.getConfig();
    config.catch(() => {});
    await settle();
    expect(summary(server.last.requests)).toEqual([
      "create2 /app/a",
      "exists /app",
      "getEphemerals",
      "getData /app/gone",
      "getData /zookeeper/config",
    ]);
    await server.last.reply({ type: OpCode.create2, path: "/app/a", stat: STAT });
    await server.last.reply(EXISTS);
    const paths = ["/app/e", "/application/e", "/app"];
    await server.last.reply({ type: OpCode.getEphemerals, ephemerals: paths });
    await server.last.replyError(ErrorCode.noNode);
    await server.last.replyError(ErrorCode.noNode);
    expect((await created).path).toBe("/a");
    await root;
    expect(await ephemerals).toEqual(["/e", "/"]);
    await expect(failed).rejects.toMatchObject({ path: "/gone" });
    await expect(config).rejects.toMatchObject({ path: "/zookeeper/config" });
  });
});

describe("a transaction", () => {
  it("gives the results of its operations", async () => {
    const { zk, server } = await openClient({ chroot: "/app" });
    const committed = zk
      .transaction()
      .create("/a", "1", { mode: "persistentSequential" })
      .check("/b", 3)
      .setData("/b", "2", { version: 3 })
      .delete("/c")
      .commit();
    await settle();
    expect(server.last.requests[0]?.request).toMatchObject({
      ops: [
        { path: "/app/a", flags: 2 },
        { type: OpCode.check, path: "/app/b", version: 3 },
        { path: "/app/b", version: 3 },
        { path: "/app/c", version: -1 },
      ],
    });
    const results = [
      { type: OpCode.create, path: "/app/a0000000001" },
      { type: OpCode.check },
      { type: OpCode.setData, stat: STAT },
      { type: OpCode.delete },
    ] as const;
    await server.last.reply({ type: OpCode.multi, results }, 44);
    const [created, , stat] = await committed;
    expect(created).toEqual({ path: "/a0000000001", czxid: 44 });
    expect(stat.version).toBe(5);
  });

  it("says which operation failed, and how", async () => {
    const { zk, server } = await openClient({ chroot: "/app" });
    const committed = zk.transaction().create("/a").check("/b", 3).delete("/c").commit();
    committed.catch(() => {});
    await settle();
    const errors = [0, ErrorCode.badVersion, ErrorCode.runtimeInconsistency];
    const results = errors.map((err) => ({ type: OpCode.error, err }) as const);
    await server.last.reply({ type: OpCode.multi, results });
    await expect(committed).rejects.toBeInstanceOf(TransactionError);
    await expect(committed).rejects.toMatchObject({
      name: "TransactionError",
      index: 1,
      code: ErrorCode.badVersion,
      outcome: "notApplied",
      cause: { name: "BadVersionError", path: "/b" },
    });
  });

  it("is unknown when the connection is lost", async () => {
    const { zk, server } = await openClient();
    const committed = zk.transaction().delete("/a").commit();
    committed.catch(() => {});
    await settle();
    await server.last.drop();
    await expect(committed).rejects.toMatchObject({ code: -4, outcome: "unknown" });
  });
});

describe("protection", () => {
  it("finds a znode again whose reply was lost", async () => {
    const client = await openClient({ chroot: "/app" });
    const { zk, server } = client;
    const created = zk.create("/locks/lock-", "me", {
      mode: "ephemeralSequential",
      protection: true,
    });
    await settle();
    const [sent] = summary(server.last.requests);
    const name = /^create2 \/app\/locks\/(_c_[0-9a-f-]{36}-lock-)$/.exec(sent ?? "")?.[1];
    expect(name).toBeDefined();
    await server.last.drop();
    await reconnect(client);
    expect(summary(server.last.requests)).toEqual(["sync /app/locks", "getChildren2 /app/locks"]);
    const children = [
      "_c_00000000-0000-4000-8000-000000000000-lock-0000000003",
      `${name}0000000004`,
    ];
    await server.last.reply({ type: OpCode.sync, path: "/app/locks" });
    await server.last.reply({ type: OpCode.getChildren2, children, stat: STAT });
    await server.last.reply(EXISTS);
    expect(await created).toMatchObject({ path: `/locks/${name}0000000004`, stat: { czxid: 1 } });
  });

  it("creates again, under the same name, what was not created", async () => {
    const client = await openClient();
    const { zk, server } = client;
    const created = zk.create("/lock-", null, { mode: "ephemeralSequential", protection: true });
    await settle();
    const before = summary(server.last.requests);
    await server.last.drop();
    await reconnect(client);
    await server.last.reply({ type: OpCode.sync, path: "/" });
    await server.last.reply({ type: OpCode.getChildren2, children: [], stat: STAT });
    expect(summary(server.last.open)).toEqual(before);
    await server.last.reply({ type: OpCode.create2, path: "/x", stat: STAT });
    expect((await created).path).toBe("/x");
  });

  it("removes what is given up", async () => {
    const { zk, server } = await openClient();
    const controller = new AbortController();
    const created = zk.create("/a", null, { protection: true, signal: controller.signal });
    created.catch(() => {});
    await settle();
    const name = summary(server.last.requests)[0]?.replace("create2 /", "");
    controller.abort();
    await expect(created).rejects.toBeInstanceOf(RequestAbortedError);
    await settle();
    await server.last.reply({ type: OpCode.create2, path: `/${name}`, stat: STAT });
    await server.last.reply({ type: OpCode.sync, path: "/" });
    await server.last.reply({ type: OpCode.getChildren2, children: [`${name}`], stat: STAT });
    expect(summary(server.last.open)).toEqual([`delete /${name}`]);
  });
});

describe("helpers", () => {
  it("ensurePath creates what is missing, top down", async () => {
    const { zk, server } = await openClient();
    const ensured = zk.ensurePath("/a/b", { mode: "container" });
    await settle();
    await server.last.replyError(ErrorCode.noNode);
    await server.last.replyError(ErrorCode.nodeExists);
    await server.last.reply({ type: OpCode.createContainer, path: "/a/b", stat: STAT });
    await ensured;
    expect(summary(server.last.requests)).toEqual([
      "createContainer /a/b",
      "createContainer /a",
      "createContainer /a/b",
    ]);
  });

  it("children hands out sorted pages of one list", async () => {
    const { zk, server } = await openClient();
    const pages = zk.children("/a", { pageSize: 2 });
    const first = pages.next();
    await settle();
    const children = ["c", "a", "d", "b", "e"];
    await server.last.reply({ type: OpCode.getChildren2, children, stat: STAT });
    const read = [(await first).value];
    for await (const page of pages) read.push(page);
    expect(read).toEqual([["a", "b"], ["c", "d"], ["e"]]);
    expect(server.last.requests).toHaveLength(1);
  });
});
