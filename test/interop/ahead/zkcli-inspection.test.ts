/** zkCli's questions about session and server: whoami, ephemerals, counts, quotas, configuration. */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { parseStat, runZkCli, ZkCli } from "../zkcli-session.ts";

const address = inject("interopAddress");
const root = `/interop-${randomUUID()}`;
let cli: ZkCli;

beforeAll(async () => {
  const { lines } = await runZkCli(address, ["create", root]);
  expect(lines).toEqual([`Created ${root}`]);
});

afterAll(async () => {
  await runZkCli(address, ["deleteall", root]);
});

// A server closes the connection on an operation that it does not know: no other test shall suffer.
beforeEach(() => {
  cli = new ZkCli(address);
});

afterEach(async () => {
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
  });
});

describe("quotas", () => {
  it("setquota keeps a limit that listquota shows with the present use", async () => {
    await cli.run(`create ${root}/limited 12345`);
    expect(await cli.run(`setquota -n 7 ${root}/limited`)).toEqual([]);
    await cli.run(`create ${root}/limited/child 678`);
    expect(await cli.run(`listquota ${root}/limited`)).toEqual([
      `absolute path is /zookeeper/quota${root}/limited/zookeeper_limits`,
      `Output quota for ${root}/limited count=7,bytes=-1=;byteHardLimit=-1;countHardLimit=-1`,
      `Output stat for ${root}/limited count=2,bytes=8`,
    ]);
  });

  it("the use follows set and delete", async () => {
    await cli.run(`set ${root}/limited 1`);
    await cli.run(`delete ${root}/limited/child`);
    expect((await cli.run(`listquota ${root}/limited`)).at(-1)).toBe(
      `Output stat for ${root}/limited count=1,bytes=1`,
    );
  });

  it("a second limit joins the first", async () => {
    await cli.run(`setquota -b 100 ${root}/limited`);
    expect((await cli.run(`listquota ${root}/limited`))[1]).toBe(
      `Output quota for ${root}/limited count=7,bytes=100=;byteHardLimit=-1;countHardLimit=-1`,
    );
  });

  it("delquota removes it", async () => {
    expect(await cli.run(`delquota ${root}/limited`)).toEqual([]);
    expect((await cli.run(`listquota ${root}/limited`)).at(-1)).toBe(
      `quota for ${root}/limited does not exist.`,
    );
  });
});

describe("the ensemble's configuration", () => {
  it("config is empty on a server that stands alone", async () => {
    expect(await cli.run("config")).toEqual([]);
  });

  it("reconfig is disabled", async () => {
    expect(await cli.run("reconfig -add server.2=localhost:1:2;3")).toEqual([
      "KeeperErrorCode = Reconfig is disabled",
    ]);
  });
});

describe("a TTL", () => {
  it("is refused while extended types are off", async () => {
    expect(await cli.run(`create -t 5000 ${root}/brief`)).toEqual([
      `KeeperErrorCode = Unimplemented for ${root}/brief`,
    ]);
    expect(await cli.run(`stat ${root}/brief`)).toEqual([`Node does not exist: ${root}/brief`]);
  });
});

describe("a container", () => {
  it("-c makes a container, which takes children", async () => {
    expect(await cli.run(`create -c ${root}/container`)).toEqual([`Created ${root}/container`]);
    expect(await cli.run(`create ${root}/container/child`)).toEqual([
      `Created ${root}/container/child`,
    ]);
    expect(parseStat(await cli.run(`stat ${root}/container`))["ephemeralOwner"]).toBe("0x0");
  });
});
