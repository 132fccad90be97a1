/** One-shot watches as a client sees them: which write fires which, once, in which order, before which reply. */
import { describe, expect, it } from "vitest";
import type { Request } from "../../../src/protocol/requests.ts";
import { TestServer, type TestConnection } from "./harness.ts";
import {
  check,
  create,
  create2,
  ephemeral,
  exists,
  getACL,
  getChildren,
  getChildren2,
  getData,
  multi,
  OPEN,
  remove,
  sequential,
  setACL,
  setData,
  sync,
} from "./request-builders.ts";

function prepare(...paths: readonly string[]): { server: TestServer; client: TestConnection } {
  const server = new TestServer();
  const client = server.connect();
  for (const path of paths) client.request(create(path));
  client.take();
  return { server, client };
}

/** What one connection receives while it sends requests, numbered from 1, without zxids. */
function trace(client: TestConnection, ...requests: readonly Request[]): string[] {
  client.take();
  requests.forEach((request, i) => client.request(request, i + 1));
  return client.takeTrace().map((line) => line.replace(/ @\d+/, ""));
}

describe("the traces of a real server, on the writer's own connection", () => {
  it("exists of a missing znode, then its create", () => {
    expect(trace(prepare().client, exists("/a", true), create("/a"))).toEqual([
      "reply 1 -101",
      "created /a",
      "reply 2 0",
    ]);
  });

  it("getData and exists, then two setData: one event", () => {
    const { client } = prepare("/a");
    const requests = [getData("/a", true), exists("/a", true), setData("/a"), setData("/a")];
    expect(trace(client, ...requests)).toEqual([
      "reply 1 0",
      "reply 2 0",
      "dataChanged /a",
      "reply 3 0",
      "reply 4 0",
    ]);
  });

  it("getData, exists and getChildren, then delete: one event", () => {
    const { client } = prepare("/a");
    expect(
      trace(client, getData("/a", true), exists("/a", true), getChildren("/a", true), remove("/a")),
    ).toEqual(["reply 1 0", "reply 2 0", "reply 3 0", "deleted /a", "reply 4 0"]);
  });

  it("getChildren of the parent and exists, then create: the znode first, then its parent", () => {
    const { client } = prepare();
    expect(trace(client, getChildren("/", true), exists("/a", true), create("/a"))).toEqual([
      "reply 1 0",
      "reply 2 -101",
      "created /a",
      "childrenChanged /",
      "reply 3 0",
    ]);
  });

  it("exists and getChildren of the parent, then delete: the znode first, then its parent", () => {
    const { client } = prepare("/a");
    expect(trace(client, exists("/a", true), getChildren("/", true), remove("/a"))).toEqual([
      "reply 1 0",
      "reply 2 0",
      "deleted /a",
      "childrenChanged /",
      "reply 3 0",
    ]);
  });

  it("child watches on a znode and its parent, then delete", () => {
    const { client } = prepare("/p");
    expect(
      trace(
        client,
        getChildren("/", true),
        getChildren("/p", true),
        getData("/p", true),
        remove("/p"),
      ),
    ).toEqual([
      "reply 1 0",
      "reply 2 0",
      "reply 3 0",
      "deleted /p",
      "childrenChanged /",
      "reply 4 0",
    ]);
  });

  it("getChildren, then setData and setACL: nothing", () => {
    const { client } = prepare("/p");
    expect(trace(client, getChildren("/p", true), setData("/p"), setACL("/p", OPEN))).toEqual([
      "reply 1 0",
      "reply 2 0",
      "reply 3 0",
    ]);
  });

  it("getChildren, then the create of a grandchild: nothing", () => {
    const { client } = prepare("/p", "/p/x");
    expect(trace(client, getChildren("/p", true), create("/p/x/y"), setData("/p/x"))).toEqual([
      "reply 1 0",
      "reply 2 0",
      "reply 3 0",
    ]);
  });

  it("getChildren2, then two creates: one event", () => {
    const { client } = prepare("/p");
    expect(trace(client, getChildren2("/p", true), create("/p/z"), create("/p/z2"))).toEqual([
      "reply 1 0",
      "childrenChanged /p",
      "reply 2 0",
      "reply 3 0",
    ]);
  });

  it("getData and getChildren of a missing znode leave no watch", () => {
    const { client } = prepare();
    expect(
      trace(
        client,
        getData("/m", true),
        getChildren("/m", true),
        getChildren2("/m", true),
        create("/m"),
      ),
    ).toEqual(["reply 1 -101", "reply 2 -101", "reply 3 -101", "reply 4 0"]);
  });

  it("exists twice, then setData: one event", () => {
    const { client } = prepare("/a");
    expect(trace(client, exists("/a", true), exists("/a", true), setData("/a"))).toEqual([
      "reply 1 0",
      "reply 2 0",
      "dataChanged /a",
      "reply 3 0",
    ]);
  });

  it("exists, then a setData that fails and one that does not", () => {
    const { client } = prepare("/a");
    expect(trace(client, exists("/a", true), setData("/a", "", 9), setData("/a"))).toEqual([
      "reply 1 0",
      "reply 2 -103",
      "dataChanged /a",
      "reply 3 0",
    ]);
  });

  it("a multi: events in the order of its ops, all before its reply", () => {
    const { client } = prepare("/mm");
    expect(
      trace(
        client,
        exists("/w1", true),
        exists("/w2", true),
        getChildren("/", true),
        getData("/mm", true),
        multi(create("/w1"), setData("/mm"), create("/w2"), remove("/w1")),
      ),
    ).toEqual([
      "reply 1 -101",
      "reply 2 -101",
      "reply 3 0",
      "reply 4 0",
      "created /w1",
      "childrenChanged /",
      "dataChanged /mm",
      "created /w2",
      "reply 5 0",
    ]);
  });

  it("a multi that fails: nothing, and the watches stay", () => {
    const { client } = prepare("/mm");
    const failing = multi(create("/w1"), setData("/mm"), remove("/no"));
    expect(
      trace(
        client,
        exists("/w1", true),
        getData("/mm", true),
        failing,
        setData("/mm"),
        create("/w1"),
      ),
    ).toEqual([
      "reply 1 -101",
      "reply 2 0",
      "reply 3 0",
      "dataChanged /mm",
      "reply 4 0",
      "created /w1",
      "reply 5 0",
    ]);
  });

  it("a sequential create fires the parent's watch", () => {
    const { client } = prepare("/p");
    expect(trace(client, getChildren("/p", true), sequential("/p/s"))).toEqual([
      "reply 1 0",
      "childrenChanged /p",
      "reply 2 0",
    ]);
  });

  it("exists of the path that a sequential create will have", () => {
    const { client } = prepare("/p");
    expect(trace(client, exists("/p/s0000000000", true), sequential("/p/s"))).toEqual([
      "reply 1 -101",
      "created /p/s0000000000",
      "reply 2 0",
    ]);
  });

  it("watches on the empty path never fire", () => {
    const { client } = prepare();
    expect(
      trace(client, exists("", true), getChildren("", true), setData("/"), create("/kid")),
    ).toEqual(["reply 1 0", "reply 2 0", "reply 3 0", "reply 4 0"]);
  });

  it("getData of the root, then the create of a child: nothing", () => {
    const { client } = prepare();
    expect(trace(client, getData("/", true), create("/kid"), setData("/"))).toEqual([
      "reply 1 0",
      "reply 2 0",
      "dataChanged /",
      "reply 3 0",
    ]);
  });

  it("exists of a path with a NUL leaves no watch", () => {
    const { client } = prepare();
    expect(trace(client, exists("/\u0000", true), create("/\u0000"))).toEqual([
      "reply 1 -8",
      "reply 2 -8",
    ]);
  });
});

