/** What a grant lets a connection do, request by request. */
import { array, assert, constantFrom, property } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Grant,
  grantFault,
  intersect,
  isWithin,
  type Permission,
  PERMISSIONS,
  UNPROVEN,
} from "../../../src/core/grant.ts";
import { ErrorCode } from "../../../src/protocol/error-code.ts";
import { AddWatchMode, CreateFlags, OpCode, WatcherType } from "../../../src/protocol/op-code.ts";
import type { MultiOp, Request } from "../../../src/protocol/requests.ts";
import { type TestConnection, TestServer } from "./harness.ts";
import {
  acl,
  addRecursiveWatch,
  addWatch,
  auth,
  bytes,
  check,
  checkWatches,
  closeSession,
  container,
  create,
  create2,
  createTTL,
  deleteContainer,
  ephemeral,
  exists,
  getACL,
  getAllChildrenNumber,
  getChildren,
  getChildren2,
  getData,
  getEphemerals,
  multi,
  multiRead,
  OPEN,
  ping,
  reconfig,
  remove,
  removeWatches,
  sasl,
  sequential,
  setACL,
  setData,
  setWatches,
  setWatches2,
  sync,
  whoAmI,
} from "./request-builders.ts";

const { noAuth } = ErrorCode;

function grantOf(
  prefixes: readonly string[],
  permissions: readonly Permission[] = PERMISSIONS,
): Grant {
  return { subject: "worker", prefixes, permissions };
}

/** `/app` with a child and data, and a neighbour; and somebody with a grant. */
function prepare(grant: Grant): {
  server: TestServer;
  admin: TestConnection;
  client: TestConnection;
} {
  const server = new TestServer();
  const admin = server.connect();
  for (const path of ["/app", "/app/x", "/app/x/y", "/application", "/other", "/other/secret"]) {
    admin.request(create(path));
  }
  return { server, admin, client: server.connect({ grant }) };
}

/** Every request that names a path, about a path, with the permissions of which one is needed. */
const REQUESTS: readonly [name: string, (path: string) => Request, needs: readonly Permission[]][] =
  [
    ["create", (path) => create(`${path}/new`), ["create"]],
    ["create2", (path) => create2(`${path}/new`), ["create"]],
    ["create of a container", (path) => container(`${path}/new`), ["create"]],
    ["create with a TTL", (path) => createTTL(`${path}/new`, 1_000), ["create"]],
    ["create of a sequential znode", (path) => sequential(`${path}/n-`), ["create"]],
    ["create of an ephemeral", (path) => ephemeral(`${path}/e`), ["create"]],
    ["delete", (path) => remove(`${path}/y`), ["delete"]],
    ["setData", (path) => setData(path), ["write"]],
    ["setACL", (path) => setACL(path, OPEN), ["admin"]],
    ["getACL", (path) => getACL(path), ["read", "admin"]],
    ["exists", (path) => exists(path), ["read"]],
    ["exists with a watch", (path) => exists(path, true), ["read"]],
    ["getData", (path) => getData(path), ["read"]],
    ["getData with a watch", (path) => getData(path, true), ["read"]],
    ["getChildren", (path) => getChildren(path), ["read"]],
    ["getChildren2 with a watch", (path) => getChildren2(path, true), ["read"]],
    ["getAllChildrenNumber", (path) => getAllChildrenNumber(path), ["read"]],
    ["getEphemerals", (path) => getEphemerals(path), ["read"]],
    ["sync", (path) => sync(path), ["read"]],
    ["addWatch", (path) => addWatch(path), ["read"]],
    ["addWatch, recursive", (path) => addRecursiveWatch(path), ["read"]],
    ["setWatches", (path) => setWatches(0, { data: [path] }), ["read"]],
    ["setWatches for what may come", (path) => setWatches(0, { exist: [path] }), ["read"]],
    ["setWatches for children", (path) => setWatches(0, { child: [path] }), ["read"]],
    ["setWatches2", (path) => setWatches2(0, { persistent: [path] }), ["read"]],
    ["setWatches2, recursive", (path) => setWatches2(0, { recursive: [path] }), ["read"]],
  ];

