/** The events that zkCli prints when another zkCli changes the tree, and how close and quit end. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ZkCli, type PrintedEvent } from "./zkcli-session.ts";

const address = inject("interopAddress");
const root = `/interop-${randomUUID()}`;
let watcher: ZkCli;
let writer: ZkCli;

beforeAll(async () => {
  watcher = new ZkCli(address);
  writer = new ZkCli(address);
  expect(await writer.run(`create ${root}`)).toEqual([`Created ${root}`]);
});

afterAll(async () => {
  await writer.run(`deleteall ${root}`);
  await Promise.all([watcher.dispose(), writer.dispose()]);
});

function event(type: string, path: string): PrintedEvent {
  return { state: "SyncConnected", type, path };
}

/** Makes one more event happen: whatever else was printed before it would be taken first. */
async function expectNoFurtherEvent(): Promise<void> {
  const path = `${root}/fence-${randomUUID()}`;
  await watcher.run(`stat -w ${path}`);
  await writer.run(`create ${path}`);
  expect(await watcher.nextEvent()).toEqual(event("NodeCreated", path));
}

describe("a one-shot watch", () => {
  it("get -w tells of new data, once", async () => {
    await writer.run(`create ${root}/read one`);
    expect(await watcher.run(`get -w ${root}/read`)).toEqual(["one"]);
    await writer.run(`set ${root}/read two`);
    expect(await watcher.nextEvent()).toEqual(event("NodeDataChanged", `${root}/read`));
    await writer.run(`set ${root}/read three`);
    await expectNoFurtherEvent();
    expect(await watcher.run(`get ${root}/read`)).toEqual(["three"]);
  });

  it("get -w tells of deletion", async () => {
    await writer.run(`create ${root}/removed`);
    await watcher.run(`get -w ${root}/removed`);
    await writer.run(`delete ${root}/removed`);
    expect(await watcher.nextEvent()).toEqual(event("NodeDeleted", `${root}/removed`));
  });

  it("get -w on a znode that is not there leaves no watch", async () => {
    await watcher.run(`get -w ${root}/later`);
    await writer.run(`create ${root}/later`);
    await expectNoFurtherEvent();
  });

  it("stat -w tells of creation", async () => {
    expect(await watcher.run(`stat -w ${root}/awaited`)).toEqual([
      `Node does not exist: ${root}/awaited`,
    ]);
    await writer.run(`create ${root}/awaited`);
    expect(await watcher.nextEvent()).toEqual(event("NodeCreated", `${root}/awaited`));
  });

  it("stat -w tells of new data", async () => {
    await watcher.run(`stat -w ${root}/awaited`);
    await writer.run(`set ${root}/awaited now`);
    expect(await watcher.nextEvent()).toEqual(event("NodeDataChanged", `${root}/awaited`));
  });

  it("ls -w tells of a child's creation and deletion, not of its data", async () => {
    await writer.run(`create ${root}/family`);
    expect(await watcher.run(`ls -w ${root}/family`)).toEqual(["[]"]);
    await writer.run(`set ${root}/family data`);
    await writer.run(`create ${root}/family/child`);
    expect(await watcher.nextEvent()).toEqual(event("NodeChildrenChanged", `${root}/family`));
    expect(await watcher.run(`ls -w ${root}/family`)).toEqual(["[child]"]);
    await writer.run(`set ${root}/family/child data`);
    await expectNoFurtherEvent();
    await writer.run(`delete ${root}/family/child`);
    expect(await watcher.nextEvent()).toEqual(event("NodeChildrenChanged", `${root}/family`));
  });

  it("ls -w tells of the parent's own deletion", async () => {
    await watcher.run(`ls -w ${root}/family`);
    await writer.run(`delete ${root}/family`);
    expect(await watcher.nextEvent()).toEqual(event("NodeDeleted", `${root}/family`));
  });

  it("does not tell of a new ACL", async () => {
    await writer.run(`create ${root}/restricted`);
    await watcher.run(`get -w ${root}/restricted`);
    await writer.run(`setAcl ${root}/restricted world:anyone:cdrwa`);
    await expectNoFurtherEvent();
  });
});

describe("the end of a session", () => {
  it("quit takes its ephemerals along and exits 0", async () => {
    const guest = new ZkCli(address);
    try {
      expect(await guest.run(`create -e ${root}/guest-quit`)).toEqual([
        `Created ${root}/guest-quit`,
      ]);
      await watcher.run(`stat -w ${root}/guest-quit`);
      expect(await guest.quit()).toBe(0);
      expect(await watcher.nextEvent()).toEqual(event("NodeDeleted", `${root}/guest-quit`));
    } finally {
      await guest.dispose();
    }
  });

  it("close takes its ephemerals along and leaves zkCli running, unconnected", async () => {
    const guest = new ZkCli(address);
    try {
      expect(await guest.run(`create -e ${root}/guest-close`)).toEqual([
        `Created ${root}/guest-close`,
      ]);
      await watcher.run(`stat -w ${root}/guest-close`);
      expect(await guest.run("close")).toEqual([]);
      expect(await watcher.nextEvent()).toEqual(event("NodeDeleted", `${root}/guest-close`));
      expect(await guest.run(`stat ${root}`)).toEqual(["Not connected"]);
      expect(await guest.quit()).toBe(0);
    } finally {
      await guest.dispose();
    }
  });

  it("connect opens a new one", async () => {
    const guest = new ZkCli(address);
    try {
      await guest.run(`create -e ${root}/guest-before`);
      await guest.run("close");
      await guest.run(`connect ${address}`);
      expect(await guest.run(`stat ${root}/guest-before`)).toEqual([
        `Node does not exist: ${root}/guest-before`,
      ]);
      expect(await guest.run(`create -e ${root}/guest-after`)).toEqual([
        `Created ${root}/guest-after`,
      ]);
    } finally {
      await guest.dispose();
    }
  });
});
