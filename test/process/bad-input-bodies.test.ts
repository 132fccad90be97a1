/**
 * What a server does with requests whose bodies are cut short, too long or full of lies: as ZooKeeper 3.8.0 does,
 * seen on its wire. Every write takes a zxid, also one that cannot be read.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { OpCode } from "../../src/protocol/op-code.ts";
import type { Request } from "../../src/protocol/requests.ts";
import { BadInputBench } from "./support/bad-input-bench.ts";
import {
  buffer,
  bytes,
  concat,
  encodeBody,
  int,
  long,
  type Part,
  requestFrame,
} from "./support/wire-bytes.ts";
import { OPEN_ACL, WireSession } from "./support/wire-session.ts";

let bench: BadInputBench;

beforeAll(async () => {
  bench = await BadInputBench.start();
  await bench.control.create("/n", "data");
});

afterEach(async () => bench.expectUntouched());

afterAll(async () => bench[Symbol.asyncDispose]());

const READ_FAILED = "xid=5 zxid=z0 err=-5 | open | +0";
const WRITE_FAILED = "xid=5 zxid=z0+1 err=-5 | open | +1";
const BAD_ARGUMENTS = "xid=5 zxid=z0+1 err=-8 | open | +1";
const INVALID_ACL = "xid=5 zxid=z0+1 err=-114 | open | +1";

const data = Buffer.from("data");
const acl = OPEN_ACL;
/** world:anyone, as one element of a vector. */
const OPEN = bytes(31, "world", "anyone");
const END_OF_MULTI = bytes(-1, true, -1);

const GOOD = {
  create: { type: OpCode.create, path: "/t", data, acl, flags: 0 },
  create2: { type: OpCode.create2, path: "/t", data, acl, flags: 0 },
  delete: { type: OpCode.delete, path: "/nope", version: -1 },
  exists: { type: OpCode.exists, path: "/n", watch: false },
  getData: { type: OpCode.getData, path: "/n", watch: false },
  setData: { type: OpCode.setData, path: "/n", data, version: -1 },
  getACL: { type: OpCode.getACL, path: "/n" },
  setACL: { type: OpCode.setACL, path: "/n", acl, version: -1 },
  getChildren: { type: OpCode.getChildren, path: "/n", watch: false },
  getChildren2: { type: OpCode.getChildren2, path: "/n", watch: false },
  sync: { type: OpCode.sync, path: "/n" },
  multi: { type: OpCode.multi, ops: [{ type: OpCode.check, path: "/n", version: -1 }] },
  setWatches: {
    type: OpCode.setWatches,
    relativeZxid: 2 ** 50,
    dataWatches: ["/n"],
    existWatches: [],
    childWatches: [],
  },
} as const satisfies Record<string, Request>;

const WRITES: ReadonlySet<string> = new Set([
  "create",
  "create2",
  "delete",
  "setData",
  "setACL",
  "multi",
]);

async function send(type: number, ...body: readonly Part[]): Promise<string> {
  return bench.send(requestFrame(5, type, bytes(...body)));
}

/** One op of a multi, with its header. */
function op(type: number, ...body: readonly Part[]): Uint8Array {
  return bytes(type, false, -1, ...body);
}

describe("a body cut short anywhere: -5, and the connection stays", () => {
  test.each(Object.entries(GOOD))("%s", async (name, request) => {
    const body = encodeBody(request);
    for (let length = 0; length < body.length; length++) {
      expect(await send(request.type, body.subarray(0, length)), `${length} bytes of it`).toBe(
        WRITES.has(name) ? WRITE_FAILED : READ_FAILED,
      );
    }
  });

  test("auth: closed without a reply", async () => {
    const body = bytes(0, "digest", buffer("a:b"));
    for (let length = 0; length < body.length; length++) {
      expect(await send(OpCode.auth, body.subarray(0, length)), `${length} bytes of it`).toBe(
        "| closed FIN | +0",
      );
    }
  });
});

