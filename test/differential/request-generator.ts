/**
 * Random requests: mostly sound ones, with every way to be wrong mixed in.
 */
import { createHash } from "node:crypto";
import type { Random } from "../process/support/random.ts";
import type { Guess } from "./guess.ts";
import type { Acl, AclEntry, CreateOp, RequestStep, Version } from "./steps.ts";

type Choice<T> = readonly [weight: number, make: () => T];

const NAMES = ["a", "b", "c", "d", "e"] as const;
const ODD_NAMES = ["é", "中文", "s-", "a b", ".x", "%", "~", "a'b"] as const;
const ODD_PATHS = [
  "",
  "a",
  "a/b",
  "//",
  "~//a",
  "~/a/",
  "~/a//b",
  "~/.",
  "~/a/..",
  "~/./a",
  "~/\u0000",
  "~/a\u0000b",
  "~/a/\u0001",
  "~/\u007f",
  "~/\ud7ff",
  "~/\uf900",
  "~/\uffef",
  "~/\ufff0",
  "~/\ue000",
  "~/😀",
  "/",
  "/.",
] as const;
const SYSTEM_PATHS = [
  "/",
  "/zookeeper",
  "/zookeeper/quota",
  "/zookeeper/config",
  "/zookeeper/config/a",
  "/zookeeper/nothing",
] as const;
/** Paths that quotas are set for; some lie inside each other. */
const QUOTA_OF = ["", "/a", "/b", "/a/b", "/a/a", "/c"] as const;
const CREDENTIALS = ["u:p", "v:q", "super:test", "w:r:s", "super:wrong", "x", "", ":"] as const;

function digest(credential: string): string {
  const hash = createHash("sha1").update(credential).digest("base64");
  return `${credential.split(":")[0]}:${hash}`;
}

const ANYONE = { scheme: "world", id: "anyone" };
const OPEN: Acl = [{ perms: 31, ...ANYONE }];
const AUTH: AclEntry = { perms: 31, scheme: "auth", id: "" };
const U: AclEntry = { perms: 31, scheme: "digest", id: digest("u:p") };
const V: AclEntry = { perms: 31, scheme: "digest", id: digest("v:q") };

const ACLS: readonly Acl[] = [
  [{ perms: 1, ...ANYONE }],
  [{ perms: 2 | 4 | 8, ...ANYONE }],
  [{ perms: 1 | 16, ...ANYONE }],
  [{ perms: 15, ...ANYONE }],
  [{ perms: 5, ...ANYONE }, U],
  [{ perms: 27, ...ANYONE }, V, U],
  [U],
  [V],
  [
    { ...U, perms: 16 },
    { perms: 7, ...ANYONE },
  ],
  [AUTH],
  [{ ...AUTH, perms: 7, id: "x" }, { perms: 1, ...ANYONE }, AUTH],
  [{ ...AUTH, id: null }],
  [{ perms: 31, scheme: "ip", id: "127.0.0.1" }],
  [
    { perms: 15, scheme: "ip", id: "127.0.0.0/8" },
    { perms: 31, scheme: "ip", id: "10.0.0.0/8" },
  ],
  [{ perms: 31, scheme: "ip", id: "127.0.0.1/31" }],
  [{ perms: 31, scheme: "ip", id: "10.0.0.1" }],
  [{ perms: 31, scheme: "ip", id: "0.0.0.0/0" }],
  [{ perms: 0, ...ANYONE }],
  [{ perms: 63, ...ANYONE }],
  [{ perms: -1, ...ANYONE }],
  [
    { perms: 31, ...ANYONE },
    { perms: 31, ...ANYONE },
    { perms: 1, ...ANYONE },
  ],
];
const BAD_ACLS: readonly Acl[] = [
  [],
  null,
  [{ perms: 31, scheme: "nosuch", id: "x" }],
  [
    { perms: 31, scheme: "digest", id: "no colon" },
    { perms: 31, ...ANYONE },
  ],
  [{ perms: 31, scheme: "digest", id: "a:b:c" }],
  [{ perms: 31, scheme: "digest", id: ":b" }],
  [{ perms: 31, scheme: "digest", id: "b:" }],
  [{ perms: 31, scheme: "world", id: "someone" }],
  [{ perms: 31, scheme: "ip", id: "127.0.0.1/33" }],
  [{ perms: 31, scheme: "ip", id: "127.0.0.1/" }],
  [{ perms: 31, scheme: "ip", id: "127.0.0" }],
  [{ perms: 31, scheme: "ip", id: "1.2.3.4/8/8" }],
  [{ perms: 31, scheme: "ip", id: "::1" }],
  [{ perms: 31, scheme: "super", id: "" }],
  [{ perms: 31, scheme: null, id: "x" }],
  [{ perms: 31, scheme: "sasl", id: "x" }],
  [{ perms: 31, scheme: "x509", id: "CN=x" }],
  [{ perms: 31, scheme: "", id: "" }],
];
const TTLS = [1_000_000, 2 ** 40 - 1, 600_000, 2 ** 40, 0, -1, -5, 3_000_000_000] as const;
const RAW_TYPES = [0, 10, 16, 20, 23, 99, 102, 108, 999, -1, -2, 2_147_483_647] as const;