/** What a connection that watches in this way is told when another one does that. */
function told(watch: Request, write: Request): string[] {
  const { server, client } = prepare("/p", "/p/n");
  const watcher = server.connect();
  watcher.request(watch);
  watcher.take();
  client.request(write);
  client.request(write);
  return watcher.takeTrace();
}

describe("every row of the table of watches, from one connection to another", () => {
  it.each<[string, Request, Request, string[]]>([
    ["exists of a missing znode, create", exists("/p/x", true), create("/p/x"), ["created /p/x"]],
    ["exists of a missing znode, create2", exists("/p/x", true), create2("/p/x"), ["created /p/x"]],
    [
      "exists of a missing znode, ephemeral",
      exists("/p/x", true),
      ephemeral("/p/x"),
      ["created /p/x"],
    ],
    ["exists, delete", exists("/p/n", true), remove("/p/n"), ["deleted /p/n"]],
    ["exists, setData", exists("/p/n", true), setData("/p/n"), ["dataChanged /p/n"]],
    ["exists, setACL", exists("/p/n", true), setACL("/p/n", OPEN), []],
    ["exists, create of a child", exists("/p/n", true), create("/p/n/c"), []],
    ["getData, delete", getData("/p/n", true), remove("/p/n"), ["deleted /p/n"]],
    ["getData, setData", getData("/p/n", true), setData("/p/n"), ["dataChanged /p/n"]],
    ["getData, setACL", getData("/p/n", true), setACL("/p/n", OPEN), []],
    ["getData, create of a child", getData("/p/n", true), create("/p/n/c"), []],
    ["getData, delete of a child", getData("/p", true), remove("/p/n"), []],
    ["getChildren, delete", getChildren("/p/n", true), remove("/p/n"), ["deleted /p/n"]],
    ["getChildren, setData", getChildren("/p/n", true), setData("/p/n"), []],
    [
      "getChildren, create of a child",
      getChildren("/p", true),
      create("/p/x"),
      ["childrenChanged /p"],
    ],
    [
      "getChildren, delete of a child",
      getChildren("/p", true),
      remove("/p/n"),
      ["childrenChanged /p"],
    ],
    ["getChildren, setData of a child", getChildren("/p", true), setData("/p/n"), []],
    ["getChildren, setACL of a child", getChildren("/p", true), setACL("/p/n", OPEN), []],
    ["getChildren2, delete", getChildren2("/p/n", true), remove("/p/n"), ["deleted /p/n"]],
    [
      "getChildren2, create of a child",
      getChildren2("/p", true),
      create("/p/x"),
      ["childrenChanged /p"],
    ],
    [
      "getChildren of the root, create",
      getChildren("/", true),
      create("/x"),
      ["childrenChanged /"],
    ],
    [
      "exists, a multi",
      exists("/p/n", true),
      multi(setData("/p/n"), check("/p")),
      ["dataChanged /p/n"],
    ],
    ["exists without a watch, setData", exists("/p/n"), setData("/p/n"), []],
    ["getData without a watch, setData", getData("/p/n"), setData("/p/n"), []],
    ["getChildren without a watch, create", getChildren("/p"), create("/p/x"), []],
    ["getACL, setACL", getACL("/p/n"), setACL("/p/n", OPEN), []],
    ["sync, setData", sync("/p/n"), setData("/p/n"), []],
  ])("%s", (_, watch, write, events) => {
    expect(told(watch, write)).toEqual(events);
  });
});

