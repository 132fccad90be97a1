/** The client's operations. */
import {
  BadVersionError,
  NoAuthError,
  NoChildrenForEphemeralsError,
  NodeExistsError,
  NoNodeError,
  NotEmptyError,
  OPEN_ACL_UNSAFE,
  Perms,
  RequestAbortedError,
  TransactionError,
} from "../../../src/client/index.ts";
import { assert, assertEqual, assertRejects, text } from "./assertions.ts";
import type { ContractCases } from "./contract-case.ts";

export const operationCases: ContractCases = {
  "znodes are created, read, changed, listed and deleted": async ({ connect }) => {
    const zk = await connect();
    const { path, stat } = await zk.create("/a", "one");
    assertEqual([path, stat.version, stat.ephemeralOwner], ["/a", 0, 0n]);
    const read = await zk.getData("/a");
    assertEqual([text(read.data), read.stat], ["one", stat]);
    assertEqual((await zk.setData("/a", "two", { version: 0 })).version, 1);
    await zk.create("/a/null");
    await zk.create("/a/empty", "");
    await zk.create("/a/bytes", new Uint8Array([0, 255, 128]));
    assertEqual((await zk.getData("/a/null")).data, null);
    assertEqual((await zk.getData("/a/empty")).data, new Uint8Array());
    assertEqual((await zk.getData("/a/bytes")).data, new Uint8Array([0, 255, 128]));
    const { children, stat: listed } = await zk.getChildren("/a");
    assertEqual([children.sort(), listed.numChildren], [["bytes", "empty", "null"], 3]);
    assertEqual(await zk.getAllChildrenNumber("/a"), 3);
    await zk.delete("/a/null", { version: 0 });
    await zk.deleteRecursive("/a");
    assertEqual(await zk.exists("/a"), undefined);
  },

  "names and data may be in any script": async ({ connect }) => {
    const zk = await connect();
    await zk.create("/зоопарк-動物園", "жираф 🦒");
    assertEqual((await zk.getChildren("/")).children, ["зоопарк-動物園"]);
    assertEqual(text((await zk.getData("/зоопарк-動物園")).data), "жираф 🦒");
  },

  "large data go in both directions": async ({ connect }) => {
    const zk = await connect();
    const data = Uint8Array.from({ length: 1_000_000 }, (_, index) => index % 251);
    await zk.create("/large", data);
    const reads = await Promise.all([zk.getData("/large"), zk.getData("/large")]);
    for (const { data: read } of reads) {
      assert(read?.length === data.length, "it has its length");
      assert(
        read.every((byte, index) => byte === index % 251),
        "it is what was written",
      );
    }
  },

  "modes of znodes": async ({ connect }) => {
    const zk = await connect();
    await zk.ensurePath("/modes/deep");
    const first = await zk.create("/modes/s-", null, { mode: "persistentSequential" });
    const second = await zk.create("/modes/s-", null, { mode: "persistentSequential" });
    assert(/^\/modes\/s-\d{10}$/.test(first.path), "it has a number");
    assert(second.path > first.path, "numbers grow");
    const { path, stat } = await zk.create("/modes/e-", null, { mode: "ephemeralSequential" });
    assertEqual(stat.ephemeralOwner, zk.session?.id);
    assertEqual(await zk.getEphemerals("/modes"), [path]);
    await zk.create("/modes/container", null, { mode: "container" });
    const own = await zk.create("/modes/own", null, { mode: "ephemeral", protection: true });
    assert(/^\/modes\/_c_[0-9a-f-]{36}-own$/.test(own.path), "it can be found again");
  },

  "errors have classes, paths and outcomes": async ({ connect }) => {
    const zk = await connect();
    await zk.create("/ephemeral", null, { mode: "ephemeral" });
    await zk.ensurePath("/full/child");
    const refused = [
      [zk.getData("/gone"), NoNodeError, "/gone"],
      [zk.create("/gone/child"), NoNodeError, "/gone/child"],
      [zk.create("/full"), NodeExistsError, "/full"],
      [zk.create("/ephemeral/child"), NoChildrenForEphemeralsError, "/ephemeral/child"],
      [zk.setData("/full", "x", { version: 7 }), BadVersionError, "/full"],
      [zk.delete("/full"), NotEmptyError, "/full"],
    ] as const;
    await Promise.all(
      refused.map(async ([asked, type, path]) => {
        const error = await assertRejects(asked, type);
        assertEqual([error.path, error.outcome], [path, "notApplied"]);
      }),
    );
    assertEqual(zk.state, "connected");
  },

  "requests of one turn are carried out in their order": async ({ connect }) => {
    const zk = await connect();
    const created = await Promise.all(
      Array.from({ length: 300 }, () => zk.create("/n-", null, { mode: "persistentSequential" })),
    );
    const paths = created.map(({ path }) => path);
    assertEqual(paths, [...paths].sort());
    const done = await Promise.all([
      zk.create("/x"),
      zk.setData("/x", "1"),
      zk.getData("/x"),
      zk.delete("/x"),
      zk.exists("/x"),
    ]);
    assertEqual([text(done[2].data), done[4]], ["1", undefined]);
  },

  "an operation is given up when its signal says so": async ({ connect, fail }) => {
    const zk = await connect();
    const controller = new AbortController();
    await fail("silence");
    const read = zk.exists("/", { signal: controller.signal });
    controller.abort();
    assertEqual((await assertRejects(read, RequestAbortedError)).name, "AbortError");
    await fail("cut");
    assert((await zk.exists("/")) !== undefined, "the client goes on");
  },

  "ACLs and identities": async ({ connect }) => {
    const owner = await connect({ auth: [{ scheme: "digest", auth: "anna:secret" }] });
    const stranger = await connect();
    const acl = [{ perms: Perms.all, id: { scheme: "auth", id: "" } }];
    await owner.create("/private", "x", { acl });
    await assertRejects(stranger.getData("/private"), NoAuthError);
    await stranger.addAuth("digest", "anna:secret");
    assertEqual(text((await stranger.getData("/private")).data), "x");
    assertEqual((await owner.setACL("/private", OPEN_ACL_UNSAFE, { version: 0 })).aversion, 1);
    assertEqual((await owner.getACL("/private")).acl, OPEN_ACL_UNSAFE);
  },

  "a transaction is done whole or not at all": async ({ connect }) => {
    const zk = await connect();
    const [created, stat] = await zk
      .transaction()
      .create("/tx", "1")
      .setData("/tx", "2")
      .check("/tx", 1)
      .commit();
    assertEqual([created.path, stat.version, stat.czxid], ["/tx", 1, created.czxid]);
    const failing = zk.transaction().create("/tx/a").check("/tx", 7).create("/tx/b").commit();
    const error = await assertRejects(failing, TransactionError);
    assertEqual([error.index, error.cause instanceof BadVersionError], [1, true]);
    assertEqual((await zk.getChildren("/tx")).children, []);
  },

  "several reads in one request": async ({ connect }) => {
    const zk = await connect();
    await zk.ensurePath("/multi/child");
    const [data, children, missing] = await zk.multiRead([
      { type: "getData", path: "/multi" },
      { type: "getChildren", path: "/multi" },
      { type: "getData", path: "/gone" },
    ]);
    assert(!(data instanceof Error), "the data are read");
    assertEqual([data.data, children], [null, ["child"]]);
    assert(missing instanceof NoNodeError, "what is not there has its error");
  },

  "closing ends the session and its ephemerals": async ({ connect }) => {
    const [zk, other] = [await connect(), await connect()];
    await zk.create("/mine", null, { mode: "ephemeral" });
    const last = zk.setData("/mine", "done");
    await zk.close();
    assertEqual([(await last).version, zk.state], [1, "closed"]);
    assertEqual(await other.exists("/mine"), undefined);
  },
};
