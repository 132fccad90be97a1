/**
 * Random steps of several clients. A step names paths, versions and zxids by what they are at the time ("the third
 * znode", "the right version"), so that it means something wherever it stands, and a failing run shrinks well.
 */
import * as fc from "fast-check";
import { OpCode } from "../../src/protocol/op-code.ts";
import type { ACL } from "../../src/protocol/records.ts";
import type { CreateType } from "../../src/protocol/requests.ts";
import { acl, OPEN } from "../unit/core/request-builders.ts";
import { digestOf } from "./naive-acl.ts";

export type PathChoice =
  | { readonly at: "literal"; readonly path: string }
  | { readonly at: "existing" | "leaf" | "watched" | "quota"; readonly n: number }
  | { readonly at: "child"; readonly n: number; readonly name: string };

export type VersionChoice = "any" | "right" | "next" | "previous" | number;

export type WriteChoice =
  | {
      readonly op: "create";
      readonly type: CreateType;
      readonly path: PathChoice;
      readonly data: string | null;
      readonly acl: readonly ACL[] | null;
      readonly flags: number;
      readonly ttl: number;
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
  | { readonly op: "getACL" | "sync" | "getAllChildrenNumber"; readonly path: PathChoice }
  | {
      readonly op: "multiRead";
      readonly ops: readonly {
        readonly type: typeof OpCode.getData | typeof OpCode.getChildren;
        readonly path: PathChoice;
        readonly watch: boolean;
      }[];
    }
  | { readonly op: "getEphemerals"; readonly prefix: string | null }
  | { readonly op: "addWatch"; readonly path: PathChoice; readonly mode: number }
  | {
      readonly op: "checkWatches" | "removeWatches";
      readonly path: PathChoice;
      readonly type: number;
    }
  | {
      readonly op: "setACL";
      readonly path: PathChoice;
      readonly acl: readonly ACL[] | null;
      readonly version: VersionChoice;
    }
  | { readonly op: "multi"; readonly ops: readonly WriteChoice[] }
  | { readonly op: "auth"; readonly scheme: string; readonly credential: string | null }
  | {
      readonly op: "setWatches" | "setWatches2";
      /** How many zxids ago the client was there; negative for a client that is ahead. */
      readonly ago: number;
      readonly data: readonly PathChoice[];
      readonly exist: readonly PathChoice[];
      readonly child: readonly PathChoice[];
      readonly persistent: readonly PathChoice[];
      readonly recursive: readonly PathChoice[];
    }
  /** Sets, changes or takes away what a quota consists of, in a multi that also makes what must be above it. */
  | {
      readonly op: "quota";
      readonly path: string;
      readonly limits: QuotaPart;
      readonly stats: QuotaPart;
    }
  | {
      readonly op: "ping" | "whoAmI" | "reconfig" | "sasl" | "deleteContainer" | "closeSession";
    };

/** Leave it, delete it, or put this text there. */
export type QuotaPart = "leave" | "delete" | { readonly text: string | null };

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
  | { readonly do: "garbage"; readonly slot: number; readonly length: number }
  /** The end of a container or a znode with a TTL that may go. */
  | { readonly do: "reap"; readonly n: number };

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
/** Where quotas are likely to be felt. */
const quotaedPath = fc.record({ at: fc.constant("quota" as const), n: fc.nat(30) });
/** Where creates mostly want to be. */
const newPath = fc.oneof(
  { weight: 3, arbitrary: path },
  { weight: 2, arbitrary: quotaedPath },
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
/** What a create says of its kind: mostly what fits. */
const kind = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      type: fc.constantFrom<CreateType[]>(OpCode.create, OpCode.create2),
      flags: fc.constantFrom(0, 0, 1, 2, 3),
      ttl: fc.constant(0),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom<{ type: CreateType; flags: number; ttl: number }[]>(
      { type: OpCode.createContainer, flags: 4, ttl: 0 },
      { type: OpCode.createTTL, flags: 5, ttl: 1_000 },
      { type: OpCode.createTTL, flags: 6, ttl: 1 },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom<CreateType[]>(
        OpCode.create,
        OpCode.create2,
        OpCode.createContainer,
        OpCode.createTTL,
      ),
      flags: fc.constantFrom(0, 1, 2, 3, 4, 4, 5, 5, 5, 6, 6, 7, -1),
      ttl: fc.constantFrom(-1, 0, 1, 2 ** 40 - 1, 2 ** 40),
    }),
  },
);

