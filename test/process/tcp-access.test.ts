/** A server that asks for tokens, over TCP: what nobody may do before an auth, and whoever has proven something after it. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request as requestOverHTTP } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import { CreateFlags, OpCode } from "../../src/protocol/op-code.ts";
import type { AuthRequest, Request } from "../../src/protocol/requests.ts";
import { type EdgekeeperServer, startEdgekeeper } from "../support/edgekeeper-server.ts";
import { NodeClient } from "./support/node-client.ts";
import { ConnectionLost, OPEN_ACL, SessionRefused, WireSession } from "./support/wire-session.ts";

const { noAuth, authFailed, ok } = ErrorCode;

const secret = randomBytes(32).toString("base64url");
const apiKey = `ek_${randomBytes(32).toString("base64url")}`;
const everything = "a token for everything";
const scope = {
  namespaces: ["default"],
  prefixes: ["/a"],
  permissions: ["read", "create", "delete"],
};

const folder = mkdtempSync(join(tmpdir(), "edgekeeper-access-"));
let server: EdgekeeperServer;

beforeAll(async () => {
  const file = join(folder, "vars.json");
  const hash = createHash("sha256").update(apiKey).digest("hex");
  const vars = {
    EDGEKEEPER_TOKEN: everything,
    JWT_KEYS: [{ secret }],
    API_KEYS: [{ hash, subject: "key", ...scope }],
    FOUR_LETTER_WORDS: "*",
  };
  writeFileSync(file, JSON.stringify(vars));
  server = await startEdgekeeper({ args: ["--vars", file] });
  const admin = await open();
  await admin.ask(auth(everything));
  await admin.create("/a", "x");
  await admin.create("/secret", "hidden");
  await admin.close();
});

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

function open(resume?: WireSession): Promise<WireSession> {
  const address = { host: server.host, port: server.zkPort };
  return WireSession.open(address, resume === undefined ? {} : { resume });
}

function auth(token: string, scheme = "jwt"): AuthRequest {
  return { type: OpCode.auth, authType: 0, scheme, auth: Buffer.from(token) };
}

async function tokenOf(sub: string, expiresInS = 60, claims: object = scope): Promise<string> {
  return new SignJWT({ sub, edgekeeper: claims, exp: Math.floor(Date.now() / 1_000) + expiresInS })
    .setProtectedHeader({ alg: "HS256" })
    .sign(Buffer.from(secret));
}

function read(path: string): Request {
  return { type: OpCode.getData, path, watch: false };
}

describe("without an auth", () => {
  const create = {
    type: OpCode.create,
    path: "/a/x",
    data: Buffer.from(""),
    acl: OPEN_ACL,
    flags: 0,
  } as const;
  const requests: readonly [string, Request][] = [
    ["create", create],
    ["multi", { type: OpCode.multi, ops: [create] }],
    [
      "multiRead",
      { type: OpCode.multiRead, ops: [{ type: OpCode.getData, path: "/a", watch: false }] },
    ],
    ["getData", read("/a")],
    ["exists with a watch", { type: OpCode.exists, path: "/a", watch: true }],
    ["getChildren", { type: OpCode.getChildren2, path: "/", watch: true }],
    ["addWatch", { type: OpCode.addWatch, path: "/", mode: 1 }],
    ["getEphemerals", { type: OpCode.getEphemerals, prefixPath: "/" }],
    ["sync", { type: OpCode.sync, path: "/" }],
    ["whoAmI", { type: OpCode.whoAmI }],
  ];

  it.each(requests)("%s is answered NoAuth", async (_, request) => {
    const session = await open();
    expect((await session.request(request)).err).toBe(noAuth);
    await session.ping();
    await session.close();
  });

  it("nor with one of a scheme that proves an identity", async () => {
    const session = await open();
    await session.ask(auth("me:secret", "digest"));
    expect((await session.request(read("/a"))).err).toBe(noAuth);
    await session.close();
  });

  it.each(["srvr", "stat", "dump", "wchp", "ruok"])("the word %s tells nothing", async (word) => {
    const socket = connect(server.zkPort, server.host);
    socket.end(word);
    expect(await text(socket)).toBe(
      `${word} is not executed because it is not in the whitelist.\n`,
    );
  });
});

describe("an auth", () => {
  it.each(["jwt", "bearer"])(
    "of the scheme %s lets in, for what the token is for",
    async (scheme) => {
      const session = await open();
      await session.ask(auth(await tokenOf("worker"), scheme));
      expect((await session.getData("/a")).data).toBe("x");
      expect((await session.request(read("/secret"))).err).toBe(noAuth);
      const set = {
        type: OpCode.setData,
        path: "/a",
        data: Buffer.from("y"),
        version: -1,
      } as const;
      expect((await session.request(set)).err).toBe(noAuth);
      await session.close();
    },
  );

  it("takes an API key, and the token for everything", async () => {
    const session = await open();
    await session.ask(auth(apiKey));
    expect((await session.request(read("/a"))).err).toBe(ok);
    expect((await session.request(read("/secret"))).err).toBe(noAuth);
    await session.close();
    const admin = await open();
    await admin.ask(auth(everything));
    expect((await admin.getData("/secret")).data).toBe("hidden");
    await admin.close();
  });

  it("is waited for by what was sent behind it, in order", async () => {
    const session = await open();
    const token = await tokenOf("worker");
    const errs = await Promise.all(
      [read("/a"), auth(token), read("/a"), read("/secret"), auth(token), read("/a")].map(
        async (request) => (await session.request(request)).err,
      ),
    );
    expect(errs).toEqual([noAuth, ok, ok, noAuth, ok, ok]);
    expect(session.log.map((entry) => entry.kind === "reply" && entry.xid)).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
    await session.close();
  });

  it("with a token that is bad fails, and ends the connection", async () => {
    for (const token of [
      "",
      "wrong",
      `${everything}!`,
      `ek_${"x".repeat(43)}`,
      await tokenOf("worker", -1),
      await tokenOf("worker", 60, { ...scope, namespaces: ["other"] }),
      await tokenOf("worker", 60, { ...scope, permissions: ["all"] }),
      await tokenOf("w".repeat(257)),
    ]) {
      const session = await open();
      const failed = session.request(auth(token));
      const behind = session.request(read("/a"));
      expect((await failed).err).toBe(authFailed);
      await expect(behind).rejects.toThrow(ConnectionLost);
      await session.connection.ended();
    }
    expect(server.output()).not.toContain(everything);
    expect(server.output()).not.toContain(apiKey);
  });

  it("ends with its token, and the session lives on for the next", async () => {
    const session = await open();
    await session.ask(auth(await tokenOf("worker", 2)));
    await session.create("/a/e", "", CreateFlags.ephemeral);
    await session.connection.ended();
    const again = await open(session);
    expect(again.sessionId).toBe(session.sessionId);
    expect((await again.request(read("/a/e"))).err).toBe(noAuth);
    await again.ask(auth(await tokenOf("worker")));
    expect((await again.getData("/a/e")).stat.ephemeralOwner).toBe(session.sessionId);
    await again.close();
  });
});

describe("a session over TCP", () => {
  it("of another subject cannot be used, nor ended, by who knows its password", async () => {
    const owner = await open();
    await owner.ask(auth(await tokenOf("owner")));
    await owner.create("/a/mine", "", CreateFlags.ephemeral);
    const thief = await open(owner);
    expect((await thief.request(read("/a/mine"))).err).toBe(noAuth);
    expect((await thief.request({ type: OpCode.closeSession })).err).toBe(noAuth);
    expect((await thief.request(auth(await tokenOf("thief")))).err).toBe(authFailed);
    await thief.connection.ended();
    const again = await open(owner);
    await again.ask(auth(await tokenOf("owner")));
    expect((await again.getData("/a/mine")).stat.ephemeralOwner).toBe(owner.sessionId);
    await again.close();
    await expect(open(owner)).rejects.toThrow(SessionRefused);
  });
});

describe("over HTTP", () => {
  it("a token is asked for, but not for the health", async () => {
    const url = `http://${server.host}:${server.httpPort}`;
    const headers = { authorization: `Bearer ${everything}` };
    expect((await fetch(`${url}/v1/default/counters`)).status).toBe(401);
    expect((await fetch(`${url}/v1/default/counters`, { headers })).status).toBe(200);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it("a path leads nowhere but where its names do, as it stands in the request", async () => {
    const authorization = `Bearer ${await tokenOf("worker")}`;
    const ask = async (path: string): Promise<string> => {
      const { host, httpPort: port } = server;
      const sent = requestOverHTTP({ host, port, path, headers: { authorization } }).end();
      const [response] = (await once(sent, "response")) as [IncomingMessage];
      return `${response.statusCode} ${await text(response)}`;
    };
    expect(await ask("/v1/default/znodes/a")).toBe("200 x");
    for (const path of [
      "/a/../secret",
      "/a/%2e%2e/secret",
      "/a/..%2fsecret",
      "/a%2f..%2fsecret",
      "//secret",
      "/a//../../secret",
      "/../znodes/secret",
      "/a/..;/secret",
      "/%73ecret",
      "/a/%c0%ae%c0%ae/secret",
      "/a\\..\\secret",
    ]) {
      expect(await ask(`/v1/default/znodes${path}`), path).toMatch(/^40[034] (?!.*hidden)/s);
    }
    expect(await ask("/v1/default/../other/znodes/a")).toMatch(/^40[034] /);
  });

  it("an address that a client claims is not believed, since nothing stands in front", async () => {
    const at = `${server.host}:${server.httpPort}/v1/default`;
    const headers = { authorization: `Bearer ${everything}` };
    const forged = { ...headers, "cf-connecting-ip": "10.0.0.1" };
    const socket = new WebSocket(`ws://${at}/zk`, { headers: forged });
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    const response = await fetch(`http://${at}/commands/cons`, { headers });
    const connections = await response.text();
    expect(connections).toContain("0.0.0.0");
    expect(connections).not.toContain("10.0.0.1");
    socket.close();
  });
});

it("node-zookeeper-client sends its auth by itself, again after a reconnect", async () => {
  const client = NodeClient.start(`${server.host}:${server.zkPort}`);
  client.client.addAuthInfo("jwt", Buffer.from(await tokenOf("worker")));
  await client.until("connected");
  expect(await client.create("/a/from-node")).toBe("/a/from-node");
  await client.close();
});
