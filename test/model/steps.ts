/**
 * Random steps of several clients. A step names paths, versions and zxids by what they are at the time ("the third
 * znode", "the right version"), so that it means something wherever it stands, and a failing run shrinks well.
 */
import * as fc from "fast-check";
import { OpCode } from "../../src/protocol/op-code.ts";
import type { ACL } from "../../src/protocol/records.ts";
import { acl, OPEN } from "../unit/core/request-builders.ts";
import { digestOf } from "./naive-zookeeper.ts";

export type PathChoice =
  | { readonly at: "literal"; readonly path: string }
  | { readonly at: "existing" | "leaf"; readonly n: number }
  | { readonly at: "child"; readonly n: number; readonly name: string };

export type VersionChoice = "any" | "right" | "next" | "previous" | number;

export type WriteChoice =
  | {
      readonly op: "create";
      readonly type: typeof OpCode.create | typeof OpCode.create2;
      readonly path: PathChoice;
      readonly data: string | null;
      readonly acl: readonly ACL[] | null;
      readonly flags: number;
    }
  | { readonly op: "delete" | "check"; readonly path: PathChoice; readonly version: VersionChoice }
  | {
      readonly op: "setData";
      readonly path: PathChoice;
      readonly data: string | null;
      readonly version: VersionChoice;
    };

export type RequestChoice =
  | WriteChoice
  | {
      readonly op: "read";
      readonly type:
        | typeof OpCode.exists
        | typeof OpCode.getData
        | typeof OpCode.getChildren
        | typeof OpCode.getChildren2;
      readonly path: PathChoice;
      readonly watch: boolean;
    }
  | { readonly op: "getACL" | "sync"; readonly path: PathChoice }
  | {
      readonly op: "setACL";
      readonly path: PathChoice;
      readonly acl: readonly ACL[] | null;
      readonly version: VersionChoice;
    }
  | { readonly op: "multi"; readonly ops: readonly WriteChoice[] }
  | { readonly op: "auth"; readonly scheme: string; readonly credential: string | null }
  | {
      readonly op: "setWatches";
      /** How many zxids ago the client was there; negative for a client that is ahead. */
      readonly ago: number;
      readonly data: readonly PathChoice[];
      readonly exist: readonly PathChoice[];
      readonly child: readonly PathChoice[];
    }
  | { readonly op: "ping" | "closeSession" };

export type Step =
  | { readonly do: "request"; readonly slot: number; readonly request: RequestChoice }
  /** Connects anew, to the session that the slot had: with its password, a wrong one, or from the future. */
  | {
      readonly do: "reconnect";
      readonly slot: number;
      readonly how: "right" | "wrong" | "null" | "ahead" | "fresh";
      readonly timeout: number;
    }
  | { readonly do: "drop"; readonly slot: number }
  | { readonly do: "advance"; readonly ms: number }
  /** A request whose body is cut short. */
  | { readonly do: "cut"; readonly slot: number; readonly type: number }
  | { readonly do: "unknown"; readonly slot: number; readonly type: number }
  | { readonly do: "garbage"; readonly slot: number; readonly length: number };

const name = fc.constantFrom("a", "b", "c", "d", "e", "s-", "é", "中文");
const ODD_PATHS = [
  "",
  "a",
  "a/b",
  "//",
  "//a",
  "/a/",
  "/a//b",
  "/.",
  "/a/..",
  "/\u0000",
  "/a/\u0001",
  "/😀",
  "/zookeeper",
  "/zookeeper/quota",
  "/zookeeper/config",
  "/zookeeper/config/a",
];
const path: fc.Arbitrary<PathChoice> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ at: fc.constant("existing" as const), n: fc.nat(30) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ at: fc.constant("child" as const), n: fc.nat(30), name }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      at: fc.constant("literal" as const),
      path: fc.constantFrom("/", "/a", "/b", "/c", "/a/a", "/a/b", "/b/a", "/s-"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      at: fc.constant("literal" as const),
      path: fc.constantFrom(...ODD_PATHS),
    }),
  },
);
/** Where creates mostly want to be. */
const newPath = fc.oneof(
  { weight: 3, arbitrary: path },
  {
    weight: 5,
    arbitrary: fc.record({ at: fc.constant("child" as const), n: fc.nat(30), name }),
  },
);
const version: fc.Arbitrary<VersionChoice> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("any" as const, "right" as const) },
  { weight: 2, arbitrary: fc.constantFrom("next" as const, "previous" as const) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, -2, 2_147_483_647) },
);
const data = fc.constantFrom(null, "", "x", "longer", "é\u0000");