const create: fc.Arbitrary<WriteChoice> = fc
  .record({
    op: fc.constant("create" as const),
    path: newPath,
    data,
    acl: list,
    kind,
  })
  .map(({ kind: of, ...fields }) => ({ ...fields, ...of }));
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
  path: fc.oneof({ weight: 5, arbitrary: path }, { weight: 1, arbitrary: quotaedPath }),
  data,
  version,
});
/** An op that mostly succeeds. */
const soundOp: fc.Arbitrary<WriteChoice> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant("create" as const),
      type: fc.constantFrom<CreateType[]>(OpCode.create, OpCode.create2),
      path: fc.record({ at: fc.constant("child" as const), n: fc.nat(30), name }),
      data,
      acl: fc.constant(OPEN),
      flags: fc.constantFrom(0, 0, 0, 1, 2, 3),
      ttl: fc.constant(0),
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.record({ at: fc.constant("child" as const), n: fc.nat(30), name }),
        fc.constantFrom<[CreateType, number][]>([OpCode.createContainer, 4], [OpCode.createTTL, 5]),
      )
      .map(([at, [type, flags]]) => {
        const fields = { type, path: at, data: "x", acl: OPEN, flags, ttl: 500 };
        return { op: "create" as const, ...fields };
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

/** Requests about watches. */
const watchRequest: fc.Arbitrary<RequestChoice> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant("addWatch" as const),
      path,
      mode: fc.constantFrom(0, 0, 0, 1, 1, 1, 1, 2, -1),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constantFrom("checkWatches" as const, "removeWatches" as const),
      path: fc.oneof(path, fc.record({ at: fc.constant("watched" as const), n: fc.nat(30) })),
      type: fc.constantFrom(1, 1, 2, 2, 3, 3, 3, 0, 4),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constantFrom("setWatches" as const, "setWatches2" as const),
      ago: fc.constantFrom(0, 1, 3, 8, 1_000, -5),
      data: paths,
      exist: paths,
      child: paths,
      persistent: paths,
      recursive: paths,
    }),
  },
);

const limitTexts = [
  "",
  "count=2,bytes=5",
  "countHardLimit=2",
  "countHardLimit=4",
  "byteHardLimit=3",
  "byteHardLimit=9",
  "count=5,bytes=100=;byteHardLimit=8;countHardLimit=3",
  "countHardLimit=-1;byteHardLimit=0",
  "no numbers",
  "no numbers either",
  null,
];
const quotaPath = fc.constantFrom("/a", "/b", "/a/a", "/a/b", "/c/d", "/zookeeper");
const quotaRequest: fc.Arbitrary<RequestChoice> = fc.oneof(
  // A whole one.
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant("quota" as const),
      path: quotaPath,
      limits: fc.constantFrom(...limitTexts).map((text) => ({ text })),
      stats: fc.constant({ text: "count=0,bytes=0" }),
    }),
  },
  // One part of it.
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant("quota" as const),
      path: quotaPath,
      limits: fc.constantFrom<QuotaPart[]>("leave", "leave", "delete", {
        text: "countHardLimit=3",
      }),
      stats: fc.constantFrom<QuotaPart[]>(
        ...(["leave", "leave", "delete"] as const),
        ...["", "count=1", "count=1,bytes=1", "bytes=7", "rubbish", null].map((text) => ({ text })),
      ),
    }),
  },
);

/** Reads beside those that may leave a watch. */
const rareRead: fc.Arbitrary<RequestChoice> = fc.oneof(
  fc.record({
    op: fc.constantFrom("getACL" as const, "sync" as const, "getAllChildrenNumber" as const),
    path,
  }),
  fc.record({
    op: fc.constant("multiRead" as const),
    ops: fc.array(
      fc.record({
        type: fc.constantFrom(OpCode.getData, OpCode.getChildren),
        path,
        watch: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
  }),
  fc.record({
    op: fc.constant("getEphemerals" as const),
    prefix: fc.constantFrom(null, "", "/", " / ", "/a", "/a/", "/b", "b", "/nope"),
  }),
);

const request: fc.Arbitrary<RequestChoice> = fc.oneof(
  { weight: 8, arbitrary: soundOp },
  { weight: 8, arbitrary: create },
  { weight: 6, arbitrary: remove },
  { weight: 6, arbitrary: setData },
  { weight: 14, arbitrary: read },
  { weight: 6, arbitrary: rareRead },
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
      credential: fc.constantFrom("u:p", "u:p", "u:p", "v:q", "v:q", "w", "super:test", null),
    }),
  },
  { weight: 9, arbitrary: watchRequest },
  { weight: 9, arbitrary: quotaRequest },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constantFrom(
        "ping" as const,
        "whoAmI" as const,
        "closeSession" as const,
        "closeSession" as const,
        "reconfig" as const,
        "sasl" as const,
        "deleteContainer" as const,
      ),
    }),
  },
);

const slot = fc.nat(3);

/** Requests that have a body to be cut short. */
const CUT_TYPES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 16, 17, 18, 19, 21, 22].concat([
  100, 101, 102, 103, 104, 105, 106,
]);

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
      type: fc.constantFrom(...CUT_TYPES),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("reap" as const), n: fc.nat(30) }),
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
