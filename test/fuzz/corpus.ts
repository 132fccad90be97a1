/**
 * Valid frames of every op, as an attacker may send them: on znodes that are open, closed, half open and missing, and the
 * frames that were captured from real clients.
 */
import { readFileSync } from "node:fs";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { OpCode } from "../../src/protocol/op-code.ts";
import { type ACL, writeConnectRequest, writeRequestHeader } from "../../src/protocol/records.ts";
import {
  type CreateType,
  type MultiOp,
  type Request,
  writeRequest,
} from "../../src/protocol/requests.ts";
import type { Random } from "../process/support/random.ts";
import {
  acl,
  addWatch,
  auth,
  check,
  checkWatches,
  create,
  getACL,
  getAllChildrenNumber,
  getEphemerals,
  multi,
  multiRead,
  OPEN,
  reconfig,
  remove,
  removeWatches,
  sasl,
  setACL,
  setData,
  setWatches,
  setWatches2,
  sync,
  whoAmI,
} from "../unit/core/request-builders.ts";

type Bytes = Uint8Array<ArrayBuffer>;

interface GoldenEntry {
  readonly op: string;
  readonly direction: string;
  readonly hex: string;
}

const golden: readonly GoldenEntry[] = JSON.parse(
  readFileSync(new URL("../golden/zookeeper-3.8.0.json", import.meta.url), "utf8"),
);
const captured = golden
  .filter(({ direction, op }) => direction === "request" && op !== "connect")
  .map(({ hex }) => Uint8Array.from(Buffer.from(hex, "hex")));

const PATHS = `
/
/open /open/a /open/b /open/a/x /open/new /open/s- /mine
/vault /vault /vault /vault/guess /hall /hall/a /hall/a/b
/zookeeper /zookeeper/config /zookeeper/quota /zookeeper/quota/open
/zookeeper/quota/open/zookeeper_limits /zookeeper/quota/open/zookeeper_stats
no-slash // /open/ /open/../vault
`.split(/\s/); // The empty path comes of the ends.
const LIMITS = "/zookeeper/quota/open/zookeeper_limits";
const DATA = ["", "x", "some data", "count=2,bytes=5", "countHardLimit=3;byteHardLimit=40", null];
const LISTS: readonly (readonly ACL[] | null)[] = [
  OPEN,
  OPEN,
  OPEN,
  [acl("world", "anyone", 1)],
  [acl("auth", "")],
  [acl("ip", "10.0.0.0/8"), acl("digest", "u:x", 3)],
  [],
  null,
];
const CREDENTIALS = ["u:p", "v:q", "victim:guess", "super:test", ":", "", null];
const TYPES: readonly CreateType[] = [1, 1, 15, 15, 19, 21];

/** One time in so many, a text is a long one. */
const LONG_ONE_IN = 300;