/** The same in a multi, where the result of the op is looked at. */
const OPS: readonly [name: string, (path: string) => MultiOp, needs: readonly Permission[]][] = [
  ["create", (path) => create(`${path}/new`), ["create"]],
  ["create of a container", (path) => container(`${path}/new`), ["create"]],
  ["create of a sequential znode", (path) => sequential(`${path}/n-`), ["create"]],
  ["delete", (path) => remove(`${path}/y`), ["delete"]],
  ["setData", (path) => setData(path), ["write"]],
  ["check", (path) => check(path), ["read"]],
];

/** What the first op of a multi says. */
function errOf(client: TestConnection, op: MultiOp): number {
  const { err, reply } = client.request(multi(op));
  if (err !== 0 || reply?.type !== OpCode.multi) throw new Error(`not a multi's reply: ${err}`);
  const [result] = reply.results;
  return result?.type === OpCode.error ? result.err : ErrorCode.ok;
}

describe("permissions", () => {
  const singles = PERMISSIONS.map((permission) => [permission] as const);

  it.each(REQUESTS)("%s needs what it needs, and nothing else", (_, request, needs) => {
    for (const [permission] of singles) {
      const { client } = prepare(grantOf(["/app"], [permission]));
      const { err } = client.request(request("/app/x"));
      expect(err, permission).toBe(needs.includes(permission) ? ErrorCode.ok : noAuth);
    }
  });

  it.each(OPS)("%s in a multi needs the same", (_, op, needs) => {
    for (const [permission] of singles) {
      const { client } = prepare(grantOf(["/app"], [permission]));
      const expected = needs.includes(permission) ? ErrorCode.ok : noAuth;
      expect(errOf(client, op("/app/x")), permission).toBe(expected);
    }
  });

  it("asks those of checkWatches and removeWatches that a read needs", () => {
    const { client } = prepare(grantOf(["/app"], ["read"]));
    client.request(addWatch("/app/x"));
    expect(client.request(checkWatches("/app/x", WatcherType.any)).err).toBe(ErrorCode.ok);
    expect(client.request(removeWatches("/app/x", WatcherType.any)).err).toBe(ErrorCode.ok);
    const { client: writer } = prepare(grantOf(["/app"], ["write"]));
    expect(writer.request(checkWatches("/app/x", WatcherType.any)).err).toBe(noAuth);
    expect(writer.request(removeWatches("/app/x", WatcherType.any)).err).toBe(noAuth);
  });

  it("leaves reconfiguration to who may administrate where it is kept", () => {
    const { client } = prepare(grantOf(["/app"]));
    expect(client.request(reconfig("server.1")).err).toBe(noAuth);
    const { client: root } = prepare(grantOf(["/"]));
    expect(root.request(reconfig("server.1")).err).toBe(ErrorCode.reconfigDisabled);
  });

  it("of a grant without any is not even whoAmI", () => {
    const { client } = prepare(grantOf(["/"], []));
    expect(client.request(whoAmI).err).toBe(noAuth);
    expect(client.request(multi()).err).toBe(noAuth);
  });

  it("come before ACLs, which still count", () => {
    const { admin, client } = prepare(grantOf(["/app"]));
    admin.request(create("/app/closed", { acl: [acl("digest", "a:b")] }));
    expect(client.request(getData("/app/closed")).err).toBe(noAuth);
  });
});

