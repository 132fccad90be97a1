import { describe, expect, it } from "vitest";
import {
  addressId,
  authenticate,
  isAuthenticating,
  isValidId,
  matchesId,
} from "../../../src/core/auth.ts";
import { AUTH_IDS_UNITS_MAX } from "../../../src/core/client-ids.ts";
import { OpCode } from "../../../src/protocol/op-code.ts";
import { sha1Base64, TestServer } from "./harness.ts";
import { acl, auth, create, getACL, getData } from "./request-builders.ts";

const SUPER_DIGEST = "super:D/InIHSb7yEEbrWz8b9l71RjZJU=";

const prove = (scheme: string, credential: string | null, superDigest?: string) =>
  authenticate(scheme, credential, "127.0.0.1", sha1Base64, superDigest);

describe("authenticate", () => {
  it.each([
    ["own:pw", "own:B1Q1DRicWgP/CoZ8wMod4TOiUN4="],
    ["abc", "abc:qZk+NkcGgWq6PiVxeFDCbJzQ2J0="],
    ["super:test", SUPER_DIGEST],
  ])("digest %s proves %s", (credential, id) => {
    expect(prove("digest", credential)).toEqual([{ scheme: "digest", id }]);
  });

  it("digest takes the name up to the first colon and hashes all of the credential", () => {
    expect(prove("digest", "u:p:q")).toEqual([
      { scheme: "digest", id: `u:${sha1Base64("u:p:q")}` },
    ]);
    expect(prove("digest", ":")).toEqual([{ scheme: "digest", id: `:${sha1Base64(":")}` }]);
    expect(prove("digest", "")).toEqual([{ scheme: "digest", id: `:${sha1Base64("")}` }]);
  });

  it("digest without a credential proves nothing", () => {
    expect(prove("digest", null)).toBeUndefined();
  });

  it("ip proves the connection's own address, whatever the credential", () => {
    expect(prove("ip", "10.0.0.1")).toEqual([{ scheme: "ip", id: "127.0.0.1" }]);
    expect(prove("ip", null)).toEqual([addressId("127.0.0.1")]);
  });

  it.each(["foo", "", "world", "auth", "super", "sasl", "x509", "DIGEST"])(
    "%s proves nothing",
    (scheme) => {
      expect(prove(scheme, "a:b")).toBeUndefined();
    },
  );

  it("only digest stands behind `auth` in an ACL", () => {
    expect(isAuthenticating("digest")).toBe(true);
    expect(["ip", "world", "auth", "super"].some(isAuthenticating)).toBe(false);
  });
});

describe("isValidId", () => {
  it.each([
    ["digest", "user:hash"],
    ["digest", ":b"],
    ["ip", "127.0.0.1"],
    ["ip", "127.0.0.1/8"],
    ["ip", "127.0.0.1/32"],
    ["ip", "127.0.0.1/0"],
  ])("accepts %s %s", (scheme, id) => {
    expect(isValidId({ scheme, id })).toBe(true);
  });

  it.each([
    ["digest", "nocolon"],
    ["digest", "a:b:c"],
    ["digest", "a:"],
    ["digest", ""],
    ["digest", ":"],
    ["ip", "127.0.0.1/33"],
    ["ip", "127.0.0.1/-1"],
    ["ip", "127.0.0.1/8/9"],
    ["ip", "127.0.0.1/x"],
    ["ip", "127.0.0"],
    ["ip", "127.0.0.256"],
    ["ip", "localhost"],
    ["ip", "::1"],
    ["ip", "2001:db8::/32"],
    ["ip", ""],
    ["world", "x"],
    ["", "x"],
    ["nosuch", "x"],
    ["WORLD", "anyone"],
    ["super", "x"],
    ["sasl", "x"],
    ["x509", "CN=a"],
    ["host", "a.b"],
    ["key", "x"],
    ["auth", "x"],
  ])("refuses %s %s", (scheme, id) => {
    expect(isValidId({ scheme, id })).toBe(false);
  });
});

describe("matchesId", () => {
  it("digests match when they are equal", () => {
    expect(matchesId("digest", "a:b", "a:b")).toBe(true);
    expect(matchesId("digest", "a:b", "a:c")).toBe(false);
  });

  it.each([
    ["127.0.0.1", "127.0.0.1", true],
    ["127.0.0.2", "127.0.0.1", false],
    ["127.1.2.3", "127.0.0.0/8", true],
    ["128.1.2.3", "127.0.0.0/8", false],
    ["10.0.0.5", "10.0.0.4/31", true],
    ["10.0.0.6", "10.0.0.4/31", false],
    ["10.0.0.4", "10.0.0.4/32", true],
    ["10.0.0.5", "10.0.0.4/32", false],
    ["255.255.255.255", "0.0.0.0/0", true],
    ["1.2.3.4", "255.0.0.0/0", true],
    ["192.168.1.200", "192.168.1.128/25", true],
    ["192.168.1.100", "192.168.1.128/25", false],
    ["127.1.2.3", "127.255.255.255/8", true],
    ["0.0.0.0", "128.0.0.0/1", false],
    ["200.0.0.0", "128.0.0.0/1", true],
    ["::1", "127.0.0.1", false],
    ["::1", "0.0.0.0/0", false],
    ["127.0.0.1", "not an address", false],
  ])("address %s in %s: %s", (own, wanted, matches) => {
    expect(matchesId("ip", own, wanted)).toBe(matches);
  });
});