describe("bytes behind a body are ignored", () => {
  const garbage = Uint8Array.of(0xde, 0xad, 0xbe, 0xef);
  const outcomes: Record<keyof typeof GOOD, string> = {
    create: "xid=5 zxid=z0+1 err=0 6B | open | +1",
    create2: "xid=5 zxid=z0+1 err=-110 | open | +1",
    delete: "xid=5 zxid=z0+1 err=-101 | open | +1",
    exists: "xid=5 zxid=z0 err=0 68B | open | +0",
    getData: "xid=5 zxid=z0 err=0 76B | open | +0",
    setData: "xid=5 zxid=z0+1 err=0 68B | open | +1",
    getACL: "xid=5 zxid=z0 err=0 95B | open | +0",
    setACL: "xid=5 zxid=z0+1 err=0 68B | open | +1",
    getChildren: "xid=5 zxid=z0 err=0 4B | open | +0",
    getChildren2: "xid=5 zxid=z0 err=0 72B | open | +0",
    sync: "xid=5 zxid=z0 err=0 6B | open | +0",
    multi: "xid=5 zxid=z0+1 err=0 18B | open | +1",
    setWatches: "xid=5 zxid=z0 err=0 | open | +0",
  };
  test.each(Object.entries(GOOD))("%s", async (name, request) => {
    expect(await send(request.type, encodeBody(request), garbage)).toBe(
      outcomes[name as keyof typeof GOOD],
    );
  });
});

describe("the path's length is a lie", () => {
  const rest: Record<string, Uint8Array> = {
    create: bytes(buffer("x"), 1, OPEN, 0),
    create2: bytes(buffer("x"), 1, OPEN, 0),
    delete: int(-1),
    exists: bytes(false),
    getData: bytes(false),
    setData: bytes(buffer("x"), -1),
    getACL: bytes(),
    setACL: bytes(1, OPEN, -1),
    getChildren: bytes(false),
    getChildren2: bytes(false),
    sync: bytes(),
  };
  const { multi: _multi, setWatches: _setWatches, ...simple } = GOOD;
  describe.each(Object.entries(simple))("%s", (name, { type }) => {
    const failed = WRITES.has(name) ? WRITE_FAILED : READ_FAILED;
    test.each([
      ["-2", -2],
      ["-2147483648", -2_147_483_648],
      ["2147483647", 2_147_483_647],
      ["1000", 1_000],
    ])("%s", async (_, length) => {
      expect(await send(type, { length, bytes: Buffer.from("/n") }, rest[name] ?? null)).toBe(
        failed,
      );
    });
    test("null", async () => {
      const outcome =
        name === "sync"
          ? "xid=5 zxid=z0 err=0 4B | open | +0"
          : name === "setData" || name === "setACL"
            ? BAD_ARGUMENTS
            : failed;
      expect(await send(type, null, rest[name] ?? null)).toBe(outcome);
    });
  });

  test.each([-2, 1_000, 2_147_483_647])("in a multi: %i", async (length) => {
    const path = { length, bytes: Buffer.from("/n") };
    expect(await send(OpCode.multi, 13, false, -1, path, -1, END_OF_MULTI)).toBe(WRITE_FAILED);
    expect(await send(OpCode.multi, 1, false, -1, path, rest["create"] ?? null, END_OF_MULTI)).toBe(
      WRITE_FAILED,
    );
  });

  // 3.8.0 answers with a body behind its -5, and the zxid of the last request.
  test("in a multi: null", async () => {
    for (const ops of [
      op(OpCode.check, null, -1),
      op(OpCode.delete, null, -1),
      op(OpCode.create, null, rest["create"] ?? null),
    ]) {
      expect(await send(OpCode.multi, ops, END_OF_MULTI)).toBe(WRITE_FAILED);
    }
  });

  test.each([-2, 1_000, 2_147_483_647, -1])("in setWatches: %i", async (length) => {
    const path = { length, bytes: length === -1 ? new Uint8Array(0) : Buffer.from("/n") };
    expect(await send(OpCode.setWatches, long(0), 1, path, 0, 0)).toBe(READ_FAILED);
  });
});

