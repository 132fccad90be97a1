/** addWatch, checkWatches, removeWatches and the lists that setWatches2 adds, as a client sees them. */
import { describe, expect, it } from "vitest";
import type { Request } from "../../../src/protocol/requests.ts";
import { TestServer, type TestConnection } from "./harness.ts";
import {
  addRecursiveWatch,
  addWatch,
  checkWatches,
  create,
  exists,
  getChildren,
  getData,
  remove,
  removeWatches,
  setData,
  setWatches2,
} from "./request-builders.ts";

const CHILDREN = 1;
const DATA = 2;
const ANY = 3;

interface Scene {
  readonly server: TestServer;
  readonly client: TestConnection;
  readonly other: TestConnection;
}

function prepare(...requests: readonly Request[]): Scene {
  const server = new TestServer();
  const other = server.connect();
  for (const path of ["/p", "/p/q"]) other.request(create(path));
  const client = server.connect();
  for (const request of requests) client.request(request);
  client.take();
  other.take();
  return { server, client, other };
}

describe("addWatch", () => {
  it("is answered without looking at the tree, an ACL or the path", () => {
    const { server, client } = prepare();
    const before = server.lastZxid;
    for (const path of ["/p", "/nope", "/nope/x", "", "no slash", "//", "/p/"]) {
      for (const request of [addWatch(path), addRecursiveWatch(path)]) {
        expect(client.request(request)).toMatchObject({
          err: 0,
          zxid: before,
          reply: { type: 106 },
        });
      }
    }
    expect(server.lastZxid).toBe(before);
  });

  it.each([2, 3, -1, 2_147_483_647])("with mode %d is answered -5 and sets nothing", (mode) => {
    const { server, client } = prepare();
    expect(client.request(addWatch("/p", mode))).toMatchObject({ err: -5, zxid: server.lastZxid });
    expect(client.closed).toBe(false);
    expect(server.watches.countOf(client)).toBe(0);
  });
});

describe("checkWatches", () => {
  it.each<[string, Request, number[]]>([
    ["getData", getData("/p", true), [DATA, ANY]],
    ["exists", exists("/p", true), [DATA, ANY]],
    ["getChildren", getChildren("/p", true), [CHILDREN, ANY]],
    ["addWatch", addWatch("/p"), [CHILDREN, DATA, ANY]],
    ["a recursive addWatch", addRecursiveWatch("/p"), [CHILDREN, DATA, ANY]],
  ])("finds the watch of %s by its types", (_, request, found) => {
    const { client } = prepare(request);
    for (const type of [CHILDREN, DATA, ANY]) {
      expect(client.request(checkWatches("/p", type)).err).toBe(found.includes(type) ? 0 : -121);
    }
  });

  it("finds anybody's watch", () => {
    const { other } = prepare(getData("/p", true));
    expect(other.request(checkWatches("/p", DATA)).err).toBe(0);
    expect(other.request(checkWatches("/p", CHILDREN)).err).toBe(-121);
  });

  it("finds a watch on its own path only", () => {
    const { client } = prepare(addRecursiveWatch("/p"));
    for (const path of ["/", "/p/q", "/pq"]) {
      expect(client.request(checkWatches(path, ANY)).err).toBe(-121);
    }
  });

  it("takes neither the watch nor a zxid", () => {
    const { server, client } = prepare(getData("/p", true));
    const before = server.lastZxid;
    for (let i = 0; i < 2; i++) {
      expect(client.request(checkWatches("/p", DATA))).toMatchObject({ err: 0, zxid: before });
    }
    client.take();
    client.request(setData("/p"));
    expect(client.takeTrace()[0]).toBe("dataChanged /p");
    expect(client.request(checkWatches("/p", DATA)).err).toBe(-121);
  });

  it("does not find what is watched at the empty path, and falls over a path without a slash", () => {
    const { client } = prepare(addWatch(""), addWatch("no slash"));
    expect(client.request(checkWatches("", ANY)).err).toBe(-121);
    expect(client.request(checkWatches("no slash", ANY)).err).toBe(-5);
    expect(client.closed).toBe(false);
  });
});

