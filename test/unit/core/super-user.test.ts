/** The super user, whom no ACL stops, and the requests that a server of this kind has little to say to. */
import { describe, expect, it } from "vitest";
import { permits } from "../../../src/core/acl.ts";
import { authenticate, SUPER_ID } from "../../../src/core/auth.ts";
import { OpCode } from "../../../src/protocol/op-code.ts";
import type { Request } from "../../../src/protocol/requests.ts";
import { sha1Base64, TestServer, type TestConnection } from "./harness.ts";
import {
  acl,
  auth,
  check,
  create,
  exists,
  getACL,
  getAllChildrenNumber,
  getChildren,
  getChildren2,
  getData,
  multi,
  multiRead,
  OPEN,
  reconfig,
  remove,
  sasl,
  setACL,
  setData,
  whoAmI,
} from "./request-builders.ts";

/** Of the password "test", as everybody's tests have it. */
const superDigest = "super:D/InIHSb7yEEbrWz8b9l71RjZJU=";

/** A znode that nobody but a stranger may touch, with a child; and somebody who has proven `credential`. */
function prepare(
  credential: string,
  options: { readonly superDigest?: string } = { superDigest },
): { server: TestServer; client: TestConnection } {
  const server = new TestServer(options);
  const client = server.connect();
  client.request(create("/closed"));
  client.request(create("/closed/kid"));
  client.request(setACL("/closed", [acl("digest", "x:y")]));
  expect(client.request(auth("digest", credential)).err).toBe(0);
  return { server, client };
}

const forbidden: readonly [string, Request][] = [
  ["getData", getData("/closed")],
  ["getChildren", getChildren("/closed")],
  ["getChildren2", getChildren2("/closed")],
  ["getACL", getACL("/closed")],
  ["getAllChildrenNumber", getAllChildrenNumber("/closed")],
  ["setData", setData("/closed")],
  ["setACL", setACL("/closed", OPEN)],
  ["create", create("/closed/n")],
  ["delete", remove("/closed/kid")],
];

describe("the super user", () => {
  it.each(forbidden)("may do %s where nobody may", (_, request) => {
    expect(prepare("super:test").client.request(request).err).toBe(0);
    expect(prepare("super:tset").client.request(request).err).toBe(-102);
    // It is the configuration that makes it one, not the name.
    expect(prepare("super:test", {}).client.request(request).err).toBe(-102);
  });

  it("may do the same in a multi and a multiRead", () => {
    for (const [credential, err] of [
      ["super:test", 0],
      ["u:p", -102],
    ] as const) {
      const { client } = prepare(credential);
      const { reply } = client.request(multi(check("/closed")));
      expect(reply).toMatchObject({ results: [err === 0 ? { type: 13 } : { err }] });
      const read = client.request(multiRead("/closed")).reply;
      expect(read).toMatchObject({ results: [err === 0 ? { type: 4 } : { err }] });
    }
  });

  it("sees digests as they are", () => {
    const { reply } = prepare("super:test").client.request(getACL("/closed"));
    expect(reply).toMatchObject({ acl: [acl("digest", "x:y")] });
  });

  it("is shown by whoAmI, beside the digest that it has proven", () => {
    const { client } = prepare("super:test");
    for (let round = 0; round < 2; round++) {
      expect(client.request(whoAmI).reply).toMatchObject({
        clientInfo: [
          { authScheme: "ip", user: "127.0.0.1" },
          { authScheme: "super", user: "" },
          { authScheme: "digest", user: "super" },
        ],
      });
      // A second time adds nothing.
      client.request(auth("digest", "super:test"));
    }
  });

  it("is nobody whom an ACL can name, and `auth` stands for the digest alone", () => {
    const { client } = prepare("super:test");
    expect(client.request(create("/s", { acl: [acl("super", "")] })).err).toBe(-114);
    client.request(create("/s", { acl: [acl("auth", "")] }));
    expect(client.request(getACL("/s")).reply).toMatchObject({ acl: [acl("digest", superDigest)] });
  });

  it("is one connection, not its session", () => {
    const { server, client } = prepare("super:test");
    const again = server.connect({ sessionId: client.sessionId, passwd: client.passwd });
    expect(again.request(getData("/closed")).err).toBe(-102);
  });

  it("breaks no other rule", () => {
    const { client } = prepare("super:test");
    expect(client.request(remove("/zookeeper/config")).err).toBe(-8);
    expect(client.request(remove("/closed")).err).toBe(-111);
    expect(client.request(create("/closed")).err).toBe(-110);
    expect(client.request(setData("/closed", "x", 7)).err).toBe(-103);
    expect(client.request(create("/n", { acl: [] })).err).toBe(-114);
  });

  it("is proven by the very digest, and by `digest` alone", () => {
    const prove = (scheme: string, credential: string) =>
      authenticate(scheme, credential, "1.2.3.4", sha1Base64, superDigest);
    expect(prove("digest", "super:test")).toEqual([
      SUPER_ID,
      { scheme: "digest", id: superDigest },
    ]);
    for (const credential of ["super:test ", "Super:test", "super:", "super", superDigest]) {
      expect(prove("digest", credential)).toHaveLength(1);
    }
    expect(prove("super", "super:test")).toBeUndefined();
    expect(prove("ip", "super:test")).toEqual([{ scheme: "ip", id: "1.2.3.4" }]);
  });

  it("passes an empty list as well", () => {
    expect(permits([], 31, [SUPER_ID])).toBe(true);
    expect(permits([], 31, [{ scheme: "digest", id: superDigest }])).toBe(false);
  });
});

