import { describe, expect, it } from "vitest";
import {
  fixupACL,
  maskDigests,
  OPEN_ACL_UNSAFE,
  permits,
  READ_ACL_UNSAFE,
} from "../../../src/core/acl.ts";
import type { ACL } from "../../../src/protocol/records.ts";
import { sha1Base64, TestServer } from "./harness.ts";
import { acl, auth, create, getACL, getData } from "./request-builders.ts";

const local = { scheme: "ip", id: "127.0.0.1" };
const own = { scheme: "digest", id: "own:hash" };
const other = { scheme: "digest", id: "other:hash" };

describe("permits", () => {
  it("goes by the bits, not by the whole", () => {
    const list = [acl("world", "anyone", 5)];
    expect(permits(list, 1, [])).toBe(true);
    expect(permits(list, 4, [])).toBe(true);
    expect(permits(list, 2, [])).toBe(false);
    expect(permits(list, 2 | 4, [])).toBe(true);
    expect(permits([acl("world", "anyone", 0)], 31, [])).toBe(false);
    expect(permits([acl("world", "anyone", 32)], 31, [])).toBe(false);
    expect(permits([acl("world", "anyone", -1)], 16, [])).toBe(true);
  });

  it("goes by who asks", () => {
    const list = [acl("digest", "own:hash", 31), acl("world", "anyone", 1)];
    expect(permits(list, 2, [local])).toBe(false);
    expect(permits(list, 2, [local, own])).toBe(true);
    expect(permits(list, 2, [local, other])).toBe(false);
    expect(permits(list, 1, [])).toBe(true);
  });

  it("goes by the address and its range", () => {
    expect(permits([acl("ip", "127.0.0.0/8", 1)], 1, [local])).toBe(true);
    expect(permits([acl("ip", "10.0.0.0/8", 1)], 1, [local])).toBe(false);
  });

  it("does not take an identity of one scheme for one of another", () => {
    expect(permits([acl("digest", "127.0.0.1", 31)], 1, [local])).toBe(false);
    expect(permits([acl("ip", "own:hash", 31)], 1, [own])).toBe(false);
  });

  it("adds up nothing: no entry alone may do it, so nobody may", () => {
    expect(permits([acl("digest", "own:hash", 1), acl("ip", "10.0.0.1", 2)], 2, [own])).toBe(false);
  });

  it("allows everything by the open list and reading by the read list", () => {
    for (const perm of [1, 2, 4, 8, 16]) {
      expect(permits(OPEN_ACL_UNSAFE, perm, [])).toBe(true);
      expect(permits(READ_ACL_UNSAFE, perm, [])).toBe(perm === 1);
    }
    expect(permits([], 31, [own])).toBe(false);
  });
});

describe("fixupACL", () => {
  it("refuses no list and an empty one", () => {
    expect(fixupACL(null, [own])).toBeUndefined();
    expect(fixupACL([], [own])).toBeUndefined();
  });

  it("removes duplicates and keeps the order", () => {
    const list = [acl("world", "anyone", 1), acl("digest", "a:b", 2), acl("world", "anyone", 1)];
    expect(fixupACL(list, [])).toEqual(list.slice(0, 2));
    const different = [acl("world", "anyone", 31), acl("world", "anyone", 1)];
    expect(fixupACL(different, [])).toEqual(different);
  });

  it("does not take two entries for one because they look alike when put together", () => {
    const list = [acl("digest", "a:b", 1), acl("digest", "a:b", 11), acl("digest", "1a:b", 1)];
    expect(fixupACL(list, [])).toEqual(list);
  });

  it("puts the caller's own identities in the place of `auth`, in every place that it stands", () => {
    const list = [acl("auth", "whatever", 7), acl("world", "anyone", 1), acl("auth", "", 7)];
    expect(fixupACL(list, [local, own])).toEqual([
      acl("digest", "own:hash", 7),
      acl("world", "anyone", 1),
      acl("digest", "own:hash", 7),
    ]);
    expect(fixupACL([acl("auth", "", 3)], [own, other])).toEqual([
      acl("digest", "own:hash", 3),
      acl("digest", "other:hash", 3),
    ]);
  });

  it("refuses `auth` of somebody who has proven nothing", () => {
    expect(fixupACL([acl("auth", "")], [])).toBeUndefined();
    expect(fixupACL([acl("auth", "")], [local])).toBeUndefined();
    expect(fixupACL([acl("world", "anyone"), acl("auth", "")], [local])).toBeUndefined();
  });

  it("refuses a list with one bad entry", () => {
    expect(fixupACL([acl("world", "anyone"), acl("nosuch", "x")], [own])).toBeUndefined();
  });

  it("refuses a list that `auth` would make too large to store", () => {
    const ids = Array.from({ length: 30 }, (_, i) => ({ scheme: "digest", id: `${i}:hash` }));
    const list = Array.from({ length: 1_000 }, (_, perms) => acl("auth", "", perms));
    expect(fixupACL(list.slice(0, 10), ids)).toHaveLength(300);
    expect(fixupACL(list, ids)).toBeUndefined();
    expect(fixupACL([acl("digest", `a:${"h".repeat(100_000)}`)], ids)).toBeUndefined();
  });

  it("stores the open list as one and the same object", () => {
    expect(fixupACL([acl("world", "anyone", 31)], [])).toBe(OPEN_ACL_UNSAFE);
    expect(fixupACL([acl("world", "anyone", 30)], [])).not.toBe(OPEN_ACL_UNSAFE);
  });
});

