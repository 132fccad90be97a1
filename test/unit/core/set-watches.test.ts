/** setWatches: what a client is told of what it missed, in which order, and what is watched again. */
import { describe, expect, it } from "vitest";
import { TestServer, type TestConnection } from "./harness.ts";
import { create, exists, remove, setData, setWatches } from "./request-builders.ts";

/**
 * Znodes that changed in their ways after a client's last zxid: `/s/chg` got data, `/s/gone` is deleted, `/s/kids`
 * has a new child, `/s/new` was created; `/s/same` is as it was and `/s/absent` was never there.
 */
function prepare(): {
  rel: number;
  server: TestServer;
  writer: TestConnection;
  client: TestConnection;
} {
  const server = new TestServer();
  const writer = server.connect();
  for (const name of ["", "/chg", "/same", "/gone", "/kids"]) writer.request(create(`/s${name}`));
  const rel = server.lastZxid;
  writer.request(setData("/s/chg"));
  writer.request(remove("/s/gone"));
  writer.request(create("/s/kids/k"));
  writer.request(create("/s/new"));
  return { rel, server, writer, client: server.connect() };
}

const s = (...names: readonly string[]) => names.map((name) => `/s/${name}`);

/** What the client receives for setWatches, without the zxid of the reply. */
function restore(
  lists: Parameters<typeof setWatches>[1],
  relativeZxid?: number,
): { trace: string[]; writer: TestConnection; client: TestConnection } {
  const { rel, server, writer, client } = prepare();
  const before = server.lastZxid;
  const answer = client.request(setWatches(relativeZxid ?? rel, lists), -8);
  expect(answer).toMatchObject({ xid: -8, zxid: before, err: 0, reply: { type: 101 } });
  const trace = client.takeTrace();
  expect(trace.at(-1)).toBe(`reply -8 @${before} 0`);
  return { trace: trace.slice(0, -1), writer, client };
}

describe("setWatches tells what was missed", () => {
  it("of data: deleted when it is gone, changed when its mzxid is later", () => {
    expect(restore({ data: s("same", "gone", "chg", "new", "absent") }).trace).toEqual([
      "deleted /s/gone",
      "dataChanged /s/chg",
      "dataChanged /s/new",
      "deleted /s/absent",
    ]);
  });

  it("of existence: created for everything that is there, whenever it came", () => {
    expect(restore({ exist: s("same", "gone", "chg", "new", "absent") }).trace).toEqual([
      "created /s/same",
      "created /s/chg",
      "created /s/new",
    ]);
  });

  it("of children: deleted when it is gone, changed when its pzxid is later", () => {
    expect(restore({ child: s("same", "gone", "kids", "absent") }).trace).toEqual([
      "deleted /s/gone",
      "childrenChanged /s/kids",
      "deleted /s/absent",
    ]);
  });

  it("twice for a path in two lists", () => {
    const lists = { data: s("gone"), exist: s("gone"), child: s("gone") };
    expect(restore(lists).trace).toEqual(["deleted /s/gone", "deleted /s/gone"]);
  });

  it("twice for a path that stands twice in a list", () => {
    expect(restore({ data: s("chg", "chg") }).trace).toEqual([
      "dataChanged /s/chg",
      "dataChanged /s/chg",
    ]);
  });

  it("in the order data, existence, children, each in the order of the request", () => {
    const lists = { child: s("kids", "gone"), exist: s("new", "chg"), data: s("new", "chg") };
    expect(restore(lists).trace).toEqual([
      "dataChanged /s/new",
      "dataChanged /s/chg",
      "created /s/new",
      "created /s/chg",
      "childrenChanged /s/kids",
      "deleted /s/gone",
    ]);
  });

  it("of everything, when the client has seen nothing", () => {
    expect(restore({ data: s("same"), child: s("same") }, 0).trace).toEqual([
      "dataChanged /s/same",
      "childrenChanged /s/same",
    ]);
    expect(restore({ data: ["/zookeeper"], child: ["/zookeeper"] }, -1).trace).toEqual([
      "dataChanged /zookeeper",
      "childrenChanged /zookeeper",
    ]);
    expect(restore({ data: ["/zookeeper"], child: ["/zookeeper"] }, 0).trace).toEqual([]);
  });

  it("not of a change at exactly the zxid that the client has seen", () => {
    const server = new TestServer();
    const client = server.connect();
    const { zxid } = client.request(create("/a"));
    client.take();
    client.request(setWatches(zxid, { data: ["/a"], child: ["/a"] }));
    expect(client.take().filter(({ kind }) => kind === "event")).toEqual([]);
    client.request(setWatches(zxid - 1, { data: ["/a"], child: ["/a"] }));
    expect(client.takeTrace().slice(0, -1)).toEqual(["dataChanged /a", "childrenChanged /a"]);
  });

  it("with the invalid path that was asked for", () => {
    expect(restore({ data: ["/\ufffd\ufffd", "no slash"] }).trace).toEqual([
      "deleted /\ufffd\ufffd",
      "deleted no slash",
    ]);
  });

  it("of the empty path what happened to the root", () => {
    const root = { data: [""], child: [""] };
    expect(restore(root, 2 ** 40).trace).toEqual([]);
    expect(restore(root, 0).trace).toEqual(["childrenChanged "]);
  });

  it("nothing, for empty lists", () => {
    expect(restore({}).trace).toEqual([]);
  });
});

describe("setWatches watches again", () => {
  it("what has not changed", () => {
    const lists = { data: s("same"), exist: s("absent"), child: s("same") };
    const { trace, writer, client } = restore(lists);
    expect(trace).toEqual([]);
    writer.request(setData("/s/same"));
    writer.request(create("/s/absent"));
    writer.request(create("/s/same/kid"));
    expect(client.takeTrace()).toEqual([
      "dataChanged /s/same",
      "created /s/absent",
      "childrenChanged /s/same",
    ]);
  });

  it("everything that exists, when the client is ahead of every change", () => {
    const { trace, writer, client } = restore({ data: s("chg"), child: s("kids") }, 2 ** 40);
    expect(trace).toEqual([]);
    writer.request(setData("/s/chg"));
    writer.request(remove("/s/kids/k"));
    expect(client.takeTrace()).toEqual(["dataChanged /s/chg", "childrenChanged /s/kids"]);
  });

  it("nothing that it has told of", () => {
    const { writer, client } = restore({
      data: s("chg", "gone"),
      exist: s("new"),
      child: s("kids"),
    });
    writer.request(setData("/s/chg"));
    writer.request(create("/s/gone"));
    writer.request(remove("/s/new"));
    writer.request(create("/s/kids/k2"));
    expect(client.take()).toEqual([]);
  });

  it("a data watch, for a path in the list of existence that is missing", () => {
    const { writer, client } = restore({ exist: s("absent") });
    writer.request(create("/s/absent"));
    writer.request(remove("/s/absent"));
    expect(client.takeTrace()).toEqual(["created /s/absent"]);
  });

  it("once, a path that is watched already", () => {
    const { rel, writer, client } = prepare();
    client.request(exists("/s/same", true));
    client.request(setWatches(rel, { data: s("same", "same") }));
    client.take();
    writer.request(setData("/s/same"));
    expect(client.takeTrace()).toEqual(["dataChanged /s/same"]);
  });

  it("under any xid", () => {
    const { rel, client } = prepare();
    expect(client.request(setWatches(rel, { data: s("same") }), 74)).toMatchObject({ xid: 74 });
  });
});
