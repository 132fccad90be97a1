/** Persistent and recursive watches as a client sees them: which write tells whom of what, how often, and in which order. */
import { describe, expect, it } from "vitest";
import type { Request } from "../../../src/protocol/requests.ts";
import { TestServer, type TestConnection } from "./harness.ts";
import {
  addRecursiveWatch,
  addWatch,
  create,
  ephemeral,
  exists,
  getChildren,
  getData,
  multi,
  remove,
  removeWatches,
  setACL,
  setData,
  OPEN,
} from "./request-builders.ts";

interface Scene {
  readonly server: TestServer;
  readonly writer: TestConnection;
  readonly client: TestConnection;
}

/** A client with its own watches, and somebody else who writes. */
function watching(...requests: readonly Request[]): Scene {
  const server = new TestServer();
  const writer = server.connect();
  for (const path of ["/p", "/p/q"]) writer.request(create(path));
  const client = server.connect();
  for (const request of requests) client.request(request);
  client.take();
  return { server, writer, client };
}

/** What the client hears of writes. */
function hears({ writer, client }: Scene, ...writes: readonly Request[]): string[] {
  for (const write of writes) expect(writer.request(write).err).toBe(0);
  return client.takeTrace();
}

describe("a persistent watch", () => {
  it("is told of every change of its znode and of its list of children, again and again", () => {
    const scene = watching(addWatch("/p"));
    for (let round = 0; round < 2; round++) {
      expect(hears(scene, setData("/p"), create("/p/n"), remove("/p/n"))).toEqual([
        "dataChanged /p",
        "childrenChanged /p",
        "childrenChanged /p",
      ]);
    }
  });

  it("is not told of what happens to descendants", () => {
    const scene = watching(addWatch("/p"));
    expect(hears(scene, setData("/p/q"), create("/p/q/r"), remove("/p/q/r"))).toEqual([]);
  });

  it("outlives its znode", () => {
    const scene = watching(addWatch("/p/q"));
    expect(hears(scene, remove("/p/q"), create("/p/q"), setData("/p/q"), remove("/p/q"))).toEqual([
      "deleted /p/q",
      "created /p/q",
      "dataChanged /p/q",
      "deleted /p/q",
    ]);
  });

  it("may be set before its znode is there", () => {
    const scene = watching(addWatch("/new"));
    expect(hears(scene, create("/new"), create("/new/kid"))).toEqual([
      "created /new",
      "childrenChanged /new",
    ]);
  });

  it("is told of nothing but data and children", () => {
    expect(hears(watching(addWatch("/p")), setACL("/p", OPEN))).toEqual([]);
  });
});

describe("a recursive watch", () => {
  it("is told of its znode and all below, and never of lists of children", () => {
    const scene = watching(addRecursiveWatch("/p"));
    const writes = [setData("/p"), create("/p/q/r"), setData("/p/q/r"), remove("/p/q/r")];
    for (let round = 0; round < 2; round++) {
      expect(hears(scene, ...writes)).toEqual([
        "dataChanged /p",
        "created /p/q/r",
        "dataChanged /p/q/r",
        "deleted /p/q/r",
      ]);
    }
  });

  it("is told once of a deletion", () => {
    const scene = watching(addRecursiveWatch("/p"));
    expect(hears(scene, remove("/p/q"), remove("/p"))).toEqual(["deleted /p/q", "deleted /p"]);
  });

  it("on the root is told of everything", () => {
    const scene = watching(addRecursiveWatch("/"));
    expect(hears(scene, create("/x"), setData("/p/q"), setData("/"))).toEqual([
      "created /x",
      "dataChanged /p/q",
      "dataChanged /",
    ]);
  });

  it("on the empty path is told of nothing: no znode's path leads there", () => {
    expect(hears(watching(addRecursiveWatch("")), create("/x"), setData("/"))).toEqual([]);
  });

  it("is told of every op of a multi, under one reply", () => {
    const scene = watching(addRecursiveWatch("/p"));
    const ops = multi(create("/p/m"), setData("/p/m"), remove("/p/m"));
    expect(hears(scene, ops)).toEqual(["created /p/m", "dataChanged /p/m", "deleted /p/m"]);
  });

  it("is told of the ephemerals of a session that ends", () => {
    const scene = watching(addRecursiveWatch("/p"));
    const owner = scene.server.connect();
    owner.request(ephemeral("/p/e"));
    scene.client.take();
    scene.server.expire(owner.sessionId);
    expect(scene.client.takeTrace()).toEqual(["deleted /p/e"]);
  });

  it("two of them above a znode tell once", () => {
    const scene = watching(addRecursiveWatch("/"), addRecursiveWatch("/p"), addWatch("/p/q"));
    expect(hears(scene, setData("/p/q"), remove("/p/q"))).toEqual([
      "dataChanged /p/q",
      "deleted /p/q",
    ]);
  });

  it("does not keep another's list of children from being told", () => {
    const scene = watching(addRecursiveWatch("/"), addWatch("/p"));
    expect(hears(scene, create("/p/n"))).toEqual(["created /p/n", "childrenChanged /p"]);
  });
});

