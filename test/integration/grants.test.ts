/** Grants over WebSockets: through hibernation, to their end, and renewed. */
import { describe, expect, it } from "vitest";
import { GRANT_PREFIX_UNITS_MAX, GRANT_PREFIXES_MAX } from "../../src/core/grant.ts";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import { CreateFlags, EventType, OpCode } from "../../src/protocol/op-code.ts";
import type { Request } from "../../src/protocol/requests.ts";
import { advanceBy, useClock } from "./support/clock.ts";
import { Connection, eventually, openSocket } from "./support/connection.ts";
import { TestNamespace } from "./support/namespace.ts";
import { fetchWith, tokenFor, type TokenClaims, withToken } from "./support/tokens.ts";
import {
  connectFrame,
  createRequest,
  handshake,
  requestFrame,
  type TestClient,
  tokenAuth,
} from "./support/zookeeper-client.ts";

const { noAuth, authFailed, ok } = ErrorCode;
const { nodeDataChanged } = EventType;

/** Close code of a connection whose grant is over. */
const UNAUTHORIZED = 3000;

useClock();

async function connectAs(namespace: TestNamespace, claims: TokenClaims = {}): Promise<TestClient> {
  return namespace.connect({}, withToken(await tokenFor(claims)));
}

function getData(path: string, watch = false): Request {
  return { type: OpCode.getData, path, watch };
}

describe("a WebSocket with a token", () => {
  it("may do what that says, whatever is asked", async () => {
    const namespace = new TestNamespace();
    const admin = await namespace.connect();
    await admin.create("/b", "secret");
    const client = await connectAs(namespace);
    await client.create("/a", "x");
    expect((await client.request(getData("/b"))).err).toBe(noAuth);
    expect((await client.request(createRequest("/a2"))).err).toBe(noAuth);
    const { reply } = await client.multi([createRequest("/a/x"), createRequest("/c")]);
    expect(reply).toMatchObject({ results: [{ err: ok }, { err: noAuth }] });
    expect(await admin.children("/")).toEqual(["a", "b", "zookeeper"]);
    expect(await admin.children("/a")).toEqual([]);
  });

  it("keeps its grant through hibernation", async () => {
    const namespace = new TestNamespace();
    const admin = await namespace.connect();
    await admin.create("/b", "secret");
    const client = await connectAs(namespace);
    await client.create("/a", "x");
    for (let i = 0; i < 2; i++) {
      await namespace.hibernate();
      expect((await client.request(getData("/b"))).err).toBe(noAuth);
      expect(await client.getData("/a")).toBe("x");
      const { reply } = await client.request({ type: OpCode.whoAmI });
      expect(reply).toMatchObject({
        clientInfo: expect.arrayContaining([{ authScheme: "jwt", user: "worker" }]),
      });
    }
  });

  it("gets nothing by naming a grant, or an address, of its own", async () => {
    const namespace = new TestNamespace();
    const everything = { subject: "root", prefixes: ["/"], permissions: ["read", "create"] };
    const forged = encodeURIComponent(JSON.stringify(everything));
    const headers = {
      "edgekeeper-grant": forged,
      "Edgekeeper-Grant": forged,
      "edgekeeper-client-address": "10.0.0.1",
      "cf-connecting-ip": "192.0.2.1",
    };
    const token = await tokenFor();
    const client = await namespace.connect({}, withToken(token, headers));
    expect((await client.request(createRequest("/root"))).err).toBe(noAuth);
    const { reply } = await client.request({ type: OpCode.whoAmI });
    expect(reply).toEqual({
      type: OpCode.whoAmI,
      clientInfo: [
        { authScheme: "ip", user: "192.0.2.1" },
        { authScheme: "jwt", user: "worker" },
      ],
    });
  });

  it("nor can it be made less by a header, where everything is allowed", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect(
      {},
      {
        fetch: (request) => {
          const copy = new Request(request);
          copy.headers.set("edgekeeper-grant", encodeURIComponent("{}"));
          return fetchWith({ ACCESS: "open" }, copy);
        },
      },
    );
    expect(await client.create("/x")).toBe("/x");
  });

  it("may have a subject in any script", async () => {
    const namespace = new TestNamespace();
    const client = await connectAs(namespace, { sub: "Zoë 🦊\r\nx: y", prefixes: ["/ä"] });
    await client.create("/ä");
    await namespace.hibernate();
    const { reply } = await client.request({ type: OpCode.whoAmI });
    expect(reply).toMatchObject({
      clientInfo: expect.arrayContaining([{ authScheme: "jwt", user: "Zoë 🦊\r\nx: y" }]),
    });
  });

  it("is refused before there is one", async () => {
    for (const [claims, status] of [
      [{ namespaces: ["other"] }, 403],
      [{ expiresMs: Date.now() - 1 }, 401],
      [{ prefixes: Array.from({ length: GRANT_PREFIXES_MAX + 1 }, (_, i) => `/${i}`) }, 403],
      [{ prefixes: [`/${"x".repeat(GRANT_PREFIX_UNITS_MAX)}`] }, 403],
    ] as const) {
      const { fetch } = withToken(await tokenFor(claims));
      await expect(openSocket("default", fetch)).rejects.toThrow(`status ${status}`);
    }
  });

  it("with the largest grant fits its attachment, beside many identities and watches", async () => {
    const namespace = new TestNamespace();
    const each = Math.floor(GRANT_PREFIX_UNITS_MAX / GRANT_PREFIXES_MAX) - 1;
    const prefixes = Array.from(
      { length: GRANT_PREFIXES_MAX },
      (_, i) => `/${String.fromCharCode(0x4e00 + i).repeat(each)}`,
    );
    const client = await connectAs(namespace, { sub: "\u4e00".repeat(256), prefixes });
    const [prefix = ""] = prefixes;
    await client.create(prefix);
    for (let i = 0; i < 30; i++) await client.addAuth(`${"\u4e00".repeat(10)}${i}:x`);
    const watches = Array.from({ length: 100 }, (_, i) => ({
      type: OpCode.exists,
      path: `${prefix}/${i}`,
      watch: true,
    }));
    for (const { err } of await client.pipeline(watches)) expect(err).toBe(ErrorCode.noNode);
    await namespace.hibernate();
    expect(await client.getData(prefix)).toBe("");
    expect((await client.request(getData("/other"))).err).toBe(noAuth);
  });
});