describe("watches of several connections", () => {
  it("fire for each of them, once, with the bytes of a real server", () => {
    const { server, client } = prepare("/mm");
    const watchers = [server.connect(), server.connect(), server.connect()];
    for (const watcher of watchers) {
      watcher.request(exists("/mm", true));
      watcher.request(getChildren("/", true));
      watcher.take();
    }
    client.request(remove("/mm"));
    for (const watcher of watchers) {
      expect(watcher.take()).toEqual([
        { kind: "event", zxid: -1, type: 2, state: 3, path: "/mm" },
        { kind: "event", zxid: -1, type: 4, state: 3, path: "/" },
      ]);
    }
    client.request(create("/mm"));
    for (const watcher of watchers) expect(watcher.take()).toEqual([]);
  });

  it("are independent: a data watch of one and a child watch of another on a znode both fire on delete", () => {
    const { server, client } = prepare("/a");
    const [first, second] = [server.connect(), server.connect()];
    first.request(getData("/a", true));
    second.request(getChildren("/a", true));
    first.take();
    second.take();
    client.request(remove("/a"));
    expect(first.takeTrace()).toEqual(["deleted /a"]);
    expect(second.takeTrace()).toEqual(["deleted /a"]);
  });

  it("end with their connection, and only with theirs", () => {
    const { server, client } = prepare("/a");
    const [gone, stays] = [server.connect(), server.connect()];
    for (const watcher of [gone, stays]) {
      watcher.request(exists("/a", true));
      watcher.take();
    }
    server.disconnect(gone);
    client.request(setData("/a"));
    expect(gone.take()).toEqual([]);
    expect(stays.takeTrace()).toEqual(["dataChanged /a"]);
  });

  it("reach a client before a reply that reveals the change", () => {
    const { server, client } = prepare("/a");
    const watcher = server.connect();
    watcher.request(getData("/a", true));
    watcher.take();
    client.request(setData("/a", "new"));
    watcher.request(getData("/a"), 9);
    expect(watcher.takeTrace()).toEqual(["dataChanged /a", "reply 9 @4 0"]);
  });

  it("can be set again by the read that follows an event", () => {
    const { server, client } = prepare("/a");
    const watcher = server.connect();
    for (let round = 0; round < 3; round++) {
      watcher.request(getData("/a", true));
      watcher.take();
      client.request(setData("/a"));
      expect(watcher.takeTrace()).toEqual(["dataChanged /a"]);
    }
  });
});
