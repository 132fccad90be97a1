/**
 * What `node-zookeeper-client` from npm, as it is, expects of any ZooKeeper.
 */
import zookeeper from "node-zookeeper-client";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { call, commit, NodeClient } from "./node-client.ts";

const { ACL, CreateMode, Exception, Id, Permission } = zookeeper;

export interface ServerUnderTest extends AsyncDisposable {
  readonly address: string;
  /** An empty znode for the tests to live below, or "" for the whole tree. */
  readonly chroot: string;
  readonly tickTimeMs: number;
}

/** Declares the tests. The server is started before the first and disposed of after the last. */
export function describeNodeClient(start: () => Promise<ServerUnderTest>): void {
  let server: ServerUnderTest;
  const clients: NodeClient[] = [];

  beforeAll(async () => {
    server = await start();
  });

  afterEach(() => {
    for (const { client } of clients.splice(0)) client.close();
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  async function open(
    options: Parameters<typeof NodeClient.open>[1] = {},
    chroot = "",
  ): Promise<NodeClient> {
    const client = await NodeClient.open(`${server.address}${server.chroot}${chroot}`, options);
    clients.push(client);
    return client;
  }

  describe("znodes", () => {
    test("are created, read, changed, listed and removed", async () => {
      const zk = await open();
      expect(await zk.create("/znodes", "one")).toBe("/znodes");
      expect(await zk.create("/znodes/a")).toBe("/znodes/a");
      expect(await zk.create("/znodes/b", Buffer.alloc(0))).toBe("/znodes/b");

      const { data, stat } = await zk.getData("/znodes");
      expect(data?.toString()).toBe("one");
      expect(stat).toMatchObject({ version: 0, cversion: 2, dataLength: 3, numChildren: 2 });
      expect(stat.czxid.equals(stat.mzxid)).toBe(true);
      expect(stat.pzxid.compare(stat.czxid)).toBe(1);

      const changed = await zk.setData("/znodes", "two");
      expect(changed.version).toBe(1);
      expect((await zk.exists("/znodes"))?.mzxid.equals(changed.mzxid)).toBe(true);
      expect((await zk.getData("/znodes")).data?.toString()).toBe("two");
      expect((await zk.getChildren("/znodes")).names).toEqual(["a", "b"]);

      await zk.remove("/znodes/a");
      await zk.remove("/znodes/b", 0);
      await zk.remove("/znodes", 1);
      expect(await zk.exists("/znodes")).toBeNull();
    });

    test("take any bytes, up to nearly a megabyte, and any name", async () => {
      const zk = await open();
      const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => i % 256));
      await zk.create("/bytes", bytes);
      expect((await zk.getData("/bytes")).data?.equals(bytes)).toBe(true);
      await zk.create("/näme-名前");
      expect((await zk.getChildren("/")).names).toContain("näme-名前");
      await zk.remove("/näme-名前");
      await zk.remove("/bytes");
    });

    test("without data are not the same as with empty data", async () => {
      const zk = await open();
      await zk.create("/nothing");
      await zk.create("/empty", "");
      expect((await zk.getData("/nothing")).data).toBeUndefined();
      expect((await zk.getData("/empty")).data).toHaveLength(0);
    });

    test("get sequence numbers", async () => {
      const zk = await open();
      await zk.create("/sequence");
      const names: string[] = [];
      for (const mode of [CreateMode.PERSISTENT_SEQUENTIAL, CreateMode.EPHEMERAL_SEQUENTIAL]) {
        names.push(
          await zk.create("/sequence/n-", "", mode),
          await zk.create("/sequence/m", "", mode),
        );
      }
      expect(names).toEqual([
        "/sequence/n-0000000000",
        "/sequence/m0000000001",
        "/sequence/n-0000000002",
        "/sequence/m0000000003",
      ]);
    });

    test("come with errors that the client knows", async () => {
      const zk = await open();
      const outside = await NodeClient.open(server.address);
      clients.push(outside);
      await zk.create("/errors");
      await zk.create("/errors/child");
      await zk.create("/errors/ephemeral", "", CreateMode.EPHEMERAL);
      expect([
        await codeOf(zk.getData("/errors/none")),
        await codeOf(zk.create("/errors/none/child")),
        await codeOf(zk.create("/errors")),
        await codeOf(zk.setData("/errors", "x", 7)),
        await codeOf(zk.remove("/errors")),
        await codeOf(zk.remove("/errors/child", 7)),
        await codeOf(zk.create("/errors/ephemeral/child")),
        await codeOf(outside.remove("/zookeeper")),
      ]).toEqual([
        Exception["NO_NODE"],
        Exception["NO_NODE"],
        Exception["NODE_EXISTS"],
        Exception["BAD_VERSION"],
        Exception["NOT_EMPTY"],
        Exception["BAD_VERSION"],
        Exception["NO_CHILDREN_FOR_EPHEMERALS"],
        Exception["BAD_ARGUMENTS"],
      ]);
    });

    test("are made and removed with all above and below them", async () => {
      const zk = await open();
      const { client } = zk;
      const data = Buffer.from("deep");
      const [made] = await call<[string]>((done) => client.mkdirp("/deep/er/est", data, done));
      expect(made).toBe("/deep/er/est");
      expect((await zk.getData("/deep/er")).data?.toString()).toBe("deep");
      await call<[string]>((done) => client.mkdirp("/deep/er/still", data, done));
      // It looks no more than two levels down.
      const [paths] = await call<[string[]]>((done) => client.listSubTreeBFS("/deep/er", done));
      expect(paths.toSorted()).toEqual(["/deep/er", "/deep/er/est", "/deep/er/still"]);
      await call<[]>((done) => client.removeRecursive("/deep/er", -1, done));
      await call<[]>((done) => client.removeRecursive("/deep", -1, done));
      expect(await zk.exists("/deep")).toBeNull();
    });

    test("can be asked for by the hundred at once", async () => {
      const zk = await open();
      await zk.create("/many");
      const names = Array.from({ length: 500 }, (_, i) => `n${String(i).padStart(3, "0")}`);
      await Promise.all(names.map((name) => zk.create(`/many/${name}`, name)));
      const read = await Promise.all(names.map((name) => zk.getData(`/many/${name}`)));
      expect(read.map(({ data }) => data?.toString())).toEqual(names);
      expect((await zk.getChildren("/many")).names).toEqual(names);
    });
  });

  describe("watches", () => {
    test("tell of what others do, once", async () => {
      const zk = await open();
      const other = await open();
      await zk.create("/watched");
      expect(await zk.exists("/watched/child", true)).toBeNull();
      await zk.getChildren("/watched", true);
      await zk.getData("/watched", true);

      await other.setData("/watched", "x");
      await zk.until("NODE_DATA_CHANGED /watched");
      await other.create("/watched/child");
      await zk.until("NODE_CREATED /watched/child", "NODE_CHILDREN_CHANGED /watched");
      // Each was good for one event.
      await other.setData("/watched", "y");
      await other.create("/watched/second");
      await zk.exists("/watched/child", true);
      await other.remove("/watched/child");
      await zk.until("NODE_DELETED /watched/child");
      expect(zk.log).toEqual([
        "connected",
        "NODE_DATA_CHANGED /watched",
        "NODE_CREATED /watched/child",
        "NODE_CHILDREN_CHANGED /watched",
        "NODE_DELETED /watched/child",
      ]);
    });

    test("tell of one's own changes before their replies", async () => {
      const zk = await open();
      await zk.create("/own");
      await zk.getData("/own", true);
      const stat = await zk.setData("/own", "x");
      expect(stat.version).toBe(1);
      expect(zk.log.at(-1)).toBe("NODE_DATA_CHANGED /own");
    });
  });

  describe("transactions", () => {
    test("do all of their ops", async () => {
      const zk = await open();
      await zk.create("/transaction", "old");
      await zk.create("/transaction/gone");
      const results = await commit(
        zk.client
          .transaction()
          .check("/transaction")
          .create("/transaction/new", Buffer.from("data"))
          .setData("/transaction", Buffer.from("new"), -1)
          .remove("/transaction/gone", -1),
      );
      expect(results.map(({ type }) => type)).toEqual([13, 1, 5, 2]);
      expect(results[1]?.path).toBe("/transaction/new");
      expect(results[2]?.stat?.version).toBe(1);
      expect((await zk.getChildren("/transaction")).names).toEqual(["new"]);
      expect((await zk.getData("/transaction")).data?.toString()).toBe("new");
    });

    test("do none of them when one fails", async () => {
      const zk = await open();
      await zk.create("/failed");
      const failed = commit(
        zk.client
          .transaction()
          .create("/failed/a", Buffer.from(""))
          .setData("/failed", Buffer.from("x"), 7)
          .create("/failed/b", Buffer.from("")),
      );
      expect(await codeOf(failed)).toBe(Exception["BAD_VERSION"]);
      expect((await zk.getChildren("/failed")).names).toEqual([]);
    });
  });

  describe("permissions", () => {
    test("keep strangers out", async () => {
      const owner = await open();
      owner.client.addAuthInfo("digest", Buffer.from("owner:secret"));
      await owner.create("/locked", "secret", CreateMode.PERSISTENT, ACL.CREATOR_ALL_ACL);
      const { acls, stat } = await owner.getACL("/locked");
      expect(acls).toMatchObject([{ permission: 31, id: { scheme: "digest" } }]);
      expect(stat.aversion).toBe(0);

      const stranger = await open();
      expect(await codeOf(stranger.getData("/locked"))).toBe(Exception["NO_AUTH"]);
      expect(await codeOf(stranger.setData("/locked", "x"))).toBe(Exception["NO_AUTH"]);
      expect(await codeOf(stranger.create("/locked/x"))).toBe(Exception["NO_AUTH"]);

      const mayRead = new ACL(Permission.READ, new Id("world", "anyone"));
      const all = new ACL(Permission.ALL, new Id("digest", acls[0]?.id.id ?? ""));
      expect((await owner.setACL("/locked", [mayRead, all])).aversion).toBe(1);
      expect((await stranger.getData("/locked")).data?.toString()).toBe("secret");
      expect(await codeOf(stranger.setData("/locked", "x"))).toBe(Exception["NO_AUTH"]);
      expect((await owner.setData("/locked", "x")).version).toBe(1);

      stranger.client.addAuthInfo("digest", Buffer.from("owner:secret"));
      expect((await stranger.setData("/locked", "y")).version).toBe(2);
    });

    test("with a scheme that is unknown cost the connection", async () => {
      const zk = await open();
      zk.client.addAuthInfo("nonsense", Buffer.from("x"));
      await zk.until("authenticationFailed", "disconnected");
    });

    test("by address", async () => {
      const zk = await open();
      const here = new ACL(Permission.ALL, new Id("ip", "127.0.0.0/8"));
      const elsewhere = new ACL(Permission.ALL, new Id("ip", "10.0.0.0/8"));
      await zk.create("/here", "x", CreateMode.PERSISTENT, [here]);
      await zk.create("/elsewhere", "x", CreateMode.PERSISTENT, [elsewhere]);
      expect((await zk.getData("/here")).data?.toString()).toBe("x");
      expect(await codeOf(zk.getData("/elsewhere"))).toBe(Exception["NO_AUTH"]);
    });
  });

  describe("sessions", () => {
    test("get the timeout that they asked for, within bounds", async () => {
      for (const [asked, granted] of [
        [1, 2 * server.tickTimeMs],
        [5_000, 5_000],
        [600_000, 20 * server.tickTimeMs],
      ] as const) {
        const zk = await open({ sessionTimeout: asked });
        expect(zk.client.getSessionTimeout()).toBe(granted);
      }
    });

    test("take their ephemerals with them when they close", async () => {
      const zk = await open();
      const watching = await open();
      await zk.create("/ephemeral", "x", CreateMode.EPHEMERAL);
      const stat = await watching.exists("/ephemeral", true);
      expect(stat?.ephemeralOwner.equals(zk.client.getSessionId())).toBe(true);
      await zk.close();
      await watching.until("NODE_DELETED /ephemeral");
      expect(zk.log).toEqual(["connected", "disconnected"]);
    });

    test("live on while idle, by the client's pings", async () => {
      const zk = await open({ sessionTimeout: 2 * server.tickTimeMs });
      await zk.create("/idle", "x", CreateMode.EPHEMERAL);
      const watching = await open({ sessionTimeout: 20 * server.tickTimeMs });
      await watching.exists("/idle", true);
      // Another session of the same timeout, whose client is not heard of: when it is gone, this one is still there.
      const silent = await open({ sessionTimeout: 2 * server.tickTimeMs });
      await silent.create("/silent", "x", CreateMode.EPHEMERAL);
      await watching.exists("/silent", true);
      const expired = watching.until("NODE_DELETED /silent");
      silent.client.removeAllListeners();
      abandon(silent);
      await expired;
      expect(zk.log).toEqual(["connected"]);
      expect(await watching.exists("/idle")).not.toBeNull();
    });

    test("that have ended are expired to whoever comes back", async () => {
      const zk = await open();
      const sessionId = zk.client.getSessionId();
      const sessionPassword = zk.client.getSessionPassword();
      await zk.close();
      const late = NodeClient.start(server.address, {
        sessionId,
        sessionPassword,
      });
      clients.push(late);
      await late.until("expired", "disconnected");
    });

    test("may live below a znode", async () => {
      const zk = await open();
      await zk.create("/chroot");
      const inside = await open({}, "/chroot");
      await inside.create("/inside", "x");
      await inside.getData("/inside", true);
      await zk.setData("/chroot/inside", "y");
      await inside.until("NODE_DATA_CHANGED /inside");
      expect((await inside.getChildren("/")).names).toEqual(["inside"]);
    });
  });
}

/** The code of the error that a promise fails with. */
async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof Error && "code" in error ? error.code : error;
}

/** Cuts the connection of a client that then does nothing more. */
function abandon(zk: NodeClient): void {
  const { connectionManager } = zk.client as unknown as {
    readonly connectionManager: {
      connect: () => void;
      readonly socket: { destroy(): void };
    };
  };
  connectionManager.connect = () => {};
  connectionManager.socket.destroy();
}
