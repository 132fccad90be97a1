/** zkCli's questions about session and server: whoami, ephemerals, counts, configuration. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parseStat, ZkCli } from "./zkcli-session.ts";

const address = inject("interopAddress");
const root = `/interop-${randomUUID()}`;
let cli: ZkCli;

beforeAll(async () => {
  cli = new ZkCli(address);
  expect(await cli.run(`create ${root}`)).toEqual([`Created ${root}`]);
});

afterAll(async () => {
  await cli.run(`deleteall ${root}`);
  await cli.dispose();
});

describe("whoami", () => {
  it("lists the address, and each credential added", async () => {
    expect(await cli.run("whoami")).toEqual(["Auth scheme: User", "ip: 127.0.0.1"]);
    await cli.run("addauth digest bob:secret");
    const [title, ...identities] = await cli.run("whoami");
    expect(title).toBe("Auth scheme: User");
    expect(identities.toSorted()).toEqual(["digest: bob", "ip: 127.0.0.1"]);
  });
});

describe("getEphemerals", () => {
  it("lists this session's ephemerals below a path, and nobody else's", async () => {
    const other = new ZkCli(address);
    try {
      await cli.run(`create -e ${root}/mine`);
      await cli.run(`create ${root}/durable`);
      await cli.run(`create -e ${root}/durable/mine`);
      await other.run(`create -e ${root}/theirs`);
      const all = (await cli.run(`getEphemerals ${root}`))
        .join()
        .replace(/^\[|\]$/g, "")
        .split(", ");
      expect(all.toSorted()).toEqual([`${root}/durable/mine`, `${root}/mine`]);
      expect(await cli.run(`getEphemerals ${root}/durable`)).toEqual([`[${root}/durable/mine]`]);
      expect(await other.run(`getEphemerals ${root}`)).toEqual([`[${root}/theirs]`]);
      expect(await other.run(`getEphemerals ${root}/durable`)).toEqual(["[]"]);
      // Without a path it is all of the session's.
      expect(await other.run("getEphemerals")).toEqual([`[${root}/theirs]`]);
      // A path is but the beginning of others.
      expect(await other.run(`getEphemerals ${root}/the`)).toEqual([`[${root}/theirs]`]);
    } finally {
      await other.dispose();
    }
  });
});

describe("getAllChildrenNumber", () => {
  it("counts every znode below", async () => {
    await cli.run(`create ${root}/counted`);
    for (const path of ["a", "a/b", "a/b/c", "d"]) await cli.run(`create ${root}/counted/${path}`);
    expect(await cli.run(`getAllChildrenNumber ${root}/counted`)).toEqual(["4"]);
    expect(await cli.run(`getAllChildrenNumber ${root}/counted/d`)).toEqual(["0"]);
    await cli.run(`create ${root}/counted-too`);
    expect(await cli.run(`getAllChildrenNumber ${root}/counted`)).toEqual(["4"]);
    await cli.run(`deleteall ${root}/counted/a`);
    expect(await cli.run(`getAllChildrenNumber ${root}/counted`)).toEqual(["1"]);
  });

  it("names the znode that is not there", async () => {
    expect(await cli.run(`getAllChildrenNumber ${root}/nowhere`)).toEqual([
      `Node does not exist: ${root}/nowhere`,
    ]);
  });
});

describe("the ensemble's configuration", () => {
  it("config is empty on a server that stands alone", async () => {
    expect(await cli.run("config")).toEqual([]);
    expect(await cli.run("config -c")).toEqual([" "]);
    expect(parseStat(await cli.run("config -s"))).toMatchObject({
      cZxid: "0x0",
      dataVersion: "0",
      dataLength: "0",
    });
  });

  it("reconfig is disabled", async () => {
    expect(await cli.run("reconfig -add server.2=localhost:1:2;3")).toEqual([
      "KeeperErrorCode = Reconfig is disabled",
    ]);
    expect(await cli.run("reconfig -remove 2")).toEqual(["KeeperErrorCode = Reconfig is disabled"]);
  });
});
