/** What zkCli does itself around the server's answers: history, version, usage, subtrees in batches. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ZkCli } from "./zkcli-session.ts";

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

describe("history and redo", () => {
  it("list the commands, and run one again", async () => {
    const other = new ZkCli(address);
    try {
      // Every other one is the unknown command that marks the end of the one before.
      expect(await other.run(`create -s ${root}/again-`)).toEqual([
        `Created ${root}/again-0000000000`,
      ]);
      expect(await other.run("history")).toEqual([
        `0 - create -s ${root}/again-`,
        "1 - end-of-command-1",
        "2 - history",
      ]);
      expect(await other.run("redo 0")).toEqual([`Created ${root}/again-0000000001`]);
    } finally {
      await other.dispose();
    }
  });
});

describe("version", () => {
  it("is the client's", async () => {
    expect((await cli.run("version")).join()).toMatch(/^ZooKeeper CLI version: 3\.\d+\.\d+/);
  });
});

describe("printwatches", () => {
  it("tells its state, and takes another", async () => {
    const other = new ZkCli(address);
    try {
      expect(await other.run("printwatches")).toEqual(["printwatches is on"]);
      await other.run("printwatches off");
      expect(await other.run("printwatches")).toEqual(["printwatches is off"]);
      await other.run(`get -w ${root}`);
      await other.run(`set ${root} unseen`);
      await other.run("printwatches on");
      await other.run(`get -w ${root}`);
      await other.run(`set ${root} seen`);
      expect(await other.nextEvent()).toMatchObject({ type: "NodeDataChanged", path: root });
    } finally {
      await other.dispose();
    }
  });
});

describe("deleteall", () => {
  it("-b deletes a subtree in batches of so many", async () => {
    await cli.run(`create ${root}/tree`);
    for (const path of ["a", "a/b", "a/b/c", "d", "e"]) {
      await cli.run(`create ${root}/tree/${path}`);
    }
    expect(await cli.run(`deleteall ${root}/tree -b 2`)).toEqual([]);
    expect(await cli.run(`stat ${root}/tree`)).toEqual([`Node does not exist: ${root}/tree`]);
  });

  it("names the znode that is not there", async () => {
    expect(await cli.run(`deleteall ${root}/nowhere`)).toEqual([
      `Node does not exist: ${root}/nowhere`,
    ]);
  });
});

describe("the words of an older version", () => {
  it("still work, with a hint", async () => {
    await cli.run(`create ${root}/old x`);
    for (const command of ["get", "stat", "ls"]) {
      const [hint] = await cli.run(`${command} ${root}/old watch`);
      expect(hint).toMatch(`'${command} path [watch]' has been deprecated.`);
    }
    await cli.run(`set ${root}/old y`);
    expect(await cli.nextEvent()).toMatchObject({ type: "NodeDataChanged", path: `${root}/old` });
  });
});

describe("a path that makes no sense", () => {
  it("is refused before the server is asked", async () => {
    expect((await cli.run("get nothing")).join()).toContain("Path must start with / character");
    expect((await cli.run(`get ${root}/`)).join()).toContain("Path must not end with / character");
  });
});