export class RequestGenerator {
  readonly #random: Random;
  readonly #guess: Guess;

  constructor(random: Random, guess: Guess) {
    this.#random = random;
    this.#guess = guess;
  }

  /** The next request of a slot. In a burst, none whose answer may overtake those before it. */
  next(s: number, isBurst = false): RequestStep {
    const request = isBurst ? this.#orderly() : this.#any();
    this.#guess.sent(s, request);
    if ((request.op === "auth" && isRefused(request)) || request.op === "raw") {
      this.#guess.dropped(s);
    }
    if (this.#random.below(150) > 0 || isBurst) return request;
    return { ...request, cut: this.#random.between(1, 12) };
  }

  #orderly(): RequestStep {
    for (;;) {
      const request = this.#any();
      if (!MAY_OVERTAKE.has(request.op)) return request;
    }
  }

  #any(): RequestStep {
    return this.#oneOf<RequestStep>([
      [18, () => this.#soundWrite()],
      [12, () => this.#create()],
      [8, () => this.#delete()],
      [6, () => this.#setData()],
      [26, () => this.#read()],
      [5, () => this.#watch()],
      [3, () => this.setWatches()],
      [9, () => this.#multi()],
      [2, () => ({ op: "multiRead", ops: this.#some(0, 5, () => this.#readOp()) })],
      [3, () => ({ op: "setACL", path: this.#path(), acl: this.#acl(), version: this.#version() })],
      [4, () => this.#lookAround()],
      [4, () => this.#quota()],
      [2, () => this.#auth()],
      [1, () => this.#rare()],
    ]);
  }

  #soundWrite(): RequestStep {
    return this.#oneOf<RequestStep>([
      [
        5,
        () => ({
          op: this.#random.pick(["create", "create2"] as const),
          path: this.#newPath(),
          data: this.#data(),
          acl: OPEN,
          flags: this.#random.pick([0, 0, 0, 0, 1, 2, 3]),
        }),
      ],
      [3, () => ({ op: "setData", path: this.#existing(), data: this.#data(), version: -1 })],
      [2, () => ({ op: "delete", path: this.#leaf(), version: -1 })],
    ]);
  }

  #create(): RequestStep {
    const op = this.#oneOf<CreateOp>([
      [4, () => "create"],
      [4, () => "create2"],
      [2, () => "createContainer"],
      [2, () => "createTTL"],
    ]);
    const flags = this.#createFlags(op);
    const request = {
      op,
      path: this.#random.below(3) === 0 ? this.#path() : this.#newPath(),
      data: this.#data(),
      acl: this.#acl(),
      flags,
    };
    return op === "createTTL" ? { ...request, ttl: this.#random.pick(TTLS) } : request;
  }

  #createFlags(op: CreateOp): number {
    const random = this.#random;
    if (random.below(8) === 0) return random.pick([0, 1, 2, 3, 4, 5, 6, 7, -1, 100]);
    if (op === "createContainer") return 4;
    if (op === "createTTL") return random.pick([5, 5, 6]);
    return random.pick([0, 0, 1, 2, 3]);
  }

  #delete(): RequestStep {
    const path = this.#random.below(3) === 0 ? this.#path() : this.#leaf();
    // Without its root a stream has nowhere to go.
    return { op: "delete", path: path === "~" ? "~/a" : path, version: this.#version() };
  }

  #setData(): RequestStep {
    return { op: "setData", path: this.#path(), data: this.#data(), version: this.#version() };
  }

  #read(): RequestStep {
    const op = this.#random.pick(["exists", "getData", "getChildren", "getChildren2"] as const);
    return { op, path: this.#path(), watch: this.#random.below(2) === 0 };
  }

  #readOp(): RequestStep {
    if (this.#random.below(25) === 0) return this.#read();
    const op = this.#random.pick(["getData", "getChildren"] as const);
    return { op, path: this.#path(), watch: this.#random.below(4) === 0 };
  }

  #watch(): RequestStep {
    const random = this.#random;
    return this.#oneOf<RequestStep>([
      [
        3,
        () => ({
          op: "addWatch",
          path: this.#path(),
          mode: random.pick([0, 0, 0, 1, 1, 1, 2, -1]),
        }),
      ],
      [
        3,
        () => ({
          op: random.pick(["checkWatches", "removeWatches", "removeWatches"] as const),
          path: this.#path(),
          watcherType: random.pick([1, 2, 3, 3, 1, 2, 3, 0, 4, 5]),
        }),
      ],
    ]);
  }

  setWatches(): RequestStep {
    const list = (): string[] => this.#some(0, 3, () => this.#path() ?? "~");
    const ago = this.#random.pick([0, 0, 1, 2, 5, 20, 1_000, -5]);
    const request = { ago, data: list(), exist: list(), child: list() };
    if (this.#random.below(2) === 0) return { op: "setWatches", ...request };
    return { op: "setWatches2", ...request, persistent: list(), recursive: list() };
  }

  #multi(): RequestStep {
    const op = (): RequestStep =>
      this.#oneOf<RequestStep>([
        [4, () => this.#create()],
        [2, () => this.#delete()],
        [2, () => this.#setData()],
        [2, () => ({ op: "check", path: this.#path(), version: this.#version() })],
      ]);
    const ops = this.#oneOf<RequestStep[]>([
      [5, () => this.#some(1, 4, () => this.#soundWrite())],
      [3, () => this.#some(0, 6, op)],
      [3, () => [...this.#some(0, 4, () => this.#soundWrite()), op()]],
      [1, () => [op(), ...this.#some(0, 3, () => this.#soundWrite())]],
      [1, () => [...this.#some(0, 2, () => this.#soundWrite()), this.#stranger()]],
    ]);
    return { op: "multi", ops };
  }

  /** An op that has no place in a multi. */
  #stranger(): RequestStep {
    return this.#oneOf<RequestStep>([
      [1, () => this.#read()],
      [1, () => ({ op: "setACL", path: this.#path(), acl: OPEN, version: -1 })],
      [1, () => ({ op: "ping" })],
    ]);
  }

  #lookAround(): RequestStep {
    const random = this.#random;
    return this.#oneOf<RequestStep>([
      [4, () => ({ op: "getACL", path: this.#path() })],
      [1, () => ({ op: "sync", path: random.below(10) === 0 ? null : this.#path() })],
      [2, () => ({ op: "getAllChildrenNumber", path: this.#path() })],
      [
        2,
        () => ({ op: "getEphemerals", path: random.pick(["", "/", "~", "~/a", null, " ", "x"]) }),
      ],
      [1, () => ({ op: "whoAmI" })],
      [1, () => ({ op: "ping" })],
    ]);
  }

  /** Quotas are znodes like others, at special paths. */
  #quota(): RequestStep {
    const random = this.#random;
    const parts = ["", ...["~", "a", "b"].slice(0, random.between(1, 3))];
    const at = `/zookeeper/quota${parts.join("/").replace("/~", "~")}`;
    const node = `/zookeeper/quota~${random.pick(QUOTA_OF)}`;
    const leaf = `${node}/${random.pick(["zookeeper_limits", "zookeeper_stats"])}`;
    const data = this.#limits();
    return this.#oneOf<RequestStep>([
      [3, () => ({ op: "create", path: at, data: null, acl: OPEN, flags: 0 })],
      [2, () => ({ op: "create", path: node, data: null, acl: OPEN, flags: 0 })],
      [6, () => ({ op: "create2", path: leaf, data, acl: OPEN, flags: 0 })],
      [2, () => ({ op: "setData", path: leaf, data, version: -1 })],
      [3, () => ({ op: "getData", path: leaf, watch: random.below(2) === 0 })],
      [1, () => ({ op: "delete", path: leaf, version: -1 })],
      [1, () => ({ op: "delete", path: node, version: -1 })],
    ]);
  }

  /** Limits, or statistics, that a small tree may come to. */
  #limits(): string {
    const random = this.#random;
    const upTo = (most: number): number => (random.below(3) === 0 ? -1 : random.below(most));
    const soft = `count=${upTo(10)},bytes=${upTo(40)}`;
    const bytes = `;byteHardLimit=${upTo(60)}`;
    const count = `;countHardLimit=${upTo(12)}`;
    return random.pick([soft, `${soft}=${bytes}`, `${soft}=${count}`, `${soft}=${bytes}${count}`]);
  }

  #auth(): RequestStep {
    const random = this.#random;
    if (random.below(4) > 0) {
      return { op: "auth", scheme: "digest", credential: random.pick(CREDENTIALS) };
    }
    return {
      op: "auth",
      scheme: random.pick(["ip", "ip", "world", "nosuch", "", null, "super", "auth", "x509"]),
      credential: random.pick(["u:p", "127.0.0.1", null, ""]),
    };
  }

  #rare(): RequestStep {
    const random = this.#random;
    return this.#oneOf<RequestStep>([
      [2, () => ({ op: "closeSession" })],
      [1, () => ({ op: "reconfig", members: random.pick([null, "x"]), config: -1 })],
      [1, () => ({ op: "sasl", token: random.pick([null, "", "token"]) })],
      [1, () => ({ op: "deleteContainer", path: this.#existing() })],
      [1, () => ({ op: "raw", type: random.pick(RAW_TYPES), body: "000000012f00" })],
      [
        1,
        () => ({
          op: "raw",
          type: random.pick([1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 17, 18, 19, 22, 101, 105, 106]),
          body: random.pick(["", "00", "ffffffff", "7fffffff00", "fffffffe", "00000001"]),
        }),
      ],
    ]);
  }

  #acl(): Acl {
    const kind = this.#random.below(20);
    if (kind < 13) return OPEN;
    return this.#random.pick(kind < 18 ? ACLS : BAD_ACLS) ?? null;
  }

  #data(): string | null {
    return this.#random.pick([null, "", "x", "longer", "é\u0000", "y", "z", "#300", "x"]) ?? null;
  }

  #version(): Version {
    return this.#random.pick([-1, -1, -1, "right", "right", "right", "next", "previous", 0, -2]);
  }

  #path(): string | null {
    return this.#oneOf<string | null>([
      [50, () => this.#existing()],
      [25, () => `~/${this.#random.pick(NAMES)}`],
      [15, () => `~/${this.#random.pick(NAMES)}/${this.#random.pick(NAMES)}`],
      [14, () => this.#newPath()],
      [8, () => this.#numbered()],
      [3, () => this.#random.pick(ODD_PATHS)],
      [4, () => this.#random.pick(SYSTEM_PATHS)],
      [1, () => null],
    ]);
  }

  #existing(): string {
    if (this.#random.below(8) === 0) return this.#numbered();
    return this.#random.pick(this.#guess.paths) ?? "~";
  }

  #numbered(): string {
    const { recent } = this.#guess;
    if (recent === 0) return "~/none";
    const child = this.#random.below(6) === 0 ? `/${this.#random.pick(NAMES)}` : "";
    return `@${this.#random.below(recent)}${child}`;
  }

  #newPath(): string {
    const { paths } = this.#guess;
    // A tree that stays small is one whose znodes meet.
    const shallow = paths.filter(
      (path) => path.split("/").length < 5 && !this.#guess.isEphemeral(path),
    );
    const parent = this.#random.pick(paths.length > 60 ? ["~"] : shallow) ?? "~";
    const isOdd = this.#random.below(10) === 0;
    return `${parent}/${isOdd ? this.#random.pick(ODD_NAMES) : this.#random.pick(NAMES)}`;
  }

  #leaf(): string {
    for (let tries = 4; tries > 0; tries--) {
      const path = this.#existing();
      if (path !== "~" && !this.#guess.hasChildren(path)) return path;
    }
    return "~/none";
  }

  #some<T>(min: number, max: number, make: () => T): T[] {
    return Array.from({ length: this.#random.between(min, max) }, make);
  }

  #oneOf<T>(choices: readonly Choice<T>[]): T {
    const total = choices.reduce((sum, [weight]) => sum + weight, 0);
    let left = this.#random.below(total);
    for (const [weight, make] of choices) {
      left -= weight;
      if (left < 0) return make();
    }
    throw new Error("weights do not add up");
  }
}

/** A real server answers these ahead of requests that came before them. */
const MAY_OVERTAKE: ReadonlySet<RequestStep["op"]> = new Set(["auth", "sasl", "raw"]);

function isRefused({ scheme, credential }: { scheme: string | null; credential: string | null }) {
  return scheme !== "ip" && (scheme !== "digest" || credential === null);
}
