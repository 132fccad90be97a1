/** Every type of create with all flags and times to live: alone, and in a multi, where they mean something else. */
import { describe, expect, it } from "vitest";
import { createInMulti, createModeOf } from "../../../src/core/create-mode.ts";
import { OpCode } from "../../../src/protocol/op-code.ts";
import type { CreateRequest, CreateType } from "../../../src/protocol/requests.ts";
import { TestServer } from "./harness.ts";
import { check, create, multi } from "./request-builders.ts";

/** What is created: `E` an ephemeral, `C` a container, `T` with a TTL, `P` none of these; `+` with a number behind its name. */
type Created = "P" | "P+" | "E" | "E+" | "C" | "C+" | "T" | "T+";

const FLAGS = [-2_147_483_648, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 2_147_483_647] as const;
const TTLS = [-(2 ** 60), -2, -1, 0, 1, 1_000, 2 ** 40 - 1, 2 ** 40, 2 ** 53 - 1, 2 ** 60] as const;
const PLAIN: readonly (Created | undefined)[] = ["P", "E", "P+", "E+"];
const CONTAINER: readonly (Created | undefined)[] = ["C", "C", "C+", "C+", "C"];

function isPossible(ttl: number): boolean {
  return [1, 1_000, 2 ** 40 - 1].includes(ttl);
}

/** What a request that stands alone creates; otherwise its error. */
function alone(type: CreateType, flags: number, ttl: number): Created | number {
  if (type === OpCode.createTTL) {
    if ((flags !== 5 && flags !== 6) || !isPossible(ttl)) return -8;
    return flags === 5 ? "T" : "T+";
  }
  if (type === OpCode.createContainer) return CONTAINER[flags] ?? -8;
  // The flag of a container says nothing where the type does not.
  return flags === 4 ? "P" : (PLAIN[flags] ?? -8);
}

/** What it creates in a multi: there the flags say all. */
function inMulti(type: CreateType, flags: number, ttl: number): Created | number {
  if (flags === 5 || flags === 6) return type === OpCode.createTTL ? alone(type, flags, ttl) : -5;
  return flags === 4 ? "C" : (PLAIN[flags] ?? -8);
}

const cases = [OpCode.create, OpCode.create2, OpCode.createContainer, OpCode.createTTL].flatMap(
  (type) =>
    FLAGS.flatMap((flags) =>
      (type === OpCode.createTTL ? TTLS : [0]).map((ttl) => [type, flags, ttl] as const),
    ),
);

function request(type: CreateType, flags: number, ttl: number): CreateRequest {
  const own = type === OpCode.createTTL ? { ttl } : {};
  return { ...create("/n", { flags }), type, ...own };
}

/** What there is under the name that was asked for, or that name with a number. */
function created(server: TestServer, owner: number): Created | undefined {
  for (const [path, plus] of [
    ["/n", ""],
    ["/n0000000000", "+"],
  ] as const) {
    const znode = server.znode(path);
    if (znode === undefined) continue;
    const kind = znode.isContainer ? "C" : znode.ttlMs > 0 ? "T" : znode.ephemeralOwner ? "E" : "P";
    expect(znode.ephemeralOwner).toBe(kind === "E" ? owner : 0);
    return `${kind}${plus}`;
  }
  return undefined;
}

describe("a create that stands alone", () => {
  it.each(cases)("of type %d with flags %d and a TTL of %d", (type, flags, ttl) => {
    const server = new TestServer();
    const client = server.connect();
    const before = server.lastZxid;
    const wanted = alone(type, flags, ttl);
    const { err, zxid, reply } = client.request(request(type, flags, ttl));
    expect(err).toBe(typeof wanted === "number" ? wanted : 0);
    expect(zxid).toBe(before + 1);
    expect(created(server, client.sessionId)).toBe(err === 0 ? wanted : undefined);
    if (err !== 0) return;
    const path = String(wanted).endsWith("+") ? "/n0000000000" : "/n";
    expect(server.znode(path)?.ttlMs).toBe(type === OpCode.createTTL ? ttl : 0);
    const ephemeralOwner = wanted === "E" || wanted === "E+" ? client.sessionId : 0;
    expect(reply).toMatchObject(
      type === OpCode.create ? { type, path } : { type, path, stat: { ephemeralOwner } },
    );
    expect(reply !== undefined && "stat" in reply).toBe(type !== OpCode.create);
  });
});

describe("a create in a multi", () => {
  it.each(cases)("of type %d with flags %d and a TTL of %d", (type, flags, ttl) => {
    const server = new TestServer();
    const client = server.connect();
    const before = server.lastZxid;
    const wanted = inMulti(type, flags, ttl);
    const ops = [check("/"), request(type, flags, ttl), check("/")];
    const { err, zxid, reply } = client.request(multi(...ops));
    expect(zxid).toBe(before + 1);
    if (wanted === -5) {
      expect([err, reply]).toEqual([-5, undefined]);
    } else if (typeof wanted === "number") {
      expect(reply).toMatchObject({ results: [{ err: 0 }, { err: wanted }, { err: -2 }] });
    } else {
      const path = wanted.endsWith("+") ? "/n0000000000" : "/n";
      // A container and a TTL come with a Stat, as a create2; all others without, also where a create2 was sent.
      const result = /[CT]/.test(wanted)
        ? { type: OpCode.create2, path, stat: { ephemeralOwner: 0 } }
        : { type: OpCode.create, path };
      expect(reply).toMatchObject({ results: [{ type: 13 }, result, { type: 13 }] });
    }
    expect(created(server, client.sessionId)).toBe(typeof wanted === "number" ? undefined : wanted);
    if (wanted === "T") expect(server.znode("/n")?.ttlMs).toBe(ttl);
  });

  it("is not looked at behind an op that failed: the TTL without a number", () => {
    const client = new TestServer().connect();
    const odd = create("/n", { flags: 5 });
    expect(client.request(multi(check("/nope"), odd)).reply).toMatchObject({
      results: [{ err: -101 }, { err: -2 }],
    });
  });

  it("takes back what ops before a TTL without a number did", () => {
    const server = new TestServer();
    const client = server.connect();
    const before = server.znode("/");
    expect(client.request(multi(create("/m"), create("/n", { flags: 6 }))).err).toBe(-5);
    expect(server.znode("/m")).toBeUndefined();
    expect(server.znode("/")).toEqual(before);
  });
});

describe("createModeOf and createInMulti", () => {
  it("leave a request that is as it should be as it is", () => {
    for (const [type, flags] of [
      [OpCode.create, 0],
      [OpCode.create, 3],
      [OpCode.createContainer, 4],
      [OpCode.createTTL, 5],
    ] as const) {
      const asked = request(type, flags, 5);
      expect(createInMulti(asked)).toBe(asked);
    }
  });

  it("keep no time to live where the flags have none", () => {
    const changed = createInMulti(request(OpCode.createTTL, 0, 77));
    expect(changed).toMatchObject({ type: OpCode.create, ttl: undefined });
    expect(changed && createModeOf(changed)).toEqual({
      isEphemeral: false,
      isSequential: false,
      isContainer: false,
      ttlMs: 0,
    });
  });
});
