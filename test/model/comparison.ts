/**
 * Plays the same steps on the server and on the naive model, and compares after each of them: every reply and event
 * of every connection in order, which connections are open, the last zxid, all watches, and the whole tree.
 */
import { expect } from "vitest";
import { statOf as statOfZnode } from "../../src/core/znode.ts";
import { OpCode } from "../../src/protocol/op-code.ts";
import type { MultiOp, Request } from "../../src/protocol/requests.ts";
import { type Received, START_MS, type TestConnection, TestServer } from "../unit/core/harness.ts";
import {
  addWatch,
  auth,
  bytes,
  create,
  getEphemerals,
  reconfig,
  remove,
  sasl,
  setData,
  setWatches,
  setWatches2,
} from "../unit/core/request-builders.ts";
import { SUPER_DIGEST } from "./naive-acl.ts";
import { statOf } from "./naive-node.ts";
import { QUOTA } from "./naive-quota.ts";
import type { NaiveConnection } from "./naive-watches.ts";
import { NaiveZooKeeper } from "./naive-zookeeper.ts";
import type {
  PathChoice,
  QuotaPart,
  RequestChoice,
  Step,
  VersionChoice,
  WriteChoice,
} from "./steps.ts";

interface Slot {
  session: number;
  passwd: Uint8Array;
  real: TestConnection;
  naive: NaiveConnection;
}

/** Connects a slot that has nothing to say about how. */
const ORDINARY = { how: "right", timeout: 10_000 } as const;

const EVENT_NAMES = ["", "created", "deleted", "dataChanged", "childrenChanged"];
const TYPE_NAMES = new Map<number, string>(
  Object.entries(OpCode).map(([name, type]) => [type, name]),
);

export class Comparison {
  readonly server: TestServer;
  readonly model: NaiveZooKeeper;
  readonly #tally: Map<string, number>;
  readonly #slots: (Slot | undefined)[] = [];
  #everReal: [TestConnection, NaiveConnection][] = [];
  #comparedZxid = -1;
  #xid = 0;

  /** Counts in `tally` what happens, so that a test can tell whether enough did. */
  constructor(enforceQuota: boolean, tally = new Map<string, number>()) {
    this.server = new TestServer({ enforceQuota, superDigest: SUPER_DIGEST });
    this.model = new NaiveZooKeeper(START_MS, enforceQuota);
    this.#tally = tally;
  }