describe("invalid UTF-8 in a path", () => {
  const path = buffer(Uint8Array.of(0x2f, 0xff, 0xfe));

  test.each([
    ["create", OpCode.create, bytes(path, buffer("x"), 1, OPEN, 0), BAD_ARGUMENTS],
    ["delete", OpCode.delete, bytes(path, -1), "xid=5 zxid=z0+1 err=-101 | open | +1"],
    ["exists", OpCode.exists, bytes(path, false), "xid=5 zxid=z0 err=-101 | open | +0"],
    ["getData", OpCode.getData, bytes(path, false), "xid=5 zxid=z0 err=-101 | open | +0"],
    ["setData", OpCode.setData, bytes(path, buffer("x"), -1), BAD_ARGUMENTS],
    ["getACL", OpCode.getACL, bytes(path), "xid=5 zxid=z0 err=-101 | open | +0"],
    ["setACL", OpCode.setACL, bytes(path, 1, OPEN, -1), BAD_ARGUMENTS],
    ["getChildren", OpCode.getChildren, bytes(path, false), "xid=5 zxid=z0 err=-101 | open | +0"],
    ["getChildren2", OpCode.getChildren2, bytes(path, true), "xid=5 zxid=z0 err=-101 | open | +0"],
    // Two replacement characters of 3 bytes, behind the slash.
    ["sync", OpCode.sync, bytes(path), "xid=5 zxid=z0 err=0 11B | open | +0"],
    [
      "multi",
      OpCode.multi,
      bytes(1, false, -1, path, buffer("x"), 1, OPEN, 0, END_OF_MULTI),
      "xid=5 zxid=z0+1 err=0 22B | open | +1",
    ],
    [
      "setWatches",
      OpCode.setWatches,
      bytes(long(0), 1, path, 0, 0),
      "EVENT[Deleted /\ufffd\ufffd] ; xid=5 zxid=z0 err=0 | open | +0",
    ],
  ])("%s", async (_, type, body, outcome) => {
    expect(await send(type, body)).toBe(outcome);
  });
});

describe("vectors whose count is a lie", () => {
  test.each([-1, -2, 0, -2_147_483_648])("an ACL of %i entries is invalid", async (count) => {
    expect(await send(OpCode.create, "/v", buffer("x"), count, 0)).toBe(INVALID_ACL);
    expect(await send(OpCode.setACL, "/n", count, -1)).toBe(INVALID_ACL);
  });

  test.each([2, 1_000, 2_147_483_647])("an ACL of %i entries that are not there", async (count) => {
    expect(await send(OpCode.create, "/v", buffer("x"), count, OPEN, 0)).toBe(WRITE_FAILED);
    expect(await send(OpCode.create2, "/v", buffer("x"), count, OPEN, 0)).toBe(WRITE_FAILED);
    expect(await send(OpCode.setACL, "/n", count, OPEN, -1)).toBe(WRITE_FAILED);
  });

  test("a large number of entries that are there", async () => {
    // The largest list of empty identities that a frame holds. It is refused at its first entry, quickly.
    const entries = new Uint8Array(80_000 * 12);
    expect(await send(OpCode.setACL, "/n", 80_000, entries, -1)).toBe(INVALID_ACL);
  });

  test.each([
    [-1, READ_FAILED],
    [-2, "xid=5 zxid=z0 err=0 | open | +0"],
    [0, "xid=5 zxid=z0 err=0 | open | +0"],
    [1_000, READ_FAILED],
    [2_147_483_647, READ_FAILED],
  ])("setWatches with %i paths", async (count, outcome) => {
    expect(await send(OpCode.setWatches, long(0), count, 0, 0)).toBe(outcome);
  });

  test("setWatches with all lists null", async () => {
    expect(await send(OpCode.setWatches, long(0), -1, -1, -1)).toBe(READ_FAILED);
  });
});

describe("bools and buffers", () => {
  test.each([2, 128, 255])("a bool of %i is true", async (byte) => {
    const exists = requestFrame(5, OpCode.exists, bytes("/n", Uint8Array.of(byte)));
    const setData = requestFrame(6, OpCode.setData, bytes("/n", buffer("data"), -1));
    expect(await bench.send(exists, setData)).toBe(
      "xid=5 zxid=z0 err=0 68B ; EVENT[DataChanged /n] ; xid=6 zxid=z0+1 err=0 68B | open | +1",
    );
  });

  test.each([-2, -2_147_483_648, 2_147_483_647, 2_097_150, 1_000])(
    "data of %i bytes that are not there",
    async (length) => {
      expect(await send(OpCode.setData, "/n", { length }, -1)).toBe(WRITE_FAILED);
      expect(await send(OpCode.create, "/b", { length }, 1, OPEN, 0)).toBe(WRITE_FAILED);
    },
  );

  test("null data stays null, empty data empty", async () => {
    const made = "xid=5 zxid=z0+1 err=0 73B | open | +1";
    expect(await send(OpCode.create2, "/dn", null, 1, OPEN, 0)).toBe(
      made.replace("73B", `${4 + 3 + 68}B`),
    );
    expect(await send(OpCode.create2, "/de", buffer(""), 1, OPEN, 0)).toBe(
      made.replace("73B", `${4 + 3 + 68}B`),
    );
    expect((await bench.control.getData("/dn")).data).toBeNull();
    expect((await bench.control.getData("/de")).data).toBe("");
    expect(await send(OpCode.setData, "/de", null, -1)).toBe(
      "xid=5 zxid=z0+1 err=0 68B | open | +1",
    );
    expect((await bench.control.getData("/de")).data).toBeNull();
  });
});