describe("the end of a grant", () => {
  it.each([false, true])(
    "closes the connection at its alarm, and the session lives on (hibernating: %s)",
    async (hibernates) => {
      const namespace = new TestNamespace();
      const admin = await namespace.connect();
      const expiresMs = (Math.floor(Date.now() / 1_000) + 10) * 1_000;
      const client = await connectAs(namespace, { expiresMs });
      await client.create("/a");
      await client.create("/a/e", "", CreateFlags.ephemeral);
      await client.getData("/a", true);
      if (hibernates) await namespace.hibernate();
      await namespace.passTo(expiresMs - 1_000);
      expect(client.connection.isClosed).toBe(false);
      await namespace.passTo(expiresMs);
      expect(await client.connection.closed).toBe(UNAUTHORIZED);
      await admin.setData("/a", "x");
      expect(client.events).toEqual([]);
      expect(await admin.exists("/a/e")).toBeDefined();
      const options = withToken(await tokenFor({ expiresMs: expiresMs + 60_000 }));
      const again = await namespace.connect(client.credentials, options);
      expect(again.sessionId).toBe(client.sessionId);
      expect(await again.getData("/a")).toBe("x");
    },
  );

  it("is kept at the first request when the alarm is late", async () => {
    const namespace = new TestNamespace();
    const client = await connectAs(namespace, { expiresMs: Date.now() + 5_000 });
    await client.create("/a");
    advanceBy(5_001);
    await expect(client.create("/a/late")).rejects.toThrow(`${UNAUTHORIZED}`);
    expect(await client.connection.closed).toBe(UNAUTHORIZED);
    const admin = await namespace.connect();
    expect(await admin.children("/a")).toEqual([]);
  });

  it("is put off by a token of the same subject, also while the object sleeps in between", async () => {
    const namespace = new TestNamespace();
    const expiresMs = (Math.floor(Date.now() / 1_000) + 6) * 1_000;
    const client = await connectAs(namespace, { expiresMs });
    await client.create("/a");
    const later = await tokenFor({ expiresMs: expiresMs + 6_000 });
    expect((await client.proveToken(later)).err).toBe(ok);
    await namespace.hibernate();
    await namespace.passTo(expiresMs);
    expect(await client.getData("/a")).toBe("");
    await namespace.passTo(expiresMs + 6_000);
    expect(await client.connection.closed).toBe(UNAUTHORIZED);
  });
});