describe("auth requests", () => {
  it("are answered with zxid 0 and under their own xid", () => {
    const client = new TestServer().connect();
    client.request(create("/a"));
    expect(client.request(auth("digest", "u:p"), -4)).toMatchObject({ xid: -4, zxid: 0, err: 0 });
    expect(client.request(auth("digest", "u:p"), 5)).toMatchObject({ xid: 5, zxid: 0, err: 0 });
    expect(client.request(auth("digest", "u:p", 77))).toMatchObject({ zxid: 0, err: 0 });
    expect(client.closed).toBe(false);
  });

  it.each([
    ["digest", "abc"],
    ["digest", "u:p:q"],
    ["digest", ":"],
    ["digest", ""],
    ["ip", "any"],
    ["ip", null],
  ])("%s %s is accepted", (scheme, credential) => {
    const client = new TestServer().connect();
    expect(client.request(auth(scheme, credential)).err).toBe(0);
    expect(client.closed).toBe(false);
  });

  it.each([
    ["digest", null],
    ["foo", "a:b"],
    ["", "a:b"],
    ["world", "anyone"],
    ["auth", ""],
    ["super", "super:test"],
    ["sasl", "x"],
    ["x509", "CN=a"],
    ["DIGEST", "u:p"],
  ])(
    "%s %s is answered -115, then the connection closes and the session lives on",
    (scheme, credential) => {
      const server = new TestServer();
      const client = server.connect();
      const answer = client.request(auth(scheme, credential), -4);
      expect(answer).toMatchObject({ xid: -4, zxid: 0, err: -115, reply: undefined });
      expect(client.closed).toBe(true);
      const again = server.connect({ sessionId: client.sessionId, passwd: client.passwd });
      expect(again.closed).toBe(false);
    },
  );

  it("with a null scheme are refused like any other unknown scheme", () => {
    const client = new TestServer().connect();
    const body = Buffer.from("00000000ffffffff00000001ff", "hex");
    expect(client.send(OpCode.auth, body)).toMatchObject({ err: -115 });
    expect(client.closed).toBe(true);
  });

  it("with a credential that is not UTF-8 are accepted", () => {
    const client = new TestServer().connect();
    const body = Buffer.from("0000000000000006646967657374000000027580", "hex");
    expect(client.send(OpCode.auth, body)).toMatchObject({ err: 0 });
    expect(client.closed).toBe(false);
  });

  it("that are cut short close the connection without a reply", () => {
    const body = Buffer.from("0000000000000006646967657374000000033a3a3a", "hex");
    for (let length = 0; length < body.length; length++) {
      const client = new TestServer().connect();
      expect(client.send(OpCode.auth, body.subarray(0, length))).toBeUndefined();
      expect(client.closed).toBe(true);
      expect(client.take()).toEqual([]);
    }
  });

  it("take no zxid", () => {
    const server = new TestServer();
    const client = server.connect();
    const before = server.lastZxid;
    client.request(auth("digest", "u:p"));
    client.request(auth("foo", "x"));
    expect(server.lastZxid).toBe(before);
  });

  it("take a credential byte for byte: a byte order mark is a part of the name", () => {
    const client = new TestServer().connect();
    client.request(auth("digest", "\ufeffu:p"));
    expect(client.authIds[1]).toEqual({
      scheme: "digest",
      id: `\ufeffu:${sha1Base64("\ufeffu:p")}`,
    });
  });

  it("are refused, as a bad credential is, when a connection's identities grow beyond the limit", () => {
    const client = new TestServer().connect();
    let accepted = 0;
    while (!client.closed) {
      if (client.request(auth("digest", `${accepted}:p`)).err === 0) accepted += 1;
    }
    expect(accepted).toBeGreaterThan(30);
    const units = client.authIds.reduce(
      (sum, { scheme, id }) => sum + scheme.length + id.length,
      0,
    );
    expect(units).toBeLessThanOrEqual(AUTH_IDS_UNITS_MAX);
    expect(client.take().at(-1)).toMatchObject({ err: -115 });
  });

  it("add identities to the connection, each once, and leave the address", () => {
    const client = new TestServer().connect();
    for (const credential of ["u:p", "u:p", "v:r"]) client.request(auth("digest", credential));
    client.request(auth("ip", ""));
    expect(client.authIds).toEqual([
      { scheme: "ip", id: "127.0.0.1" },
      { scheme: "digest", id: `u:${sha1Base64("u:p")}` },
      { scheme: "digest", id: `v:${sha1Base64("v:r")}` },
    ]);
  });

  it("belong to the connection: a session that is taken over has lost them", () => {
    const server = new TestServer();
    const first = server.connect();
    first.request(auth("digest", "u:p"));
    first.request(create("/mine", { acl: [acl("auth", "")] }));
    expect(first.request(getData("/mine")).err).toBe(0);
    const second = server.connect({ sessionId: first.sessionId, passwd: first.passwd });
    expect(second.request(getData("/mine")).err).toBe(-102);
    expect(second.request(getACL("/mine")).err).toBe(-102);
  });
});