export class Corpus {
  readonly #random: Random;
  #xid = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A whole frame, without its length. */
  frame(): Bytes {
    if (this.#random.below(8) === 0) return this.#pick(captured);
    const request = this.request();
    this.#xid += 1;
    const writer = new JuteWriter();
    writeRequestHeader(writer, { xid: this.#xid, type: request.type });
    writeRequest(writer, request);
    return writer.toBytes();
  }

  /** The first frame of a connection: to a new session, or to one whose password is known. */
  handshake(sessionId: number, passwd: Uint8Array): Bytes {
    const writer = new JuteWriter();
    const readOnly = [undefined, false, true][this.#random.below(3)];
    const timeOut = this.#pick([0, 4_000, 30_000, -1, 2_147_483_647]);
    const fields = { timeOut, sessionId, passwd, readOnly };
    writeConnectRequest(writer, { protocolVersion: 0, lastZxidSeen: 0, ...fields });
    return writer.toBytes();
  }

  request(): Request {
    const random = this.#random;
    switch (random.below(22)) {
      case 0:
      case 1:
      case 2:
        return this.#write() as Request;
      case 3:
      case 4:
        return multi(...this.#several(() => this.#write()));
      case 5:
      case 6:
      case 7: {
        const { exists, getData, getChildren, getChildren2 } = OpCode;
        const type = this.#pick([exists, getData, getChildren, getChildren2]);
        return { type, path: this.#path(), watch: random.below(2) === 0 };
      }
      case 8:
        return this.#pick([getACL, sync, getAllChildrenNumber])(this.#path());
      case 9:
        return setACL(this.#path(), this.#list(), this.#version());
      case 10:
        return multiRead(...this.#several(() => this.#path() + this.#pick(["", "/*"])));
      case 11:
      case 12:
        return addWatch(this.#path(), this.#pick([0, 1, 1, 2]));
      case 13:
        return this.#pick([checkWatches, removeWatches])(this.#path(), this.#pick([1, 2, 3, 4]));
      case 14:
      case 15:
        return this.#setWatches();
      case 16:
        return getEphemerals(this.#pick([null, this.#path()]));
      case 17:
        return random.below(4) === 0 ? reconfig("x") : sasl("token");
      case 18:
        return auth(this.#pick(["digest", "digest", "ip"]), this.#credential());
      case 19:
        return whoAmI;
      case 20:
        return this.#isRare(2) ? setData(LIMITS, this.#data(LIMITS)) : this.#openWrite();
      default:
        return this.#rare();
    }
  }

  #rare(): Request {
    const { ping, deleteContainer, closeSession } = OpCode;
    return { type: this.#pick([ping, ping, ping, deleteContainer, closeSession]) };
  }

  #write(): MultiOp {
    const path = this.#path();
    const data = this.#data(path);
    switch (this.#random.below(4)) {
      case 0:
        return remove(path, this.#version());
      case 1:
        return setData(path, data, this.#version());
      case 2:
        return this.#random.below(4) === 0 ? check(path, this.#version()) : setData(path, data);
      default: {
        const type = this.#pick(TYPES);
        const fitting = { 1: [0, 0, 1, 2, 3], 15: [0, 1, 2, 3], 19: [4], 21: [5, 6] }[type];
        const flags = this.#random.below(8) === 0 ? this.#random.below(8) : this.#pick(fitting);
        const ttl = type === OpCode.createTTL ? { ttl: this.#pick([1, 1_000, 2 ** 40]) } : {};
        return { ...create(path, { flags, data, acl: this.#list() }), type, ...ttl };
      }
    }
  }

  /** Where a quota may be in the way. */
  #openWrite(): Request {
    const path = `/open/${this.#random.below(200)}`;
    return create(path, { data: this.#data(path), flags: this.#random.below(4) });
  }

  #setWatches(): Request {
    const several = () => this.#several(() => this.#path());
    const lists = { data: several(), exist: several(), child: several() };
    const zxid = this.#pick([0, 5, 2 ** 40]);
    return this.#random.below(2) === 0
      ? setWatches(zxid, lists)
      : setWatches2(zxid, { ...lists, persistent: several(), recursive: several() });
  }

  #path(): string {
    if (this.#isRare(LONG_ONE_IN)) return this.#pick(["/open/", ""]) + this.#long();
    return this.#isRare(5) ? `/open/${this.#random.below(40)}` : this.#pick(PATHS);
  }

  /** What is put into limits of a quota is read with every write below it. */
  #data(path: string): string | null {
    return this.#isRare(path.endsWith("_limits") ? 10 : LONG_ONE_IN)
      ? this.#long()
      : this.#pick(DATA);
  }

  /** Much of what a parser may stumble over again and again. */
  #long(): string {
    const unit = this.#pick([";", ",", "=", "/", ":", " ", ".", "0", "\0", "a/", "1,", "é"]);
    return `${unit.repeat(this.#pick([300, 70_000, 140_000]))}${this.#pick(["", "x", "="])}`;
  }

  #isRare(oneIn: number): boolean {
    return this.#random.below(oneIn) === 0;
  }

  #version(): number {
    return this.#pick([-1, -1, -1, 0, 1, -2]);
  }

  #list(): readonly ACL[] | null {
    if (!this.#isRare(LONG_ONE_IN)) return this.#pick(LISTS);
    return [acl(this.#pick(["digest", "ip", "world", "auth"]), this.#long())];
  }

  #credential(): string | null {
    return this.#isRare(LONG_ONE_IN) ? this.#long() : this.#pick(CREDENTIALS);
  }

  #several<T>(one: () => T): T[] {
    return Array.from({ length: this.#random.below(4) }, one);
  }

  #pick<T>(items: readonly T[]): T {
    return this.#random.pick(items) as T;
  }
}