describe("a token in an auth request", () => {
  it("holds up what is behind it, and nothing else, in order", async () => {
    const namespace = new TestNamespace();
    const client = await connectAs(namespace, { prefixes: ["/a"] });
    const other = await namespace.connect();
    const wide = await tokenFor({ prefixes: ["/"] });
    const answers = await client.pipeline([
      createRequest("/a"),
      createRequest("/b"),
      tokenAuth(wide),
      createRequest("/c"),
      tokenAuth(wide),
      tokenAuth(await tokenFor({ prefixes: ["/d"] })),
      createRequest("/e"),
      createRequest("/d"),
    ]);
    expect(answers.map(({ err }) => err)).toEqual([ok, noAuth, ok, ok, ok, ok, noAuth, ok]);
    expect(await other.children("/")).toEqual(["a", "c", "d", "zookeeper"]);
  });

  it("may come in the message of the handshake", async () => {
    const namespace = new TestNamespace();
    const connection = await Connection.open(namespace.name, withToken(await tokenFor()));
    const wide = await tokenFor({ prefixes: ["/"] });
    connection.send(
      connectFrame(),
      requestFrame(-4, tokenAuth(wide)),
      requestFrame(1, createRequest("/b")),
    );
    const admin = await namespace.connect();
    await eventually(async () => expect(await admin.exists("/b")).toBeDefined());
  });

  it("that is bad ends the connection, behind the answers to what came before", async () => {
    const namespace = new TestNamespace();
    const good = await tokenFor();
    for (const bad of [
      "wrong",
      "",
      `${good}x`,
      await tokenFor({ namespaces: ["other"] }),
      await tokenFor({ expiresMs: Date.now() - 1 }),
      await tokenFor({}, "another secret, which is long enough"),
      await tokenFor({ sub: "another" }),
    ]) {
      const client = await namespace.connect({}, withToken(good));
      const before = client.request({ type: OpCode.sync, path: "/a" });
      const failed = client.proveToken(bad);
      client.post(createRequest("/a"));
      expect((await before).err).toBe(ok);
      expect((await failed).err).toBe(authFailed);
      await client.connection.closed;
    }
    const admin = await namespace.connect();
    expect(await admin.children("/")).toEqual(["zookeeper"]);
  });

  it("is done with when its client has gone", async () => {
    const namespace = new TestNamespace();
    const client = await connectAs(namespace);
    client.post(tokenAuth(await tokenFor({ prefixes: ["/"] })));
    client.post(createRequest("/last"));
    client.connection.close();
    const admin = await namespace.connect();
    await eventually(async () => expect(await admin.exists("/last")).toBeDefined());
    await eventually(async () => {
      const rows = await namespace.rows("SELECT heard_ms FROM sessions WHERE subject = 'worker'");
      expect(rows).toEqual([{ heard_ms: expect.any(Number) }]);
    });
  });

  it("gives whoever may do everything a name in ACLs", async () => {
    const namespace = new TestNamespace();
    const client = await namespace.connect();
    expect((await client.proveToken(await tokenFor())).err).toBe(ok);
    const acl = [{ perms: 31, id: { scheme: "auth", id: "" } }];
    await client.request(createRequest("/mine", "", CreateFlags.persistent, acl));
    const other = await namespace.connect();
    expect((await other.request(getData("/mine"))).err).toBe(noAuth);
    const same = await connectAs(namespace, { prefixes: ["/mine"] });
    expect(await same.getData("/mine")).toBe("");
  });
});

describe("a session", () => {
  it("is its subject's, also when the object has slept", async () => {
    const namespace = new TestNamespace();
    const client = await connectAs(namespace);
    await client.create("/a");
    await client.create("/a/e", "", CreateFlags.ephemeral);
    await namespace.hibernate();
    for (const claims of [{ sub: "thief" }, { sub: "WORKER" }]) {
      const options = withToken(await tokenFor({ ...claims, prefixes: ["/"] }));
      const connection = await Connection.open(namespace.name, options);
      expect((await handshake(connection, client.credentials)).timeOut).toBe(0);
    }
    expect(client.connection.isClosed).toBe(false);
    const again = await namespace.connect(client.credentials, withToken(await tokenFor()));
    expect(again.sessionId).toBe(client.sessionId);
  });

  it("costs the same rows with a grant as without", async () => {
    const costs: number[] = [];
    for (const connect of [(n: TestNamespace) => n.connect(), connectAs]) {
      const namespace = new TestNamespace();
      await namespace.connect();
      costs.push(
        await namespace.rowsWrittenBy(async () => {
          const client = await connect(namespace);
          await client.create("/a");
          await client.closeSession();
        }),
      );
    }
    expect(costs[0]).toBe(costs[1]);
  });
});

it("watches of what a grant no longer covers say nothing", async () => {
  const namespace = new TestNamespace();
  const admin = await namespace.connect();
  for (const path of ["/a", "/b"]) await admin.create(path);
  const client = await connectAs(namespace, { prefixes: ["/"] });
  await client.getData("/a", true);
  await client.getData("/b", true);
  await client.proveToken(await tokenFor({ prefixes: ["/a"] }));
  await namespace.hibernate();
  await admin.setData("/b", "x");
  await admin.setData("/a", "x");
  await client.event(`${nodeDataChanged} /a`);
  expect(client.events).toEqual([`${nodeDataChanged} /a`]);
});