describe("create flags", () => {
  test.each([7, 8, -1, 100, 2_147_483_647, -2_147_483_648])("%i is no mode", async (flags) => {
    expect(await send(OpCode.create, "/f", buffer("x"), 1, OPEN, flags)).toBe(BAD_ARGUMENTS);
    expect(await send(OpCode.create2, "/f", buffer("x"), 1, OPEN, flags)).toBe(BAD_ARGUMENTS);
  });

  test.each([5, 6])("%i wants a TTL, which the request cannot have", async (flags) => {
    expect(await send(OpCode.create, "/f", buffer("x"), 1, OPEN, flags)).toBe(BAD_ARGUMENTS);
    expect(await send(OpCode.create2, "/f", buffer("x"), 1, OPEN, flags)).toBe(BAD_ARGUMENTS);
  });

  test("4 makes an ordinary znode, since a container has a request of its own", async () => {
    expect(await send(OpCode.create, "/f4", buffer("x"), 1, OPEN, 4)).toBe(
      "xid=5 zxid=z0+1 err=0 7B | open | +1",
    );
  });
});

describe("ACLs", () => {
  const INVALID: readonly (readonly [string | null, string])[] = [
    ["world", "someone"],
    ["world", ""],
    [null, "anyone"],
    ["", "anyone"],
    ["nosuch", "x"],
    ["WORLD", "anyone"],
    ["digest", "nocolon"],
    ["digest", "a:b:c"],
    ["digest", "a:"],
    ["digest", ""],
    ["ip", "127.0.0.1/33"],
    ["ip", "127.0.0.1/-1"],
    ["ip", "127.0.0"],
    ["ip", "127.0.0.256"],
    ["ip", "127.0.0.1/8/9"],
    ["ip", "127.0.0.1/x"],
    ["ip", "localhost"],
    ["ip", "::1"],
    ["ip", "2001:db8::/32"],
    ["ip", ""],
    ["auth", ""],
    ["auth", "ignored"],
    ["super", ""],
    ["sasl", "bob"],
    ["x509", "CN=a"],
  ];
  test.each(INVALID)("%s:%s is invalid", async (scheme, id) => {
    expect(await send(OpCode.create, "/a", null, 1, 31, scheme, id, 0)).toBe(INVALID_ACL);
    expect(await send(OpCode.setACL, "/n", 1, 31, scheme, id, -1)).toBe(INVALID_ACL);
    // One bad entry behind a good one is enough. (3.8.0 stumbles over a null scheme there, and says -5.)
    if (scheme === null) return;
    expect(await send(OpCode.create, "/a", null, 2, OPEN, 31, scheme, id, 0)).toBe(INVALID_ACL);
  });

  test("auth:null, as kazoo writes an empty string, stands for the client's own identities", async () => {
    const session = await WireSession.open(bench.address);
    const { connection } = session;
    const body = bytes("/kazoo", null, 1, 31, "auth", null, 0);
    connection.write(requestFrame(1, OpCode.create, body));
    connection.write(requestFrame(2, OpCode.auth, bytes(0, "digest", buffer("kazoo:secret"))));
    connection.write(requestFrame(3, OpCode.create, body));
    await connection.frame(3);
    expect(session.log).toMatchObject([
      { xid: 1, err: -114 },
      { xid: 2, err: 0 },
      { xid: 3, err: 0 },
    ]);
    const { acl: stored } = await session.ask({ type: OpCode.getACL, path: "/kazoo" });
    expect(stored).toMatchObject([{ perms: 31, id: { scheme: "digest" } }]);
    await session.close();
  });

  test("of 65,536 characters or more are invalid here", async () => {
    const entries = Array.from({ length: 3_000 }, (_, i) => bytes(1, "digest", `user${i}:hash`));
    const few = Buffer.concat(entries.slice(0, 1_500));
    expect(await send(OpCode.create, "/acl", null, 1_500, few, 0)).toBe(
      "xid=5 zxid=z0+1 err=0 8B | open | +1",
    );
    const many = Buffer.concat(entries);
    expect(await send(OpCode.create, "/acl-2", null, 3_000, many, 0)).toBe(INVALID_ACL);
  });

  test.each(["world", "digest"])("%s:null cannot be read", async (scheme) => {
    expect(await send(OpCode.create, "/a", null, 1, 31, scheme, null, 0)).toBe(WRITE_FAILED);
  });
});

