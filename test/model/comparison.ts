/**
 * Plays the same steps on the server and on the naive model, and compares after each of them: every reply and event
 * of every connection in order, which connections are open, the last zxid, all watches, and the whole tree.
 */
import { expect } from "vitest";
import { statOf as statOfZnode } from "../../src/core/znode.ts";
import { OpCode } from "../../src/protocol/op-code.ts";
import type { MultiOp, Request } from "../../src/protocol/requests.ts";
import { type Received, START_MS, type TestConnection, TestServer } from "../unit/core/harness.ts";
import { auth, bytes, setWatches } from "../unit/core/request-builders.ts";
import { type NaiveConnection, NaiveZooKeeper, statOf } from "./naive-zookeeper.ts";
import type { PathChoice, RequestChoice, Step, VersionChoice, WriteChoice } from "./steps.ts";

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
  readonly server = new TestServer();
  readonly model = new NaiveZooKeeper(START_MS);
  readonly #tally: Map<string, number>;
  readonly #slots: (Slot | undefined)[] = [];
  #everReal: [TestConnection, NaiveConnection][] = [];
  #comparedZxid = -1;
  #xid = 0;

  /** Counts in `tally` what happens, so that a test can tell whether enough did. */
  constructor(tally = new Map<string, number>()) {
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
        const watched = this.model.watches
          .filter((watch) => watch.connection === naive && watch.kind === kind)
          .map((watch) => watch.path);
        same(
          [...this.server.watches.pathsOf(kind, real)].sort(),
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
        return { type: OpCode[choice.op], path: this.#path(choice.path) };
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
        return setWatches(zxid - choice.ago, {
          data: choice.data.map((path) => this.#path(path)),
          exist: choice.exist.map((path) => this.#path(path)),
          child: choice.child.map((path) => this.#path(path)),
        });
      case "ping":
      case "closeSession":
        return { type: OpCode[choice.op] };
    }
  }

  #resolveWrite(choice: WriteChoice): MultiOp {
    const path = this.#path(choice.path);
    if (choice.op === "create") {
      const { type, acl, flags } = choice;
      return { type, path, data: dataOf(choice.data), acl, flags };
    }
    const version = this.#version(path, choice.version, "version");
    if (choice.op !== "setData") return { type: OpCode[choice.op], path, version };
    return { type: OpCode.setData, path, data: dataOf(choice.data), version };
  }

  #path(choice: PathChoice): string {
    if (choice.at === "literal") return choice.path;
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

function dataOf(text: string | null): Uint8Array<ArrayBuffer> | null {
  return text === null ? null : bytes(text);
}

function hex(value: Uint8Array | null | undefined): string | undefined {
  return value ? Buffer.from(value).toString("hex") : undefined;
}

/** With children in an order of its own: ZooKeeper promises none. */
function normal(received: Received): unknown {
  if (received.kind === "event" || received.reply === undefined) return received;
  if (!("children" in received.reply)) return received;
  return {
    ...received,
    reply: { ...received.reply, children: [...received.reply.children].sort() },
  };
}

function treeOfServer({ store }: TestServer): unknown {
  return store.paths().map((path) => {
    const znode = store.getZnode(path);
    if (znode === undefined) throw new Error(`${path} has no znode`);
    const children = [...store.childNames(path)].sort();
    return [path, statOfZnode(znode), znode.childrenCreated, hex(znode.data), znode.acl, children];
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
      return [path, statOf(node), node.created, hex(node.data), node.acl, children];
    });
}

/** Compares as text first: it is much faster, and nearly always enough. */
function same(real: unknown, naive: unknown, what: string): void {
  if (JSON.stringify(real) !== JSON.stringify(naive)) expect(real, what).toEqual(naive);
}
