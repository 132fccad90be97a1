/** How sessions end, and what ends with them. */
import { describe, expect, it } from "vitest";
import { TestServer } from "./harness.ts";
import {
  closeSession,
  create,
  ephemeral,
  exists,
  getChildren,
  multi,
  ping,
  remove,
  sequential,
} from "./request-builders.ts";

describe("closeSession", () => {
  it("is answered, then the connection closes and the session is gone", () => {
    const server = new TestServer();
    const client = server.connect();
    expect(client.request(closeSession, 9)).toEqual({
      kind: "reply",
      xid: 9,
      zxid: 2,
      err: 0,
      reply: closeSession,
    });
    expect(client.closed).toBe(true);
    expect(server.store.getSession(client.sessionId)).toBeUndefined();
  });

  it("takes all of the session's ephemerals with it under one zxid, and nobody else's", () => {
    const server = new TestServer();
    const [client, other] = [server.connect(), server.connect()];
    client.request(create("/p"));
    client.request(ephemeral("/p/e1"));
    client.request(create("/p/e", { flags: 3 }));
    client.request(ephemeral("/top"));
    client.request(multi(ephemeral("/in-multi")));
    client.request(create("/kept"));
    other.request(ephemeral("/p/other"));
    const before = server.lastZxid;
    const { zxid } = client.request(closeSession);
    expect(zxid).toBe(before + 1);
    expect(server.lastZxid).toBe(before + 1);
    expect(server.store.paths()).toEqual([
      "/",
      "/kept",
      "/p",
      "/p/other",
      "/zookeeper",
      "/zookeeper/config",
      "/zookeeper/quota",
    ]);
    expect(server.znode("/p")).toMatchObject({ pzxid: zxid, numChildren: 1, childrenCreated: 3 });
    expect(server.znode("/")).toMatchObject({ pzxid: zxid, numChildren: 3 });
  });

  it("touches no parent when there are no ephemerals", () => {
    const server = new TestServer();
    const client = server.connect();
    const { zxid } = client.request(create("/a"));
    client.request(closeSession);
    expect(server.znode("/")).toMatchObject({ pzxid: zxid });
  });

  it("tells who watched the ephemerals, the closing client too, before its own reply", () => {
    const server = new TestServer();
    const [client, other] = [server.connect(), server.connect()];
    client.request(ephemeral("/e1"));
    for (const watcher of [client, other]) {
      watcher.request(exists("/e1", true));
      watcher.request(getChildren("/", true));
      watcher.take();
    }
    client.request(closeSession, 5);
    expect(client.takeTrace()).toEqual(["deleted /e1", "childrenChanged /", "reply 5 @4 0"]);
    expect(other.takeTrace()).toEqual(["deleted /e1", "childrenChanged /"]);
  });

  it("tells of each of several ephemerals, and of their parent once", () => {
    const server = new TestServer();
    const [client, other] = [server.connect(), server.connect()];
    client.request(create("/p"));
    for (const name of ["e3", "e1", "e2"]) {
      client.request(ephemeral(`/p/${name}`));
      other.request(exists(`/p/${name}`, true));
    }
    other.request(getChildren("/p", true));
    other.take();
    client.request(closeSession);
    const trace = other.takeTrace();
    expect(trace.toSorted()).toEqual([
      "childrenChanged /p",
      "deleted /p/e1",
      "deleted /p/e2",
      "deleted /p/e3",
    ]);
    // The parent's watch fires with the first of them.
    expect(trace[1]).toBe("childrenChanged /p");
  });

  it("may carry a body, which nobody reads", () => {
    const client = new TestServer().connect();
    expect(client.send(-11, Buffer.from("garbage"))).toMatchObject({ err: 0 });
    expect(client.closed).toBe(true);
  });
});

describe("expiry", () => {
  it("comes at the tick after the timeout: not before it, and never later than a tick", () => {
    const server = new TestServer();
    const client = server.connect({ timeOut: 5_000 });
    client.request(ephemeral("/e"));
    expect(server.advance(4_999)).toEqual([]);
    expect(server.znode("/e")).toBeDefined();
    expect(server.advance(2_001)).toEqual([client.sessionId]);
    expect(server.znode("/e")).toBeUndefined();
    expect(client.closed).toBe(true);
    expect(client.take().filter(({ kind }) => kind === "event")).toEqual([]);
  });

  it("does not come while the client is heard of, by whatever request", () => {
    const server = new TestServer();
    const [pinging, reading, writing, silent] = [
      server.connect({ timeOut: 4_000 }),
      server.connect({ timeOut: 4_000 }),
      server.connect({ timeOut: 4_000 }),
      server.connect({ timeOut: 4_000 }),
    ];
    const expired = [];
    for (let i = 0; i < 20; i++) {
      expired.push(...server.advance(1_300));
      pinging.request(ping);
      reading.request(exists("/"));
      writing.request(remove("/no"));
    }
    expect(expired).toEqual([silent.sessionId]);
    for (const client of [pinging, reading, writing]) expect(client.closed).toBe(false);
  });

  it("comes also for a session whose connection is gone, and not for one that was resumed", () => {
    const server = new TestServer();
    const lost = server.connect({ timeOut: 6_000 });
    lost.request(ephemeral("/lost"));
    const resumed = server.connect({ timeOut: 6_000 });
    resumed.request(ephemeral("/resumed"));
    server.disconnect(lost);
    server.disconnect(resumed);
    server.advance(5_000);
    const { sessionId, passwd } = resumed;
    const again = server.connect({ sessionId, passwd, timeOut: 6_000 });
    expect(server.advance(4_000)).toEqual([lost.sessionId]);
    expect(server.znode("/lost")).toBeUndefined();
    expect(again.request(exists("/resumed")).err).toBe(0);
  });

  it("tells who watched, in the order that a delete would", () => {
    const server = new TestServer();
    const client = server.connect({ timeOut: 4_000 });
    const watcher = server.connect({ timeOut: 40_000 });
    client.request(ephemeral("/e"));
    watcher.request(exists("/e", true));
    watcher.request(getChildren("/", true));
    watcher.take();
    server.advance(8_000);
    expect(watcher.takeTrace()).toEqual(["deleted /e", "childrenChanged /"]);
  });

  it("frees the names of sequential ephemerals, and not their numbers", () => {
    const server = new TestServer();
    const client = server.connect({ timeOut: 4_000 });
    const other = server.connect({ timeOut: 40_000 });
    client.request(create("/s", { flags: 3 }));
    server.advance(8_000);
    expect(other.request(sequential("/s")).reply).toMatchObject({ path: "/s0000000001" });
  });
});

describe("a session that is taken over", () => {
  it("keeps its ephemerals and loses its watches", () => {
    const server = new TestServer();
    const first = server.connect();
    first.request(ephemeral("/e"));
    first.request(exists("/e", true));
    first.request(getChildren("/", true));
    first.take();
    const second = server.connect({ sessionId: first.sessionId, passwd: first.passwd });
    server.connect().request(remove("/e"));
    expect(first.take()).toEqual([]);
    expect(second.take()).toEqual([]);
  });

  it("closes as one session: ephemerals of before the move go too", () => {
    const server = new TestServer();
    const first = server.connect();
    first.request(ephemeral("/before"));
    const second = server.connect({ sessionId: first.sessionId, passwd: first.passwd });
    second.request(ephemeral("/after"));
    second.request(closeSession);
    expect(server.znode("/before")).toBeUndefined();
    expect(server.znode("/after")).toBeUndefined();
  });
});