describe("versions that no znode has: -103", () => {
  const BAD_VERSION = "xid=5 zxid=z0+1 err=-103 | open | +1";

  test.each([-2, 2_147_483_647, -2_147_483_648])("%i", async (version) => {
    expect(await send(OpCode.setData, "/n", buffer("x"), version)).toBe(BAD_VERSION);
    expect(await send(OpCode.delete, "/n", version)).toBe(BAD_VERSION);
    expect(await send(OpCode.setACL, "/n", 1, OPEN, version)).toBe(BAD_VERSION);
    expect(await send(OpCode.multi, 13, false, -1, "/n", version, END_OF_MULTI)).toBe(
      "xid=5 zxid=z0+1 err=0 22B | open | +1",
    );
  });
});

describe("multi", () => {
  const makeZ = op(OpCode.create, "/z", buffer("x"), 1, OPEN, 0);

  test("empty", async () => {
    expect(await send(OpCode.multi, END_OF_MULTI)).toBe("xid=5 zxid=z0+1 err=0 9B | open | +1");
    expect(await send(OpCode.multi, bytes(5, true, 0))).toBe(
      "xid=5 zxid=z0+1 err=0 9B | open | +1",
    );
    expect(await send(OpCode.multi, bytes(-1, Uint8Array.of(2), -1))).toBe(
      "xid=5 zxid=z0+1 err=0 9B | open | +1",
    );
  });

  test.each([
    ["an unknown op", op(999)],
    ["an unknown op behind a create", concat(makeZ, op(999))],
    ["a multi", op(OpCode.multi, END_OF_MULTI)],
    ["exists", op(OpCode.exists, "/n", false)],
    ["setACL", op(OpCode.setACL, "/n", 1, OPEN, -1)],
    ["sync", op(OpCode.sync, "/n")],
    ["an end that is not one", op(-1)],
    ["op 0", op(0)],
    ["getData", op(OpCode.getData, "/n", false)],
    ["getData behind a create", concat(makeZ, op(OpCode.getData, "/n", false))],
    ["getChildren", op(OpCode.getChildren, "/n", false)],
    ["a body cut short", op(OpCode.delete, "/n")],
  ])("%s inside: -5, and nothing is done", async (_, ops) => {
    expect(await send(OpCode.multi, ops, END_OF_MULTI)).toBe(WRITE_FAILED);
    expect(await bench.control.exists("/z")).toBeUndefined();
  });

  test.each([
    ["without its end", makeZ],
    ["with half of its end", concat(makeZ, END_OF_MULTI.subarray(0, 5))],
  ])("%s: -5, and nothing is done", async (_, ops) => {
    expect(await send(OpCode.multi, ops)).toBe(WRITE_FAILED);
    expect(await bench.control.exists("/z")).toBeUndefined();
  });

  test.each([
    ["an invalid path", op(OpCode.create, "/bad//path", null, 1, OPEN, 0)],
    ["an invalid ACL", op(OpCode.create, "/y", null, 0, 0)],
    ["an invalid mode", op(OpCode.create, "/y", null, 1, OPEN, 7)],
    ["a missing znode", op(OpCode.delete, "/nope", -1)],
    ["a wrong version", op(OpCode.check, "/n", 77)],
  ])("%s behind a create: nothing is done", async (_, ops) => {
    // An end of 9 bytes, and a result of 13 for each op.
    expect(await send(OpCode.multi, makeZ, ops, makeZ, END_OF_MULTI)).toBe(
      "xid=5 zxid=z0+1 err=0 48B | open | +1",
    );
    expect(await bench.control.exists("/z")).toBeUndefined();
  });

  test("of as many ops as a frame holds is refused whole or done whole", async () => {
    const checks = concat(...Array.from({ length: 40_000 }, () => op(OpCode.check, "/n", -1)));
    expect(await send(OpCode.multi, checks, END_OF_MULTI)).toBe(
      `xid=5 zxid=z0+1 err=0 ${40_000 * 9 + 9}B | open | +1`,
    );
  });
});