describe("what is outside", () => {
  it.each(REQUESTS)("%s is answered NoAuth, whether it is there or not", (_, request) => {
    const { client, server } = prepare(grantOf(["/app"]));
    const { lastZxid } = server;
    for (const path of ["/other", "/nothing", "/application", "/", ""]) {
      expect(client.request(request(path)).err, path).toBe(noAuth);
    }
    expect(server.lastZxid).toBe(lastZxid);
    expect(server.watches.countOf(client)).toBe(0);
    expect(client.take().every(({ kind }) => kind === "reply")).toBe(true);
  });

  it("is checked for every op of a multi, which then does nothing", () => {
    const { client, server } = prepare(grantOf(["/app"]));
    const { lastZxid } = server;
    const { err, reply } = client.request(
      multi(
        setData("/app/x", "changed"),
        create("/app/new"),
        check("/other/secret"),
        remove("/app/x/y"),
      ),
    );
    expect(err).toBe(ErrorCode.ok);
    const results = reply?.type === OpCode.multi ? reply.results : [];
    expect(results).toEqual([0, 0, noAuth, -2].map((code) => ({ type: OpCode.error, err: code })));
    expect(server.znode("/app/x")?.data).toEqual(bytes(""));
    expect(server.znode("/app/new")).toBeUndefined();
    expect(server.lastZxid).toBe(lastZxid);
  });

  it("is an error of its own in a multiRead, and says nothing of the znode", () => {
    const { client } = prepare(grantOf(["/app"]));
    const { err, reply } = client.request(
      multiRead("/app/x", "/other", "/nothing", "/*", "/app/*"),
    );
    expect(err).toBe(ErrorCode.ok);
    const results = reply?.type === OpCode.multiRead ? reply.results : [];
    const denied = { type: OpCode.error, err: noAuth };
    expect(results.map(({ type }) => type)).toEqual([
      OpCode.getData,
      OpCode.error,
      OpCode.error,
      OpCode.error,
      OpCode.getChildren,
    ]);
    expect(results.slice(1, 4)).toEqual([denied, denied, denied]);
  });

  it("cannot be listed from above", () => {
    const { client } = prepare(grantOf(["/app/x"]));
    for (const path of ["/", "/app"]) {
      expect(client.request(getChildren(path)).err).toBe(noAuth);
      expect(client.request(getAllChildrenNumber(path)).err).toBe(noAuth);
    }
  });

  it("fails all of a setWatches, and none of its watches is set", () => {
    const { client, server } = prepare(grantOf(["/app"]));
    const all = { data: ["/app/x"], persistent: ["/app"], recursive: ["/app", "/"] };
    expect(client.request(setWatches2(0, all)).err).toBe(noAuth);
    expect(server.watches.countOf(client)).toBe(0);
  });

  it("is not among one's ephemerals, also by a prefix that is no path", () => {
    const { client } = prepare(grantOf(["/app", "/application"]));
    client.request(ephemeral("/app/e"));
    client.request(ephemeral("/application/e"));
    client.grant = grantOf(["/app"]);
    const { reply } = client.request(getEphemerals("/app"));
    expect(reply).toMatchObject({ ephemerals: ["/app/e"] });
    expect(client.request(getEphemerals("/")).err).toBe(noAuth);
    expect(client.request(getEphemerals(null)).err).toBe(noAuth);
  });

  it("is told to no watch that was set when the grant was wider", () => {
    const { admin, client } = prepare(grantOf(["/"]));
    client.request(addWatch("/", AddWatchMode.persistentRecursive));
    client.request(exists("/other/secret", true));
    client.grant = grantOf(["/app"]);
    client.take();
    admin.request(setData("/other/secret"));
    admin.request(setData("/app/x"));
    admin.request(remove("/other/secret"));
    expect(client.takeTrace()).toEqual(["dataChanged /app/x"]);
  });
});