describe("maskDigests", () => {
  it("hides the hashes of digests and nothing else", () => {
    const list = [
      acl("world", "anyone", 1),
      acl("digest", "own:B1Q1DRicWgP/CoZ8wMod4TOiUN4=", 31),
      acl("digest", "a:b\nc", 3),
      acl("ip", "10.0.0.1", 5),
    ];
    expect(maskDigests(list)).toEqual([
      acl("world", "anyone", 1),
      acl("digest", "own:x", 31),
      acl("digest", "a:x", 3),
      acl("ip", "10.0.0.1", 5),
    ]);
  });
});

/** Code of a create with this list, and the list as the creator then sees it. */
function storedACL(list: readonly ACL[] | null): readonly ACL[] | number {
  const client = new TestServer().connect();
  const { err } = client.request(create("/acl", { acl: list }));
  if (err !== 0) {
    expect(client.request(getACL("/acl")).err).toBe(-101);
    return err;
  }
  const { err: refused, reply } = client.request(getACL("/acl"));
  return reply?.type === 6 ? reply.acl : refused;
}

describe("ACL of a create", () => {
  it.each([
    ["an empty list", [], -114],
    ["no list", null, -114],
    ["world:someone", [acl("world", "someone")], -114],
    ["world:''", [acl("world", "")], -114],
    ["an empty scheme", [acl("", "x")], -114],
    ["an unknown scheme", [acl("nosuch", "x")], -114],
    ["WORLD", [acl("WORLD", "anyone")], -114],
    ["a digest without a colon", [acl("digest", "nocolon")], -114],
    ["a digest with two colons", [acl("digest", "a:b:c")], -114],
    ["a digest without a hash", [acl("digest", "a:")], -114],
    ["an empty digest", [acl("digest", "")], -114],
    ["more bits than an address has", [acl("ip", "127.0.0.1/33")], -114],
    ["an address of three parts", [acl("ip", "127.0.0")], -114],
    ["an IPv6 address", [acl("ip", "::1")], -114],
    ["auth of a stranger", [acl("auth", "")], -114],
    ["auth with an id of a stranger", [acl("auth", "ignored")], -114],
    ["world and auth of a stranger", [acl("world", "anyone"), acl("auth", "")], -114],
    ["super", [acl("super", "")], -114],
    ["sasl", [acl("sasl", "bob")], -114],
    ["x509", [acl("x509", "CN=a")], -114],
    ["world and an unknown scheme", [acl("world", "anyone"), acl("nosuch", "x")], -114],
    // Stored, and then not to be read by whoever created it.
    ["world with no permission", [acl("world", "anyone", 0)], -102],
    ["world with an unknown permission", [acl("world", "anyone", 32)], -102],
    ["somebody else's digest", [acl("digest", "user:hash")], -102],
    ["a digest without a name", [acl("digest", ":b")], -102],
  ] as const)("%s is answered as by a real server", (_, list, code) => {
    expect(storedACL(list)).toBe(code);
  });

  it.each([
    ["all bits", [acl("world", "anyone", -1)]],
    ["an address", [acl("ip", "127.0.0.1")]],
    ["a range", [acl("ip", "127.0.0.1/8")]],
    ["a range of one", [acl("ip", "127.0.0.1/32")]],
    ["a range of all", [acl("ip", "127.0.0.1/0")]],
    [
      "world twice with different permissions",
      [acl("world", "anyone", 31), acl("world", "anyone", 1)],
    ],
  ])("%s is stored as it is", (_, list) => {
    expect(storedACL(list)).toEqual(list);
  });

  it("world twice is stored once", () => {
    expect(storedACL([acl("world", "anyone"), acl("world", "anyone")])).toEqual([
      acl("world", "anyone"),
    ]);
  });

  it("auth is stored as the digest that was proven", () => {
    const client = new TestServer().connect();
    client.request(auth("digest", "own:pw"));
    client.request(create("/a", { acl: [acl("auth", "")] }));
    expect(client.request(getACL("/a")).reply).toMatchObject({
      acl: [acl("digest", "own:B1Q1DRicWgP/CoZ8wMod4TOiUN4=", 31)],
    });
    expect(client.request(getData("/a")).err).toBe(0);
  });

  it("auth with a null id, as kazoo sends it, is legal for somebody who has proven something", () => {
    const body = Buffer.from(
      "000000022f61ffffffff000000010000001f0000000461757468ffffffff00000000",
      "hex",
    );
    const stranger = new TestServer().connect();
    expect(stranger.send(1, body)?.err).toBe(-114);
    const owner = new TestServer().connect();
    owner.request(auth("digest", "u:p"));
    expect(owner.send(1, body)?.err).toBe(0);
    expect(owner.request(getACL("/a")).reply).toMatchObject({
      acl: [acl("digest", `u:${sha1Base64("u:p")}`, 31)],
    });
  });
});