  /** Does a step on both, and throws where they differ. */
  play(step: Step): void {
    switch (step.do) {
      case "request":
        this.#request(this.#slot(step.slot), this.#resolve(step.request));
        break;
      case "reconnect":
        this.#connect(step.slot, step.how, step.timeout);
        break;
      case "drop": {
        const slot = this.#slots[step.slot];
        if (slot === undefined || slot.real.closed) break;
        this.server.disconnect(slot.real);
        this.model.drop(slot.naive);
        break;
      }
      case "advance":
        this.#advance(step.ms);
        break;
      case "cut": {
        const { real, naive } = this.#slot(step.slot);
        this.#xid += 1;
        real.send(step.type, new Uint8Array(2), this.#xid);
        this.model.receiveMalformed(naive, step.type, this.#xid);
        break;
      }
      case "unknown": {
        const { real, naive } = this.#slot(step.slot);
        this.#xid += 1;
        real.send(step.type, new Uint8Array(9), this.#xid);
        this.model.receiveUnknownOp(naive, this.#xid);
        break;
      }
      case "reap":
        this.#reap(step.n);
        break;
      case "garbage": {
        const { real, naive } = this.#slot(step.slot);
        real.sendFrame(new Uint8Array(step.length));
        this.model.receiveGarbage(naive);
        break;
      }
    }
    this.compare();
  }

  compare(): void {
    for (const [real, naive] of this.#everReal) {
      const received = real.take();
      same(received.map(normal), naive.received.splice(0).map(normal), "received");
      for (const one of received)
        if (one.kind === "event") this.#count(`event ${EVENT_NAMES[one.type]}`);
      same(real.closed, !naive.open, "closed");
      for (const kind of ["data", "child"] as const) {
        const watched = this.model.watches.list
          .filter((watch) => watch.connection === naive && watch.kind === kind)
          .map(({ path, mode }) => `${path} ${mode}`);
        const paths = [...this.server.watches.pathsOf(kind, real)];
        same(
          paths.map(([path, mode]) => `${path} ${mode}`).sort(),
          watched.sort(),
          `${kind} watches`,
        );
      }
    }
    this.#everReal = this.#everReal.filter(([real]) => !real.closed);
    same(this.server.lastZxid, this.model.zxid, "last zxid");
    if (this.#comparedZxid === this.model.zxid) return;
    this.#comparedZxid = this.model.zxid;
    same(treeOfServer(this.server), treeOfModel(this.model), "tree");
    for (const session of Object.keys(this.model.sessions).map(Number)) {
      const { timeout, passwd } = this.model.sessions[session] ?? {};
      const stored = this.server.store.getSession(session);
      same([stored?.timeoutMs, hex(stored?.passwd)], [timeout, hex(passwd)], "session");
      same(
        [...this.server.store.ephemeralPaths(session)].sort(),
        this.model.ephemeralsOf(session).sort(),
        "ephemerals",
      );
    }
  }

  /** Takes away one of the znodes that may go by themselves; mostly it is one that still has children. */
  #reap(n: number): void {
    const mortal = this.model.paths().filter((path) => {
      const node = this.model.find(path);
      return node !== undefined && (node.container || node.ttl > 0);
    });
    const path = mortal[n % (mortal.length + 1)] ?? "/nope";
    const before = this.model.find(path);
    this.server.reap(path);
    this.model.reap(path);
    const outcome = this.model.find(path) === before ? "nothing" : "a znode";
    this.#count(`reaping of ${outcome}`);
  }

  /** The slot with an open connection: as before, resumed, or new. */
  #slot(index: number): Slot {
    const slot = this.#slots[index];
    if (slot !== undefined && !slot.real.closed) return slot;
    const isAlive = slot !== undefined && slot.session in this.model.sessions;
    this.#connect(index, isAlive ? ORDINARY.how : "fresh", ORDINARY.timeout);
    return this.#slots[index] as Slot;
  }

  #connect(index: number, how: (Step & { do: "reconnect" })["how"], timeout: number): void {
    const slot = this.#slots[index];
    const isFresh = how === "fresh" || slot === undefined;
    const asked = {
      session: isFresh ? 0 : slot.session,
      passwd:
        isFresh || how === "null" ? null : slot.passwd.map((b) => (how === "wrong" ? b ^ 1 : b)),
      timeout,
      seen: how === "ahead" ? this.model.zxid + 1 : this.model.zxid,
    };
    const real = this.server.connect({
      sessionId: asked.session,
      passwd: asked.passwd,
      timeOut: asked.timeout,
      lastZxidSeen: asked.seen,
    });
    // The id and the password of a new session are the server's choice.
    const fresh = { session: real.sessionId, passwd: real.passwd ?? new Uint8Array(0) };
    if (isFresh && real.sessionId in this.model.sessions) expect.fail("an id given out twice");
    const naive = this.model.connect(asked, isFresh ? fresh : { ...fresh, session: -1 });
    this.#count(`connect ${typeof naive === "string" ? naive : how}`);
    if (naive === "ahead") {
      same([real.closed, real.response], [true, undefined], "connect from the future");
    } else if (naive === "expired") {
      const { timeOut, sessionId, passwd } = real.response ?? {};
      same([timeOut, sessionId, hex(passwd)], [0, 0, hex(new Uint8Array(16))], "expired");
      same(real.closed, true, "refused");
    } else {
      const { timeOut, sessionId } = real.response ?? {};
      const session = this.model.sessions[naive.session];
      same([timeOut, sessionId], [session?.timeout, naive.session], "connect");
      same(hex(real.passwd), hex(session?.passwd), "password");
      this.#slots[index] = { session: naive.session, passwd: fresh.passwd, real, naive };
      this.#everReal.push([real, naive]);
    }
  }

  #request({ real, naive }: Slot, request: Request): void {
    this.#xid += 1;
    this.model.deletionOrder = this.server.store.ephemeralPaths(naive.session);
    const { err, reply } = real.request(request, this.#xid);
    this.#count(`${TYPE_NAMES.get(request.type)} ${err}`);
    if (err === -125 || (err === -5 && "data" in request)) this.#count(`quota ${err}`);
    if (reply?.type === OpCode.multi) {
      const failed = reply.results.find((r) => r.type === OpCode.error && r.err !== 0);
      const outcome = failed?.type === OpCode.error ? failed.err : "done";
      this.#count(`multi of ${Math.min(reply.results.length, 2)} ${outcome}`);
    }
    this.model.receive(naive, request, this.#xid);
  }

  #count(what: string): void {
    this.#tally.set(what, (this.#tally.get(what) ?? 0) + 1);
  }

  #advance(ms: number): void {
    const { server, model } = this;
    server.advance(ms, (id) => {
      model.now = server.nowMs;
      same(model.endOf(id), server.nowMs, `end of session ${id}`);
      model.deletionOrder = server.store.ephemeralPaths(id);
      model.expire(id);
      this.#count(`expiry of ${model.deletionOrder.length > 0 ? "ephemerals" : "nothing"}`);
    });
    model.now = server.nowMs;
    for (const id of Object.keys(model.sessions).map(Number)) {
      if (model.endOf(id) <= model.now) expect.fail(`session ${id} should have expired`);
    }
  }

  #resolve(choice: RequestChoice): Request {
    const { zxid } = this.model;
    switch (choice.op) {
      case "create":
      case "delete":
      case "setData":
        return this.#resolveWrite(choice) as Request;
      case "check":
        return { type: OpCode.multi, ops: [this.#resolveWrite(choice)] };
      case "read":
        return { type: choice.type, path: this.#path(choice.path), watch: choice.watch };
      case "getACL":
      case "sync":
      case "getAllChildrenNumber":
        return { type: OpCode[choice.op], path: this.#path(choice.path) };
      case "multiRead": {
        const ops = choice.ops.map((op) => ({ ...op, path: this.#path(op.path) }));
        return { type: OpCode.multiRead, ops };
      }
      case "getEphemerals":
        return getEphemerals(choice.prefix);
      case "addWatch":
        return addWatch(this.#path(choice.path), choice.mode);
      case "checkWatches":
      case "removeWatches": {
        const type = OpCode[choice.op];
        return { type, path: this.#path(choice.path), watcherType: choice.type };
      }
      case "setACL": {
        const path = this.#path(choice.path);
        const version = this.#version(path, choice.version, "aversion");
        return { type: OpCode.setACL, path, acl: choice.acl, version };
      }
      case "multi":
        return { type: OpCode.multi, ops: choice.ops.map((op) => this.#resolveWrite(op)) };
      case "auth":
        return auth(choice.scheme, choice.credential);
      case "setWatches":
      case "setWatches2": {
        const lists = {
          data: choice.data.map((path) => this.#path(path)),
          exist: choice.exist.map((path) => this.#path(path)),
          child: choice.child.map((path) => this.#path(path)),
          persistent: choice.persistent.map((path) => this.#path(path)),
          recursive: choice.recursive.map((path) => this.#path(path)),
        };
        const build = choice.op === "setWatches" ? setWatches : setWatches2;
        return build(zxid - choice.ago, lists);
      }
      case "quota":
        return this.#resolveQuota(choice.path, choice.limits, choice.stats);
      case "reconfig":
        return reconfig("server.1=a:1:1;1");
      case "sasl":
        return sasl("x");
      default:
        return { type: OpCode[choice.op] };
    }
  }

  #resolveQuota(path: string, limits: QuotaPart, stats: QuotaPart): Request {
    const names = path.split("/").slice(1);
    const above = names.map((_, i) => `${QUOTA}/${names.slice(0, i + 1).join("/")}`);
    const ops: MultiOp[] = above
      .filter((at) => this.model.find(at) === undefined)
      .map((at) => create(at));
    for (const [name, part] of [
      ["zookeeper_limits", limits],
      ["zookeeper_stats", stats],
    ] as const) {
      const at = `${QUOTA}${path}/${name}`;
      const isThere = this.model.find(at) !== undefined;
      if (part === "delete" && isThere) ops.push(remove(at));
      if (typeof part === "string") continue;
      ops.push(isThere ? setData(at, part.text) : create(at, { data: part.text }));
    }
    return { type: OpCode.multi, ops };
  }

  #resolveWrite(choice: WriteChoice): MultiOp {
    const path = this.#path(choice.path);
    if (choice.op === "create") {
      const { type, acl, flags } = choice;
      const ttl = type === OpCode.createTTL ? { ttl: choice.ttl } : {};
      return { type, path, data: dataOf(choice.data), acl, flags, ...ttl };
    }
    const version = this.#version(path, choice.version, "version");
    if (choice.op !== "setData") return { type: OpCode[choice.op], path, version };
    return { type: OpCode.setData, path, data: dataOf(choice.data), version };
  }

  #path(choice: PathChoice): string {
    if (choice.at === "literal") return choice.path;
    if (choice.at === "watched") return pick(this.model.watches.list, choice.n)?.path ?? "/";
    if (choice.at === "quota") {
      // The znode that one is for, or a child of it.
      const limits = this.model.paths().filter((path) => path.endsWith("/zookeeper_limits"));
      const quota =
        pick(limits, choice.n)?.slice(QUOTA.length, -"/zookeeper_limits".length) ?? "/a";
      return choice.n % 3 === 0 ? quota : `${quota}/${choice.n}`;
    }
    // The system znodes are not worth a third of all requests.
    const paths = this.model.paths().filter((path) => {
      if (path.startsWith("/zookeeper")) return false;
      const isLeaf = Object.keys(this.model.find(path)?.children ?? {}).length === 0;
      return choice.at !== "leaf" || isLeaf || path === "/";
    });
    const path = paths.at(-1 - (choice.n % paths.length)) as string;
    if (choice.at !== "child") return path;
    return path === "/" ? `/${choice.name}` : `${path}/${choice.name}`;
  }

  #version(path: string, choice: VersionChoice, which: "version" | "aversion"): number {
    if (typeof choice === "number") return choice;
    const right = this.model.find(path)?.[which] ?? 0;
    return { any: -1, right, next: right + 1, previous: right - 1 }[choice];
  }
}

/** One of a list; undefined of an empty one. */
function pick<T>(list: readonly T[], n: number): T | undefined {
  return list[n % list.length];
}

function dataOf(text: string | null): Uint8Array<ArrayBuffer> | null {
  return text === null ? null : bytes(text);
}

function hex(value: Uint8Array | null | undefined): string | undefined {
  return value ? Buffer.from(value).toString("hex") : undefined;
}

/** With children and ephemerals in an order of their own: ZooKeeper promises none. */
function normal(received: Received): unknown {
  return received.kind === "event" ? received : { ...received, reply: sorted(received.reply) };
}

function sorted(value: object | undefined): unknown {
  if (value === undefined) return undefined;
  const { children, ephemerals, results, ...others } = value as Partial<
    Record<string, readonly string[]>
  > & { readonly results?: readonly object[] };
  return {
    ...others,
    children: children?.toSorted(),
    ephemerals: ephemerals?.toSorted(),
    results: results?.map(sorted),
  };
}

function treeOfServer({ store }: TestServer): unknown {
  return store.paths().map((path) => {
    const znode = store.getZnode(path);
    if (znode === undefined) throw new Error(`${path} has no znode`);
    const children = [...store.childNames(path)].sort();
    const { childrenCreated, isContainer, ttlMs, data, acl } = znode;
    const kind = [isContainer, ttlMs];
    return [path, statOfZnode(znode), childrenCreated, kind, hex(data), acl, children];
  });
}

function treeOfModel(model: NaiveZooKeeper): unknown {
  return model
    .paths()
    .toSorted()
    .map((path) => {
      const node = model.find(path);
      if (node === undefined) throw new Error(`${path} has no node`);
      const children = Object.keys(node.children).toSorted();
      const kind = [node.container, node.ttl];
      return [path, statOf(node), node.created, kind, hex(node.data), node.acl, children];
    });
}

/** Compares as text first: it is much faster, and nearly always enough. */
function same(real: unknown, naive: unknown, what: string): void {
  if (JSON.stringify(real) !== JSON.stringify(naive)) expect(real, what).toEqual(naive);
}