const own = acl("digest", digestOf("u:p"));
const list: fc.Arbitrary<readonly ACL[] | null> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(OPEN) },
  {
    weight: 5,
    arbitrary: fc.constantFrom<(readonly ACL[] | null)[]>(
      [acl("world", "anyone", 1)],
      [acl("world", "anyone", 2 | 4 | 8)],
      [acl("world", "anyone", 1 | 16)],
      [acl("world", "anyone", 5), own],
      [own],
      [acl("digest", digestOf("v:q"), 31), acl("world", "anyone", 27)],
      [acl("auth", "")],
      [acl("auth", "x", 7), acl("world", "anyone", 1), acl("auth", "", 7)],
      [acl("ip", "127.0.0.1")],
      [acl("ip", "127.0.0.0/8", 15), acl("ip", "10.0.0.0/8")],
      [acl("world", "anyone", 31), acl("world", "anyone", 31)],
      [],
      null,
      [acl("nosuch", "x")],
      [acl("digest", "no colon"), acl("world", "anyone", 31)],
      [acl("world", "someone")],
    ),
  },
);
const flags = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom(0, 0, 1, 2, 3) },
  { weight: 1, arbitrary: fc.constantFrom(5, 6, 7, -1) },
);

const create: fc.Arbitrary<WriteChoice> = fc.record({
  op: fc.constant("create" as const),
  type: fc.constantFrom(OpCode.create, OpCode.create2),
  path: newPath,
  data,
  acl: list,
  flags,
});
const remove: fc.Arbitrary<WriteChoice> = fc.record({
  op: fc.constant("delete" as const),
  path: fc.oneof(path, fc.record({ at: fc.constant("leaf" as const), n: fc.nat(30) })),
  version,
});
const check: fc.Arbitrary<WriteChoice> = fc.record({
  op: fc.constant("check" as const),
  path,
  version,
});
const setData: fc.Arbitrary<WriteChoice> = fc.record({
  op: fc.constant("setData" as const),
  path,
  data,
  version,
});
/** An op that mostly succeeds. */
const soundOp: fc.Arbitrary<WriteChoice> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant("create" as const),
      type: fc.constantFrom(OpCode.create, OpCode.create2),
      path: fc.record({ at: fc.constant("child" as const), n: fc.nat(30), name }),
      data,
      acl: fc.constant(OPEN),
      flags: fc.constantFrom(0, 0, 0, 1, 2, 3),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant("setData" as const),
      path: fc.record({ at: fc.constant("existing" as const), n: fc.nat(30) }),
      data,
      version: fc.constantFrom("any" as const, "any" as const, "right" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant("delete" as const),
      path: fc.record({ at: fc.constant("leaf" as const), n: fc.nat(30) }),
      version: fc.constant("any" as const),
    }),
  },
);
const subOp = fc.oneof(
  { weight: 4, arbitrary: create },
  { weight: 2, arbitrary: remove },
  { weight: 3, arbitrary: setData },
  { weight: 1, arbitrary: check },
);
const read: fc.Arbitrary<RequestChoice> = fc.record({
  op: fc.constant("read" as const),
  type: fc.constantFrom(OpCode.exists, OpCode.getData, OpCode.getChildren, OpCode.getChildren2),
  path,
  watch: fc.boolean(),
});
const paths = fc.array(path, { maxLength: 4 });

const request: fc.Arbitrary<RequestChoice> = fc.oneof(
  { weight: 8, arbitrary: soundOp },
  { weight: 8, arbitrary: create },
  { weight: 6, arbitrary: remove },
  { weight: 6, arbitrary: setData },
  { weight: 14, arbitrary: read },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constantFrom("getACL" as const, "getACL" as const, "sync" as const),
      path,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant("setACL" as const), path, acl: list, version }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      op: fc.constant("multi" as const),
      ops: fc.oneof(
        { weight: 4, arbitrary: fc.array(soundOp, { minLength: 1, maxLength: 4, size: "max" }) },
        { weight: 2, arbitrary: fc.array(subOp, { maxLength: 6, size: "max" }) },
        // Fails with its last op, most of the time.
        {
          weight: 2,
          arbitrary: fc
            .tuple(fc.array(soundOp, { maxLength: 4, size: "max" }), check)
            .map(([ops, last]) => [...ops, last]),
        },
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant("auth" as const),
      scheme: fc.constantFrom("digest", "digest", "digest", "ip", "nosuch"),
      credential: fc.constantFrom("u:p", "u:p", "v:q", "w", null),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant("setWatches" as const),
      ago: fc.constantFrom(0, 1, 3, 8, 1_000, -5),
      data: paths,
      exist: paths,
      child: paths,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constantFrom("ping" as const, "closeSession" as const) }),
  },
);

const slot = fc.nat(3);

export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 50,
    arbitrary: fc.record({ do: fc.constant("request" as const), slot, request }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("reconnect" as const),
      slot,
      how: fc.constantFrom<("right" | "wrong" | "null" | "ahead" | "fresh")[]>(
        ...(["right", "right", "right", "wrong", "null", "ahead", "fresh"] as const),
      ),
      timeout: fc.constantFrom(0, 4_001, 6_000, 10_000, 30_000, 99_999),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("drop" as const), slot }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("advance" as const),
      ms: fc.constantFrom(0, 1, 700, 1_999, 2_000, 2_000, 5_000, 9_000, 45_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("cut" as const),
      slot,
      type: fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 100, 101),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("unknown" as const),
      slot,
      type: fc.constantFrom(0, 10, 999, -1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("garbage" as const), slot, length: fc.nat(7) }),
  },
);