describe("prefixes", () => {
  const escapes = [
    "/application",
    "/app-x",
    "/appx/y",
    "/APP/x",
    "/app\u0000/x",
    "/app%2fx",
    "/ap\u{ff50}",
    "//app/x",
    "/./app/x",
    "/other/../app/x",
    "app/x",
    "/a\u0301pp/x",
    "/app\\x",
    "\\app\\x",
    "/app\u2215x",
    "/app;/x",
    "/app?x",
  ];

  it.each(escapes)("end where a name ends, and nothing is decoded: %j is outside", (path) => {
    const { client } = prepare(grantOf(["/app"]));
    for (const request of [
      getData(path),
      exists(path),
      create(path),
      remove(path),
      setData(path),
    ]) {
      expect(client.request(request).err).toBe(noAuth);
    }
    expect(errOf(client, check(path))).toBe(noAuth);
  });

  it.each([
    "/app/../other",
    "/app/..",
    "/app/./../other",
    "/app//../other/secret",
    "/app/%2e%2e/other",
  ])("%j is a name below the prefix, and leads nowhere", (path) => {
    const { client, server } = prepare(grantOf(["/app"]));
    expect(client.request(getData(path)).err).toBe(ErrorCode.noNode);
    expect(client.request(getChildren(path)).err).toBe(ErrorCode.noNode);
    expect(client.request(setData(path)).err).not.toBe(ErrorCode.ok);
    expect(client.request(remove(path)).err).not.toBe(ErrorCode.ok);
    expect(client.request(create(`${path}/new`)).err).not.toBe(ErrorCode.ok);
    expect(server.store.paths()).not.toContain("/other/new");
    expect(server.znode("/other")?.numChildren).toBe(1);
  });

  it.each(["/app", "/application", "/ap"])(
    "of a sequential %s: its number makes it a neighbour, not a child",
    (path) => {
      const { client, server } = prepare(grantOf(["/app", "/app0", "/app0000000001"]));
      expect(client.request(sequential(path)).err).toBe(noAuth);
      expect(errOf(client, sequential(path))).toBe(noAuth);
      const flags = CreateFlags.persistentSequentialWithTTL;
      expect(client.request(createTTL(path, 1_000, { flags })).err).toBe(noAuth);
      expect(server.store.paths().filter((at) => /\d$/.test(at))).toEqual([]);
    },
  );

  it("of a sequential znode may end in a slash", () => {
    const { client } = prepare(grantOf(["/app"]));
    expect(client.request(sequential("/app/")).reply).toMatchObject({ path: "/app/0000000001" });
  });

  it("cover themselves", () => {
    const { client } = prepare(grantOf(["/app/x", "/mine"]));
    expect(client.request(getData("/app/x")).err).toBe(ErrorCode.ok);
    expect(client.request(create("/mine")).err).toBe(ErrorCode.ok);
    expect(client.request(remove("/mine")).err).toBe(ErrorCode.ok);
    expect(client.request(getData("/app")).err).toBe(noAuth);
  });

  it("say the same as comparing names one by one", () => {
    const path = array(constantFrom("a", "ab", "b", "", ".", "..", "a\u0000"), {
      maxLength: 4,
    }).map((names) => `/${names.join("/")}`);
    assert(
      property(path, path, (at, prefix) => {
        const [names, wanted] = [at.split("/"), prefix.split("/")];
        const byNames = prefix === "/" || wanted.every((name, index) => names[index] === name);
        expect(isWithin(at, prefix)).toBe(byNames);
      }),
    );
  });
});

describe("a grant that is over", () => {
  const expiresMs = 1_700_000_010_000;
  const grant = { ...grantOf(["/"]), expiresMs };

  it("ends the connection at the next request, and nothing is done", () => {
    for (const request of [
      getData("/app"),
      setData("/app"),
      ping,
      whoAmI,
      multi(setData("/app")),
    ]) {
      const { server, client } = prepare(grant);
      server.nowMs = expiresMs - 1;
      expect(client.request(request).err).toBe(ErrorCode.ok);
      const { lastZxid } = server;
      server.nowMs = expiresMs;
      expect(() => client.request(request)).toThrow("no reply");
      expect(client.closed).toBe(true);
      expect(server.lastZxid).toBe(lastZxid);
    }
  });

  it("tells of no events", () => {
    const { server, admin, client } = prepare(grant);
    client.request(getData("/app", true));
    client.take();
    server.nowMs = expiresMs;
    admin.request(setData("/app"));
    expect(client.take()).toEqual([]);
  });

  it("may still close its session", () => {
    const { server, client } = prepare(grant);
    client.request(ephemeral("/app/e"));
    server.nowMs = expiresMs;
    expect(client.request(closeSession).err).toBe(ErrorCode.ok);
    expect(server.znode("/app/e")).toBeUndefined();
  });

  it("leaves the session to whoever comes with a new one", () => {
    const { server, client } = prepare(grant);
    const { sessionId, passwd } = client;
    server.nowMs = expiresMs;
    expect(() => client.request(ping)).toThrow("no reply");
    const again = server.connect({ sessionId, passwd, grant: grantOf(["/app"]) });
    expect(again.sessionId).toBe(sessionId);
  });
});