describe("a watch of another mode on the same path", () => {
  it("a one-shot data watch replaces the data half of a persistent one", () => {
    const scene = watching(addWatch("/p"), getData("/p", true));
    expect(hears(scene, setData("/p"), setData("/p"), create("/p/n"), create("/p/o"))).toEqual([
      "dataChanged /p",
      "childrenChanged /p",
      "childrenChanged /p",
    ]);
  });

  it("a one-shot child watch replaces the child half", () => {
    const scene = watching(addWatch("/p"), getChildren("/p", true));
    expect(hears(scene, create("/p/n"), create("/p/o"), setData("/p"), setData("/p"))).toEqual([
      "childrenChanged /p",
      "dataChanged /p",
      "dataChanged /p",
    ]);
  });

  it("a one-shot data watch leaves a recursive one deaf to all but deletions below", () => {
    const scene = watching(addRecursiveWatch("/p"), exists("/p", true));
    expect(
      hears(scene, create("/p/n"), setData("/p/n"), remove("/p/n"), setData("/p"), setData("/p")),
    ).toEqual(["deleted /p/n", "dataChanged /p"]);
  });

  it("a one-shot child watch leaves the data half of a recursive one", () => {
    const scene = watching(addRecursiveWatch("/p"), getChildren("/p", true));
    expect(hears(scene, create("/p/n"), create("/p/o"), remove("/p/o"))).toEqual([
      "created /p/n",
      "childrenChanged /p",
      "created /p/o",
      "deleted /p/o",
    ]);
  });

  it("a persistent one replaces a recursive one, and the other way around", () => {
    const scene = watching(addRecursiveWatch("/p"), addWatch("/p"));
    expect(hears(scene, setData("/p/q"), create("/p/n"))).toEqual(["childrenChanged /p"]);
    scene.client.request(addRecursiveWatch("/p"));
    scene.client.take();
    expect(hears(scene, setData("/p/q"), remove("/p/n"))).toEqual([
      "dataChanged /p/q",
      "deleted /p/n",
    ]);
  });

  it("is no matter of other connections", () => {
    const scene = watching(addWatch("/p"));
    const other = scene.server.connect();
    other.request(getData("/p", true));
    expect(hears(scene, setData("/p"), setData("/p"))).toEqual([
      "dataChanged /p",
      "dataChanged /p",
    ]);
    expect(other.takeTrace().slice(1)).toEqual(["dataChanged /p"]);
  });
});

describe("events of persistent watches", () => {
  it("come before the reply of the write that they are of, on the writer's own connection", () => {
    const { client } = watching(addRecursiveWatch("/p"), addWatch("/p"), addRecursiveWatch("/"));
    client.request(create("/p/n"), 9);
    expect(client.takeTrace().map((line) => line.replace(/ @\d+/, ""))).toEqual([
      "created /p/n",
      "childrenChanged /p",
      "reply 9 0",
    ]);
  });

  it("of a failed multi do not come", () => {
    const { client } = watching(addRecursiveWatch("/"));
    client.request(multi(create("/p/n"), setData("/p/n"), remove("/missing")));
    expect(client.take().filter(({ kind }) => kind === "event")).toEqual([]);
  });

  it("end with their connection", () => {
    const scene = watching(addRecursiveWatch("/"), addWatch("/p"));
    const { server, client } = scene;
    server.disconnect(client);
    const again = server.connect({ sessionId: client.sessionId, passwd: client.passwd });
    expect(hears(scene, create("/p/n"))).toEqual([]);
    expect(again.take()).toEqual([]);
    expect(server.watches.countOf(client)).toBe(0);
  });
});

describe("removal by type", () => {
  it.each<[string, number, string[]]>([
    ["of children", 1, ["dataChanged /p"]],
    ["of data", 2, ["childrenChanged /p"]],
    ["of any", 3, []],
  ])("%s leaves the rest of a persistent watch", (_, type, left) => {
    const scene = watching(addWatch("/p"), removeWatches("/p", type));
    expect(hears(scene, setData("/p"), create("/p/n"))).toEqual(left);
  });

  it.each<[string, number, string[]]>([
    ["of children", 1, ["created /p/n", "deleted /p/n"]],
    ["of data", 2, ["deleted /p/n"]],
    ["of any", 3, []],
  ])("%s leaves the rest of a recursive watch", (_, type, left) => {
    const scene = watching(addRecursiveWatch("/p"), removeWatches("/p", type));
    expect(hears(scene, create("/p/n"), remove("/p/n"))).toEqual(left);
  });
});
