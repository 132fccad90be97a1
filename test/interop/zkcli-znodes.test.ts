/** zkCli's znode commands: create, ls, get, stat, set, delete, sync, and what a refusal prints. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parseStat, runZkCli, ZkCli } from "./zkcli-session.ts";

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

describe("create", () => {
  it("makes a persistent znode with its data", async () => {
    expect(await cli.run(`create ${root}/persistent one`)).toEqual([`Created ${root}/persistent`]);
    expect(await cli.run(`get ${root}/persistent`)).toEqual(["one"]);
    expect(parseStat(await cli.run(`stat ${root}/persistent`))["ephemeralOwner"]).toBe("0x0");
  });

  it("-e makes an ephemeral znode, owned by this session", async () => {
    expect(await cli.run(`create -e ${root}/ephemeral two`)).toEqual([`Created ${root}/ephemeral`]);
    expect(parseStat(await cli.run(`stat ${root}/ephemeral`))["ephemeralOwner"]).toMatch(
      /^0x[1-9a-f][0-9a-f]*$/,
    );
  });

  it("-s appends a ten-digit number that counts every child ever created", async () => {
    await cli.run(`create ${root}/numbered`);
    expect(await cli.run(`create -s ${root}/numbered/n-`)).toEqual([
      `Created ${root}/numbered/n-0000000000`,
    ]);
    await cli.run(`create ${root}/numbered/plain`);
    await cli.run(`delete ${root}/numbered/plain`);
    expect(await cli.run(`create -s -e ${root}/numbered/n-`)).toEqual([
      `Created ${root}/numbered/n-0000000002`,
    ]);
    expect(await cli.run(`create -s ${root}/numbered/`)).toEqual([
      `Created ${root}/numbered/0000000003`,
    ]);
  });

  it("without data stores none, which get prints as null", async () => {
    await cli.run(`create ${root}/empty`);
    const lines = await cli.run(`get -s ${root}/empty`);
    expect(lines[0]).toBe("null");
    expect(parseStat(lines)["dataLength"]).toBe("0");
  });

  it("keeps spaces and UTF-8 in paths and data", async () => {
    expect(await cli.run(`create "${root}/a name" "größer als 1 · 値"`)).toEqual([
      `Created ${root}/a name`,
    ]);
    expect(await cli.run(`get "${root}/a name"`)).toEqual(["größer als 1 · 値"]);
  });

  it("says why it was refused", async () => {
    await cli.run(`create -e ${root}/short-lived`);
    expect(await cli.run(`create ${root} again`)).toEqual([`Node already exists: ${root}`]);
    expect(await cli.run(`create ${root}/no/parent`)).toEqual([
      `Node does not exist: ${root}/no/parent`,
    ]);
    expect(await cli.run(`create ${root}/short-lived/child`)).toEqual([
      `Ephemerals cannot have children: ${root}/short-lived/child`,
    ]);
  });
});

describe("ls", () => {
  it("prints the children, sorted, in brackets", async () => {
    await cli.run(`create ${root}/family`);
    for (const name of ["b", "c", "a"]) await cli.run(`create ${root}/family/${name}`);
    expect(await cli.run(`ls ${root}/family`)).toEqual(["[a, b, c]"]);
    expect(await cli.run(`ls ${root}/family/a`)).toEqual(["[]"]);
  });

  it("-s adds the Stat of the parent", async () => {
    const lines = await cli.run(`ls -s ${root}/family`);
    expect(lines[0]).toBe("[a, b, c]");
    expect(parseStat(lines)).toMatchObject({
      cversion: "3",
      numChildren: "3",
      dataVersion: "0",
      aclVersion: "0",
    });
  });

  it("-R prints the whole subtree, one path a line, level by level", async () => {
    await cli.run(`create ${root}/family/b/inner`);
    expect(await cli.run(`ls -R ${root}/family`)).toEqual(
      ["", "/a", "/b", "/c", "/b/inner"].map((path) => `${root}/family${path}`),
    );
  });

  it("names the znode that is not there", async () => {
    expect(await cli.run(`ls ${root}/nowhere`)).toEqual([`Node does not exist: ${root}/nowhere`]);
  });

  it("shows the znodes that every ZooKeeper starts with", async () => {
    expect((await cli.run("ls /")).join()).toMatch(/^\[(.*, )?zookeeper\]$/);
    expect(await cli.run("ls /zookeeper")).toEqual(["[config, quota]"]);
  });
});

describe("get, stat and set", () => {
  it("get -s and stat print the same Stat, and set moves it on", async () => {
    await cli.run(`create ${root}/versioned first`);
    const [data, ...lines] = await cli.run(`get -s ${root}/versioned`);
    const created = parseStat(lines);
    expect(data).toBe("first");
    expect(created).toMatchObject({
      mZxid: created["cZxid"],
      pZxid: created["cZxid"],
      mtime: created["ctime"],
      cversion: "0",
      dataVersion: "0",
      aclVersion: "0",
      ephemeralOwner: "0x0",
      dataLength: "5",
      numChildren: "0",
    });
    expect(created["cZxid"]).toMatch(/^0x[1-9a-f][0-9a-f]*$/);
    expect(Math.abs(Date.parse(created["ctime"] ?? "") - Date.now())).toBeLessThan(60_000);
    expect(await cli.run(`stat ${root}/versioned`)).toEqual(lines);

    expect(await cli.run(`set ${root}/versioned second`)).toEqual([]);
    const changed = parseStat(await cli.run(`stat ${root}/versioned`));
    expect(changed).toMatchObject({
      cZxid: created["cZxid"],
      pZxid: created["pZxid"],
      dataVersion: "1",
      dataLength: "6",
    });
    expect(Number(changed["mZxid"])).toBeGreaterThan(Number(created["mZxid"]));
  });

  it("set -s prints the new Stat", async () => {
    await cli.run(`create ${root}/set-s first`);
    expect(parseStat(await cli.run(`set -s ${root}/set-s second`))).toMatchObject({
      dataVersion: "1",
      dataLength: "6",
    });
  });

  it("set -v refuses another version and accepts the current one", async () => {
    await cli.run(`create ${root}/guarded first`);
    expect(await cli.run(`set -v 7 ${root}/guarded second`)).toEqual([
      `version No is not valid : ${root}/guarded`,
    ]);
    expect(await cli.run(`get ${root}/guarded`)).toEqual(["first"]);
    expect(await cli.run(`set -v 0 ${root}/guarded second`)).toEqual([]);
    expect(await cli.run(`get ${root}/guarded`)).toEqual(["second"]);
  });

  it("name the znode that is not there", async () => {
    const missing = [`Node does not exist: ${root}/nowhere`];
    expect(await cli.run(`get ${root}/nowhere`)).toEqual(missing);
    expect(await cli.run(`stat ${root}/nowhere`)).toEqual(missing);
    expect(await cli.run(`set ${root}/nowhere x`)).toEqual(missing);
  });

  it("stat / shows a root that was never created nor written", async () => {
    expect(parseStat(await cli.run("stat /"))).toMatchObject({
      cZxid: "0x0",
      mZxid: "0x0",
      ctime: "Thu Jan 01 00:00:00 UTC 1970",
      dataVersion: "0",
      dataLength: "0",
    });
  });
});

describe("delete", () => {
  it("removes a znode", async () => {
    await cli.run(`create ${root}/doomed`);
    expect(await cli.run(`delete ${root}/doomed`)).toEqual([]);
    expect(await cli.run(`stat ${root}/doomed`)).toEqual([`Node does not exist: ${root}/doomed`]);
    expect(await cli.run(`delete ${root}/doomed`)).toEqual([`Node does not exist: ${root}/doomed`]);
  });

  it("-v refuses another version and accepts the current one", async () => {
    await cli.run(`create ${root}/aged x`);
    await cli.run(`set ${root}/aged y`);
    expect(await cli.run(`delete -v 0 ${root}/aged`)).toEqual([
      `version No is not valid : ${root}/aged`,
    ]);
    expect(await cli.run(`delete -v 1 ${root}/aged`)).toEqual([]);
    expect(await cli.run(`stat ${root}/aged`)).toEqual([`Node does not exist: ${root}/aged`]);
  });

  it("refuses a znode with children, which deleteall removes with them", async () => {
    await cli.run(`create ${root}/tree`);
    await cli.run(`create ${root}/tree/branch`);
    await cli.run(`create ${root}/tree/branch/leaf`);
    expect(await cli.run(`delete ${root}/tree`)).toEqual([`Node not empty: ${root}/tree`]);
    expect(await cli.run(`ls -R ${root}/tree`)).toHaveLength(3);
    expect(await cli.run(`deleteall ${root}/tree`)).toEqual([]);
    expect(await cli.run(`stat ${root}/tree`)).toEqual([`Node does not exist: ${root}/tree`]);
  });
});

describe("sync", () => {
  it("succeeds on a znode, and on one that is not there", async () => {
    expect(await cli.run(`sync ${root}`)).toEqual(["Sync is OK"]);
    expect(await cli.run(`sync ${root}/nowhere`)).toEqual(["Sync is OK"]);
  });
});

describe("one command per process", () => {
  it("prints its answer and exits 0", async () => {
    expect(await runZkCli(address, ["create", `${root}/scripted`, "x"])).toEqual({
      exitCode: 0,
      lines: [`Created ${root}/scripted`],
    });
    expect(await cli.run(`get ${root}/scripted`)).toEqual(["x"]);
  });

  it("exits 1 when the server refuses", async () => {
    expect(await runZkCli(address, ["get", `${root}/nowhere`])).toEqual({
      exitCode: 1,
      lines: [`Node does not exist: ${root}/nowhere`],
    });
  });

  it("takes a chroot in the address", async () => {
    await cli.run(`create ${root}/jail`);
    expect(await runZkCli(`${address}${root}/jail`, ["create", "/inside", "x"])).toEqual({
      exitCode: 0,
      lines: ["Created /inside"],
    });
    expect(await cli.run(`get ${root}/jail/inside`)).toEqual(["x"]);
  });
});