describe("reconfig", () => {
  it("is answered -123 and takes a zxid, whoever asks", () => {
    const { server, client } = prepare("super:test");
    for (const members of ["server.1=a:1:1;1", null]) {
      const before = server.lastZxid;
      expect(client.request(reconfig(members))).toMatchObject({
        err: -123,
        zxid: before + 1,
        reply: undefined,
      });
      expect(server.lastZxid).toBe(before + 1);
    }
    expect(client.request(exists("/zookeeper/config")).reply).toMatchObject({
      stat: { version: 0 },
    });
  });

  it("that is cut short is answered -5 and takes none", () => {
    const { server, client } = prepare("u:p");
    const before = server.lastZxid;
    for (const hex of ["", "ffffffff", "ffffffffffffffffffffffff00000000"]) {
      const answer = client.send(OpCode.reconfig, Buffer.from(hex, "hex"));
      expect(answer).toMatchObject({ err: -5, zxid: before });
    }
    expect(server.lastZxid).toBe(before);
  });
});

describe("sasl", () => {
  it("is answered with a null token and zxid 0, whatever the token", () => {
    const { server, client } = prepare("u:p");
    const before = server.lastZxid;
    for (const token of ["", "x", "\0".repeat(1_000)]) {
      expect(client.request(sasl(token), 7)).toEqual({
        kind: "reply",
        xid: 7,
        zxid: 0,
        err: 0,
        reply: { type: OpCode.sasl, token: null },
      });
    }
    expect(client.closed).toBe(false);
    expect(server.lastZxid).toBe(before);
    expect(client.authIds).toHaveLength(2);
  });

  it.each(["", "00", "00000005", "0000000161".slice(0, 8), "ffffffff", "fffffffe"])(
    "whose body is %j is the end of the connection, without a reply; the session lives on",
    (hex) => {
      const { server, client } = prepare("u:p");
      client.take();
      expect(client.send(OpCode.sasl, Buffer.from(hex, "hex"))).toBeUndefined();
      expect(client.take()).toEqual([]);
      expect(client.closed).toBe(true);
      const again = server.connect({ sessionId: client.sessionId, passwd: client.passwd });
      expect(again.closed).toBe(false);
    },
  );
});
