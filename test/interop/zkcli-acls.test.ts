/** zkCli's ACL commands: getAcl, setAcl, addauth, and what those without permission are told. */
import { createHash, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parseStat, ZkCli } from "./zkcli-session.ts";

const address = inject("interopAddress");
const root = `/interop-${randomUUID()}`;
/** What an ACL holds for `addauth digest alice:secret`. */
const aliceDigest = `alice:${createHash("sha1").update("alice:secret").digest("base64")}`;
let alice: ZkCli;
let stranger: ZkCli;

beforeAll(async () => {
  alice = new ZkCli(address);
  stranger = new ZkCli(address);
  expect(await alice.run("addauth digest alice:secret")).toEqual([]);
  expect(await alice.run(`create ${root}`)).toEqual([`Created ${root}`]);
});

afterAll(async () => {
  await alice.run(`deleteall ${root}`);
  await Promise.all([alice.dispose(), stranger.dispose()]);
});

describe("getAcl", () => {
  it("shows the ACL that a znode gets unless told otherwise", async () => {
    await alice.run(`create ${root}/open x`);
    expect(await stranger.run(`getAcl ${root}/open`)).toEqual(["'world,'anyone", ": cdrwa"]);
  });

  it("-s adds the Stat", async () => {
    const lines = await stranger.run(`getAcl -s ${root}/open`);
    expect(lines.slice(0, 2)).toEqual(["'world,'anyone", ": cdrwa"]);
    expect(parseStat(lines)).toMatchObject({ aclVersion: "0", dataLength: "1" });
  });

  it("shows the ACLs of the znodes that every ZooKeeper starts with", async () => {
    expect(await stranger.run("getAcl /")).toEqual(["'world,'anyone", ": cdrwa"]);
    expect(await stranger.run("getAcl /zookeeper/config")).toEqual(["'world,'anyone", ": r"]);
  });

  it("names the znode that is not there", async () => {
    expect(await stranger.run(`getAcl ${root}/nowhere`)).toEqual([
      `Node does not exist: ${root}/nowhere`,
    ]);
  });
});

describe("create with an ACL", () => {
  it("keeps it as given", async () => {
    await alice.run(`create ${root}/listed x world:anyone:r,digest:${aliceDigest}:cdrwa`);
    expect(await alice.run(`getAcl ${root}/listed`)).toEqual([
      "'world,'anyone",
      ": r",
      `'digest,'${aliceDigest}`,
      ": cdrwa",
    ]);
  });

  it("auth: stands for the credentials of this session", async () => {
    await alice.run(`create ${root}/mine x auth::cdrwa`);
    expect(await alice.run(`getAcl ${root}/mine`)).toEqual([`'digest,'${aliceDigest}`, ": cdrwa"]);
  });

  it("auth: without credentials is refused", async () => {
    expect(await stranger.run(`create ${root}/theirs x auth::cdrwa`)).toEqual([
      `KeeperErrorCode = InvalidACL for ${root}/theirs`,
      `Acl is not valid : ${root}/theirs`,
    ]);
    expect(await stranger.run(`stat ${root}/theirs`)).toEqual([
      `Node does not exist: ${root}/theirs`,
    ]);
  });
});

describe("addauth digest", () => {
  it("opens a znode that is closed to others", async () => {
    await alice.run(`create ${root}/secret treasure digest:${aliceDigest}:cdrwa`);
    const refused = [`Insufficient permission : ${root}/secret`];
    expect(await stranger.run(`get ${root}/secret`)).toEqual(refused);
    expect(await stranger.run(`set ${root}/secret stolen`)).toEqual(refused);
    expect(await stranger.run(`ls ${root}/secret`)).toEqual(refused);
    expect(await stranger.run(`getAcl ${root}/secret`)).toEqual(refused);
    expect(await stranger.run(`setAcl ${root}/secret world:anyone:cdrwa`)).toEqual(refused);
    expect(await stranger.run(`create ${root}/secret/child`)).toEqual([
      `Insufficient permission : ${root}/secret/child`,
    ]);
    expect(await alice.run(`get ${root}/secret`)).toEqual(["treasure"]);
  });

  it("opens nothing with the wrong password", async () => {
    const mallory = new ZkCli(address);
    try {
      expect(await mallory.run("addauth digest alice:guess")).toEqual([]);
      expect(await mallory.run(`get ${root}/secret`)).toEqual([
        `Insufficient permission : ${root}/secret`,
      ]);
      expect(await mallory.run("addauth digest alice:secret")).toEqual([]);
      expect(await mallory.run(`get ${root}/secret`)).toEqual(["treasure"]);
    } finally {
      await mallory.dispose();
    }
  });

  it("leaves deletion to the parent's ACL", async () => {
    expect(await stranger.run(`delete ${root}/secret`)).toEqual([]);
  });

  it("an unknown scheme ends the session", async () => {
    const lost = new ZkCli(address);
    try {
      await lost.run(`stat ${root}`);
      await lost.run("addauth nosuchscheme x");
      // How far the refusal has come decides which of the two zkCli says; it never answers.
      expect((await lost.run(`stat ${root}`)).join()).toMatch(
        /^(KeeperErrorCode = AuthFailed for .*|Not connected)$/,
      );
      expect(await lost.run(`stat ${root}`)).toEqual(["Not connected"]);
    } finally {
      await lost.dispose();
    }
  });
});

describe("setAcl", () => {
  it("replaces the ACL, which others then feel", async () => {
    await alice.run(`create ${root}/narrowing x`);
    expect(await stranger.run(`set ${root}/narrowing y`)).toEqual([]);
    expect(await alice.run(`setAcl ${root}/narrowing world:anyone:r,auth::cdrwa`)).toEqual([]);
    expect(await stranger.run(`set ${root}/narrowing z`)).toEqual([
      `Insufficient permission : ${root}/narrowing`,
    ]);
    expect(await stranger.run(`get ${root}/narrowing`)).toEqual(["y"]);
  });

  it("hides digests from those who may read but not administer", async () => {
    expect(await stranger.run(`getAcl ${root}/narrowing`)).toEqual([
      "'world,'anyone",
      ": r",
      "'digest,'alice:x",
      ": cdrwa",
    ]);
  });

  it("-s prints the Stat, with the ACL's version counted", async () => {
    await alice.run(`create ${root}/counted x`);
    expect(
      parseStat(await alice.run(`setAcl -s ${root}/counted world:anyone:cdrwa`)),
    ).toMatchObject({
      aclVersion: "1",
      dataVersion: "0",
    });
  });

  it("-v refuses another version and accepts the current one", async () => {
    await alice.run(`create ${root}/guarded x`);
    expect(await alice.run(`setAcl -v 3 ${root}/guarded world:anyone:ra`)).toEqual([
      `version No is not valid : ${root}/guarded`,
    ]);
    expect(await alice.run(`setAcl -v 0 ${root}/guarded world:anyone:ra`)).toEqual([]);
    expect(await alice.run(`getAcl ${root}/guarded`)).toEqual(["'world,'anyone", ": ra"]);
  });

  it("-R goes down the subtree", async () => {
    await alice.run(`create ${root}/top`);
    await alice.run(`create ${root}/top/below`);
    expect(await alice.run(`setAcl -R ${root}/top world:anyone:crda`)).toEqual([]);
    expect(await alice.run(`getAcl ${root}/top/below`)).toEqual(["'world,'anyone", ": cdra"]);
  });
});
