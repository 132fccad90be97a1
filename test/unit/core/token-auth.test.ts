/** Tokens over a connection: what an auth with one does, and whose a session is. */
import { describe, expect, it } from "vitest";
import { type Grant, UNPROVEN } from "../../../src/core/grant.ts";
import { ErrorCode } from "../../../src/protocol/error-code.ts";
import { OpCode } from "../../../src/protocol/op-code.ts";
import { START_MS, type TestConnection, TestServer } from "./harness.ts";
import {
  acl,
  auth,
  closeSession,
  create,
  ephemeral,
  getACL,
  getData,
  setData,
  whoAmI,
} from "./request-builders.ts";

const { noAuth, authFailed, ok } = ErrorCode;

const alice: Grant = {
  subject: "alice",
  prefixes: ["/a"],
  permissions: ["read", "create", "write"],
};
const bob: Grant = { ...alice, subject: "bob", prefixes: ["/b"] };

/** A connection to which the tokens `alice`, `bob` and `all` prove what their names say. */
function connect(
  server: TestServer,
  options: { grant?: Grant; sessionId?: number; passwd?: Uint8Array | null } = {},
): TestConnection {
  const client = server.connect(options);
  client.proofs.set("alice", { grant: alice });
  client.proofs.set("bob", { grant: bob });
  client.proofs.set("all", { grant: undefined });
  return client;
}

function credentialsOf({ sessionId, passwd }: TestConnection): {
  sessionId: number;
  passwd: Uint8Array | null;
} {
  return { sessionId, passwd };
}

describe("an auth with a token", () => {
  it.each(["jwt", "bearer"])("of the scheme %s gives its grant to who had none", (scheme) => {
    const client = connect(new TestServer(), { grant: UNPROVEN });
    expect(client.request(create("/a")).err).toBe(noAuth);
    expect(client.request(auth(scheme, "alice"))).toMatchObject({ err: ok, zxid: 0 });
    expect(client.request(create("/a")).err).toBe(ok);
    expect(client.request(create("/b")).err).toBe(noAuth);
  });

  it("for everything takes the grant away", () => {
    const client = connect(new TestServer(), { grant: UNPROVEN });
    expect(client.request(auth("jwt", "all")).err).toBe(ok);
    expect(client.request(create("/b")).err).toBe(ok);
    expect(client.request(whoAmI).reply).toMatchObject({ clientInfo: [{ authScheme: "ip" }] });
  });

  it.each(["wrong", "", null])("that proves nothing (%j) ends the connection", (token) => {
    for (const grant of [UNPROVEN, alice]) {
      const client = connect(new TestServer(), { grant });
      expect(client.request(auth("jwt", token)).err).toBe(authFailed);
      expect(client.closed).toBe(true);
    }
  });

  it("that is over by the time of its turn proves nothing", () => {
    const client = connect(new TestServer(), { grant: UNPROVEN });
    client.proofs.set("old", { grant: { ...alice, expiresMs: START_MS } });
    expect(client.request(auth("jwt", "old")).err).toBe(authFailed);
  });

  it("of the same subject renews the grant", () => {
    const server = new TestServer();
    const client = connect(server, { grant: { ...alice, expiresMs: START_MS + 1_000 } });
    client.request(create("/a"));
    client.proofs.set("new", { grant: { ...alice, permissions: ["read"] } });
    expect(client.request(auth("jwt", "new")).err).toBe(ok);
    server.nowMs = START_MS + 1_000;
    expect(client.request(getData("/a")).err).toBe(ok);
    expect(client.request(setData("/a")).err).toBe(noAuth);
  });

  it.each(["bob", "all"])("makes nobody another: not alice %s", (token) => {
    const client = connect(new TestServer(), { grant: alice });
    expect(client.request(auth("jwt", token)).err).toBe(authFailed);
    expect(client.closed).toBe(true);
  });

  it("takes nothing from who may do everything, whom ACLs then know by it", () => {
    const server = new TestServer();
    const client = connect(server);
    expect(client.request(auth("jwt", "alice")).err).toBe(ok);
    expect(client.request(create("/b", { acl: [acl("auth", "")] })).err).toBe(ok);
    expect(client.request(getACL("/b")).reply).toMatchObject({ acl: [acl("jwt", "alice")] });
  });
});