describe("removeWatches", () => {
  it("is answered -121 where this connection watches nothing of that type", () => {
    const { client, other } = prepare(getData("/p", true));
    expect(client.request(removeWatches("/p", CHILDREN)).err).toBe(-121);
    expect(client.request(removeWatches("/p/q", DATA)).err).toBe(-121);
    expect(client.request(removeWatches("/", ANY)).err).toBe(-121);
    expect(other.request(removeWatches("/p", DATA)).err).toBe(-121);
    expect(client.request(checkWatches("/p", DATA)).err).toBe(0);
  });

  it("removes once", () => {
    const { server, client } = prepare(addWatch("/p"));
    const before = server.lastZxid;
    expect(client.request(removeWatches("/p", DATA))).toMatchObject({ err: 0, zxid: before });
    expect(client.request(removeWatches("/p", DATA))).toMatchObject({ err: -121, zxid: before });
    expect(client.request(removeWatches("/p", ANY)).err).toBe(0);
    expect(client.request(removeWatches("/p", ANY)).err).toBe(-121);
  });

  it("leaves another connection's watch on the same path", () => {
    const { client, other } = prepare(addWatch("/p"));
    other.request(addWatch("/p"));
    client.request(removeWatches("/p", ANY));
    client.take();
    other.take();
    other.request(setData("/p"));
    expect(client.take()).toEqual([]);
    expect(other.takeTrace()[0]).toBe("dataChanged /p");
  });

  it("removes what is watched at paths that no znode can have", () => {
    const { server, client } = prepare(addWatch(""), addRecursiveWatch("no slash"));
    expect(client.request(removeWatches("", ANY)).err).toBe(0);
    expect(client.request(removeWatches("no slash", ANY)).err).toBe(0);
    expect(server.watches.countOf(client)).toBe(0);
  });
});

describe.each([
  ["checkWatches", checkWatches],
  ["removeWatches", removeWatches],
])("%s with a type that is none", (_, request) => {
  it.each([0, 4, 5, -1, 2_147_483_647])("%d is answered -5 and changes nothing", (type) => {
    const { server, client } = prepare(addWatch("/p"));
    expect(client.request(request("/p", type))).toMatchObject({ err: -5, zxid: server.lastZxid });
    expect(client.closed).toBe(false);
    expect(server.watches.countOf(client)).toBe(2);
  });
});

describe("setWatches2", () => {
  it("is answered after the events of its one-shot lists, as setWatches is", () => {
    const { server, client } = prepare();
    const lists = { data: ["/p", "/gone"], exist: ["/p/q"], child: ["/p"], persistent: ["/p"] };
    const answer = client.request(setWatches2(0, lists), -8);
    expect(answer).toMatchObject({ xid: -8, err: 0, zxid: server.lastZxid, reply: { type: 105 } });
    expect(client.takeTrace()).toEqual([
      "dataChanged /p",
      "deleted /gone",
      "created /p/q",
      "childrenChanged /p",
      `reply -8 @${server.lastZxid} 0`,
    ]);
  });

  it("watches persistently again, without a word about what was missed", () => {
    const { client, other } = prepare();
    client.request(setWatches2(0, { persistent: ["/p", "/new"], recursive: ["/p/q", "/gone"] }));
    expect(client.take()).toHaveLength(1);
    for (const request of [
      setData("/p"),
      create("/new"),
      create("/new/x"),
      create("/p/q/r"),
      create("/gone"),
      create("/gone/x"),
    ]) {
      other.request(request);
    }
    expect(client.takeTrace()).toEqual([
      "dataChanged /p",
      "created /new",
      "childrenChanged /new",
      "created /p/q/r",
      "created /gone",
      "created /gone/x",
    ]);
  });

  it("lets the last of its lists have a path that stands in several", () => {
    const { server, client } = prepare();
    const everywhere = { data: ["/p"], child: ["/p"], persistent: ["/p"], recursive: ["/p"] };
    client.request(setWatches2(2 ** 40, everywhere));
    expect(server.watches.pathsOf("data", client).get("/p")).toBe("recursive");
    client.request(setWatches2(2 ** 40, { persistent: ["/p"], data: ["/p"] }));
    expect(server.watches.pathsOf("data", client).get("/p")).toBe("persistent");
    // A one-shot watch that is set later replaces what is there.
    client.request(setWatches2(2 ** 40, { data: ["/p"] }));
    expect(server.watches.pathsOf("data", client).get("/p")).toBe("standard");
    expect(server.watches.pathsOf("child", client).get("/p")).toBe("persistent");
  });

  it("with empty lists is answered, and does nothing", () => {
    const { server, client } = prepare();
    expect(client.request(setWatches2(0, {})).err).toBe(0);
    expect(client.take()).toHaveLength(1);
    expect(server.watches.countOf(client)).toBe(0);
  });

  it("leaves one-shot watches one-shot", () => {
    const { client, other } = prepare(setWatches2(2 ** 40, { data: ["/p"], exist: ["/n"] }));
    for (const request of [setData("/p"), setData("/p"), create("/n"), remove("/n")]) {
      other.request(request);
    }
    expect(client.takeTrace()).toEqual(["dataChanged /p", "created /n"]);
  });
});