describe("a connection that has proven nothing", () => {
  const everything: readonly (readonly [string, Request])[] = [
    ...REQUESTS.map(([name, request]) => [name, request("/app/x")] as const),
    ["multi", multi(setData("/app"))],
    ["an empty multi", multi()],
    ["multiRead", multiRead("/app")],
    ["whoAmI", whoAmI],
    ["sasl", sasl("x")],
    ["deleteContainer", deleteContainer],
    ["reconfig", reconfig(null)],
  ];

  it.each(everything)("%s is answered NoAuth", (_, request) => {
    const { server, client } = prepare(UNPROVEN);
    const { lastZxid } = server;
    expect(client.request(request).err).toBe(noAuth);
    expect(client.closed).toBe(false);
    expect(server.lastZxid).toBe(lastZxid);
  });

  it.each([OpCode.create, OpCode.multi, OpCode.getData])(
    "a malformed request of type %i is answered NoAuth, and takes no zxid",
    (type) => {
      const { server, client } = prepare(UNPROVEN);
      const { lastZxid } = server;
      expect(client.send(type, new Uint8Array())?.err).toBe(noAuth);
      expect(server.lastZxid).toBe(lastZxid);
    },
  );

  it("may ping, and end its session", () => {
    const { client } = prepare(UNPROVEN);
    expect(client.request(ping).err).toBe(ErrorCode.ok);
    expect(client.request(closeSession).err).toBe(ErrorCode.ok);
  });

  it("is not let in by what proves an identity", () => {
    const { client } = prepare(UNPROVEN);
    expect(client.request(auth("digest", "super:test")).err).toBe(ErrorCode.ok);
    expect(client.request(getData("/app")).err).toBe(noAuth);
  });
});

describe("grants themselves", () => {
  it.each<[Partial<Grant>, RegExp]>([
    [{ subject: "" }, /subject/],
    [{ subject: "x".repeat(257) }, /subject/],
    [{ prefixes: Array.from({ length: 33 }, (_, i) => `/${i}`) }, /more than 32/],
    [{ prefixes: [`/${"x".repeat(1_024)}`] }, /1024/],
    [{ prefixes: ["app"] }, /no path/],
    [{ prefixes: ["/app/"] }, /no path/],
    [{ prefixes: ["/app/../x"] }, /no path/],
    [{ prefixes: ["/\u{fffd}"] }, /no path/],
    [{ permissions: ["all" as Permission] }, /none of/],
  ])("are refused: %j", (part, fault) => {
    expect(grantFault({ ...grantOf(["/app"]), ...part })).toMatch(fault);
  });

  it("may be as large as they may be", () => {
    const prefixes = Array.from({ length: 32 }, (_, i) => `/${String(i).padEnd(31, "x")}`);
    expect(grantFault({ ...grantOf(prefixes), subject: "x".repeat(256) })).toBeUndefined();
  });

  it("have in common what both allow", () => {
    const one = { ...grantOf(["/a", "/b/c", "/d"], ["read", "write"]), expiresMs: 5 };
    const other = { ...grantOf(["/a/x", "/b", "/e"], ["write", "admin"]), subject: "other" };
    expect(intersect(one, other)).toEqual({
      subject: "worker",
      prefixes: ["/b/c", "/a/x"],
      permissions: ["write"],
      expiresMs: 5,
    });
    expect(intersect(other, one)).toMatchObject({ subject: "other", expiresMs: 5 });
  });
});