describe("subjects in ACLs", () => {
  it("are who they are, and auth stands for them", () => {
    const server = new TestServer();
    const owner = connect(server, { grant: UNPROVEN });
    owner.request(auth("jwt", "alice"));
    expect(owner.request(whoAmI).reply).toMatchObject({
      clientInfo: [{ authScheme: "ip" }, { authScheme: "jwt", user: "alice" }],
    });
    owner.request(create("/a", { acl: [acl("auth", "")] }));
    const grant = { ...bob, prefixes: ["/"] };
    const other = connect(server, { grant: UNPROVEN });
    other.proofs.set("wide", { grant });
    other.request(auth("jwt", "wide"));
    expect(other.request(getData("/a")).err).toBe(noAuth);
    expect(owner.request(getData("/a")).err).toBe(ok);
    // Whole subjects, not their beginnings, and of this scheme alone.
    for (const id of [acl("jwt", "ali"), acl("jwt", "alice2"), acl("digest", "alice:x")]) {
      expect(server.connect().request(create(`/${id.id.id}`, { acl: [id] })).err).toBe(ok);
    }
    const wide = connect(server, { grant: { ...alice, prefixes: ["/"] } });
    wide.proofs.set("again", { grant: { ...alice, prefixes: ["/"] } });
    wide.request(auth("jwt", "again"));
    for (const path of ["/ali", "/alice2", "/alice:x"]) {
      expect(wide.request(getData(path)).err).toBe(noAuth);
    }
  });

  it("must be named", () => {
    const list = [acl("jwt", "")];
    expect(new TestServer().connect().request(create("/x", { acl: list })).err).toBe(
      ErrorCode.invalidACL,
    );
  });
});

describe("sessions", () => {
  it("are resumed by their subject, and by who may do everything", () => {
    const server = new TestServer();
    const first = connect(server, { grant: alice });
    for (const grant of [{ ...alice, permissions: ["read" as const] }, undefined]) {
      const again = server.connect({ ...credentialsOf(first), ...(grant && { grant }) });
      expect(again.sessionId).toBe(first.sessionId);
    }
  });

  it.each([
    ["another subject's", alice],
    ["of who may do everything", undefined],
    ["of who has not proven anything", UNPROVEN],
  ])("%s are expired to a subject, password or not", (_, owner) => {
    const server = new TestServer();
    const first = connect(server, owner === undefined ? {} : { grant: owner });
    const thief = server.connect({ ...credentialsOf(first), grant: bob });
    expect(thief.response?.timeOut).toBe(0);
    expect(thief.closed).toBe(true);
    expect(first.closed).toBe(false);
  });

  it("belong to whom their connection proves to be", () => {
    const server = new TestServer();
    const first = connect(server, { grant: UNPROVEN });
    first.request(auth("jwt", "alice"));
    expect(server.connect({ ...credentialsOf(first), grant: bob }).response?.timeOut).toBe(0);
    const again = connect(server, { ...credentialsOf(first), grant: alice });
    expect(again.sessionId).toBe(first.sessionId);
  });

  it("are no use to who knows the password and proves to be another", () => {
    const server = new TestServer();
    for (const owner of [alice, undefined]) {
      const first = connect(server, owner === undefined ? {} : { grant: owner });
      first.request(ephemeral("/a"));
      const thief = connect(server, { ...credentialsOf(first), grant: UNPROVEN });
      expect(thief.request(closeSession).err).toBe(noAuth);
      expect(thief.request(auth("jwt", "bob")).err).toBe(authFailed);
      expect(server.znode("/a")).toBeDefined();
      expect(server.store.getSession(first.sessionId)).toBeDefined();
      server.expire(first.sessionId);
    }
  });

  it("of nobody are claimed once", () => {
    const server = new TestServer();
    const first = connect(server, { grant: UNPROVEN });
    const second = connect(server, { ...credentialsOf(first), grant: UNPROVEN });
    expect(second.request(auth("jwt", "alice")).err).toBe(ok);
    const third = connect(server, { ...credentialsOf(first), grant: UNPROVEN });
    expect(third.request(auth("jwt", "bob")).err).toBe(authFailed);
    expect(server.store.getSession(first.sessionId)?.subject).toBe("alice");
  });

  it("claimed for everything are only for who may do everything", () => {
    const server = new TestServer();
    const first = connect(server, { grant: UNPROVEN });
    first.request(auth("jwt", "all"));
    expect(server.connect({ ...credentialsOf(first), grant: alice }).response?.timeOut).toBe(0);
  });
});

it("an auth request is as it was for the other schemes", () => {
  const client = new TestServer().connect({ grant: alice });
  expect(client.request({ type: OpCode.auth, authType: 0, scheme: "nope", auth: null }).err).toBe(
    authFailed,
  );
});
