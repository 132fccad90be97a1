/** Watches that are taken away, and watches that stay. */
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
  it("removewatches takes it away", async () => {
    await writer.run(`create ${root}/unwatched`);
    await watcher.run(`get -w ${root}/unwatched`);
    expect(await watcher.run(`removewatches ${root}/unwatched`)).toEqual([]);
    expect(await watcher.nextEvent()).toEqual(event("DataWatchRemoved", `${root}/unwatched`));
    await writer.run(`set ${root}/unwatched x`);
    await expectNoFurtherEvent();
    // A watch that is not there is refused by the client itself, before the server is asked.
    expect((await watcher.run(`removewatches ${root}/unwatched`)).join()).toContain(
      "No such watcher",
    );
  });
});

describe("removewatches", () => {
  it("-d and -c take away the one kind and leave the other", async () => {
    const path = `${root}/both`;
    await writer.run(`create ${path}`);
    for (const [flag, removed, kept] of [
      ["-d", "DataWatchRemoved", "NodeChildrenChanged"],
      ["-c", "ChildWatchRemoved", "NodeDataChanged"],
    ] as const) {
      await watcher.run(`get -w ${path}`);
      await watcher.run(`ls -w ${path}`);
      expect(await watcher.run(`removewatches ${path} ${flag}`)).toEqual([]);
      expect(await watcher.nextEvent()).toEqual(event(removed, path));
      await writer.run(`set ${path} x`);
      await writer.run(`create ${path}/child${flag}`);
      expect(await watcher.nextEvent()).toEqual(event(kept, path));
      await expectNoFurtherEvent();
    }
  });

  it("-a takes all away", async () => {
    const path = `${root}/all`;
    await writer.run(`create ${path}`);
    await watcher.run(`get -w ${path}`);
    await watcher.run(`ls -w ${path}`);
    expect(await watcher.run(`removewatches ${path} -a`)).toEqual([]);
    const events = [await watcher.nextEvent(), await watcher.nextEvent()];
    expect(events.map(({ type }) => type).toSorted()).toEqual([
      "ChildWatchRemoved",
      "DataWatchRemoved",
    ]);
    await writer.run(`set ${path} x`);
    await writer.run(`create ${path}/child`);
    await expectNoFurtherEvent();
  });
});

describe("addWatch", () => {
  it("PERSISTENT tells of every change to the znode and its children", async () => {
    const path = `${root}/persistent`;
    expect(await watcher.run(`addWatch -m PERSISTENT ${path}`)).toEqual([]);
    await writer.run(`create ${path}`);
    expect(await watcher.nextEvent()).toEqual(event("NodeCreated", path));
    for (const data of ["one", "two"]) {
      await writer.run(`set ${path} ${data}`);
      expect(await watcher.nextEvent()).toEqual(event("NodeDataChanged", path));
    }
    await writer.run(`create ${path}/child`);
    expect(await watcher.nextEvent()).toEqual(event("NodeChildrenChanged", path));
    await writer.run(`create ${path}/child/grandchild`);
    await expectNoFurtherEvent();
  });

  it("PERSISTENT_RECURSIVE tells of every change below", async () => {
    const path = `${root}/recursive`;
    await writer.run(`create ${path}`);
    // Spelled out although it is the default: zkCli 3.8.0 keeps the mode of the addWatch before.
    expect(await watcher.run(`addWatch -m PERSISTENT_RECURSIVE ${path}`)).toEqual([]);
    await writer.run(`create ${path}/a`);
    expect(await watcher.nextEvent()).toEqual(event("NodeCreated", `${path}/a`));
    await writer.run(`create ${path}/a/b`);
    expect(await watcher.nextEvent()).toEqual(event("NodeCreated", `${path}/a/b`));
    await writer.run(`set ${path}/a/b x`);
    expect(await watcher.nextEvent()).toEqual(event("NodeDataChanged", `${path}/a/b`));
    await writer.run(`delete ${path}/a/b`);
    expect(await watcher.nextEvent()).toEqual(event("NodeDeleted", `${path}/a/b`));

    expect(await watcher.run(`removewatches ${path}`)).toEqual([]);
    expect(await watcher.nextEvent()).toEqual(event("PersistentWatchRemoved", path));
    await writer.run(`set ${path} x`);
    await expectNoFurtherEvent();
  });
});
