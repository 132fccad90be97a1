/**
 * ZooKeeper once more, as naively as it can be: a tree of nested objects, a list of watches, a copy of everything
 * before a multi. It is written from the description of ZooKeeper, shares no code with src/core, and is only there to
 * be compared with it. Where ZooKeeper leaves an order open, it takes the one that it is told.
 */
import { EventType, OpCode } from "../../src/protocol/op-code.ts";
import type { Id } from "../../src/protocol/records.ts";
import type { MultiResult, ReadResult, Reply } from "../../src/protocol/replies.ts";
import type {
  AddWatchRequest,
  AuthRequest,
  CreateRequest,
  DeleteRequest,
  MultiOp,
  MultiReadRequest,
  MultiRequest,
  Request,
  SetACLRequest,
  SetDataRequest,
  SetWatchesRequest,
  WatchableRequest,
  WatchesRequest,
} from "../../src/protocol/requests.ts";
import { accepted, described, masked, may, provenBy } from "./naive-acl.ts";
import { emptyNode, isValid, type NaiveNode, statOf } from "./naive-node.ts";
import { count, fill, refusal } from "./naive-quota.ts";
import { type Change, kindsOf, type NaiveConnection, NaiveWatches } from "./naive-watches.ts";

interface NaiveSession {
  passwd: Uint8Array;
  timeout: number;
  heard: number;
}

/** A code that says why not, or what was done. */
type Written =
  | number
  | { readonly reply: MultiResult | Reply; readonly changes: readonly Change[] };

/** What takes a zxid even if nobody can read it. */
const WRITES: readonly number[] = [1, 2, 5, 7, 14, 15, 19, 21];
/** A code that says why not, or what there is to say. */
type Answer = number | Reply;

type AboutWatches = SetWatchesRequest | AddWatchRequest | WatchesRequest;

const TICK = 2_000;
const SYSTEM = ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"];
const WORLD: Id = { scheme: "world", id: "anyone" };

export class NaiveZooKeeper {
  now: number;
  zxid = 0;
  root: NaiveNode;
  readonly sessions: Record<number, NaiveSession> = {};
  readonly watches = new NaiveWatches();
  connections: NaiveConnection[] = [];
  /** The order in which the next session to end loses its ephemerals. */
  deletionOrder: readonly string[] = [];
  /** Whether hard limits of quotas forbid anything. */
  readonly #enforcesQuota: boolean;

  constructor(now: number, enforcesQuota: boolean) {
    this.now = now;
    this.#enforcesQuota = enforcesQuota;
    const config = emptyNode([{ perms: 1, id: WORLD }]);
    config.aversion = -1;
    const zookeeper = emptyNode([{ perms: 31, id: WORLD }]);
    zookeeper.children = { quota: emptyNode([{ perms: 31, id: WORLD }]), config };
    zookeeper.cversion = -2;
    this.root = emptyNode([{ perms: 31, id: WORLD }]);
    this.root.children = { zookeeper };
    this.root.cversion = -1;
  }

  /** The session that a connect request opens or resumes; undefined when it is refused. */
  connect(
    asked: { session: number; passwd: Uint8Array | null; timeout: number; seen: number },
    fresh: { session: number; passwd: Uint8Array },
  ): NaiveConnection | "expired" | "ahead" {
    if (asked.seen > this.zxid) return "ahead";
    const timeout = Math.min(Math.max(asked.timeout, 2 * TICK), 20 * TICK);
    let id = asked.session;
    if (id === 0) {
      id = fresh.session;
      this.zxid += 1;
      this.sessions[id] = { passwd: fresh.passwd, timeout, heard: this.now };
    }
    const session = this.sessions[id];
    const isRight = id === fresh.session || String(session?.passwd) === String(asked.passwd);
    if (session === undefined || !isRight) return "expired";
    for (const other of this.connections) if (other.session === id) this.drop(other);
    session.timeout = timeout;
    session.heard = this.now;
    const connection = {
      session: id,
      open: true,
      ids: [{ scheme: "ip", id: "127.0.0.1" }],
      received: [],
    };
    this.connections.push(connection);
    return connection;
  }

  /** A connection is gone, and its watches with it. */
  drop(connection: NaiveConnection): void {
    connection.open = false;
    this.watches.drop(connection);
  }

  /** The tick at which a session ends: the first one after its timeout. */
  endOf(id: number): number {
    const session = this.sessions[id];
    if (session === undefined) return Number.POSITIVE_INFINITY;
    let tick = Math.ceil((session.heard + session.timeout) / TICK) * TICK;
    if (tick === session.heard + session.timeout) tick += TICK;
    return tick;
  }

  expire(id: number): void {
    for (const connection of this.connections) if (connection.session === id) this.drop(connection);
    this.#endSession(id);
  }

  /** Something that is no request at all: no reply, and the end of the connection. */
  receiveGarbage(connection: NaiveConnection): void {
    this.#hear(connection);
    this.drop(connection);
  }

  receiveUnknownOp(connection: NaiveConnection, xid: number): void {
    this.#hear(connection);
    this.#answer(connection, xid, -1, -6);
    this.drop(connection);
  }

  /** A request whose body is cut short. */
  receiveMalformed(connection: NaiveConnection, type: number, xid: number): void {
    this.#hear(connection);
    if (type === OpCode.auth || type === OpCode.sasl) {
      this.drop(connection);
      return;
    }
    if (WRITES.includes(type)) this.zxid += 1;
    this.#answer(connection, xid, this.zxid, -5);
  }

  receive(connection: NaiveConnection, request: Request, xid: number): void {
    this.#hear(connection);
    switch (request.type) {
      case OpCode.create:
      case OpCode.create2:
      case OpCode.createContainer:
      case OpCode.createTTL:
      case OpCode.delete:
      case OpCode.setData:
      case OpCode.setACL: {
        this.zxid += 1;
        const written = this.#write(request, connection);
        if (typeof written === "number") return this.#answer(connection, xid, this.zxid, written);
        for (const change of written.changes) this.watches.fire(change);
        return this.#answer(connection, xid, this.zxid, 0, written.reply as Reply);
      }
      case OpCode.multi:
        return this.#multi(request, connection, xid);
      case OpCode.deleteContainer:
        this.zxid += 1;
        return this.#answer(connection, xid, this.zxid, -8);
      case OpCode.reconfig:
        this.zxid += 1;
        return this.#answer(connection, xid, this.zxid, -123);
      case OpCode.ping:
        return this.#answer(connection, -2, this.zxid, 0, { ...request });
      case OpCode.auth:
        return this.#auth(request, connection, xid);
      case OpCode.sasl:
        return this.#answer(connection, xid, 0, 0, { type: request.type, token: null });
      case OpCode.closeSession:
        this.#endSession(connection.session);
        this.#answer(connection, xid, this.zxid, 0, { ...request });
        return this.drop(connection);
      default: {
        const answer = this.#look(request, connection);
        if (typeof answer === "number") return this.#answer(connection, xid, this.zxid, answer);
        return this.#answer(connection, xid, this.zxid, 0, answer);
      }
    }
  }

  /** Somebody has decided that a container or a node with a TTL has had its time. */
  reap(path: string): void {
    this.zxid += 1;
    const node = this.find(path);
    if (node === undefined || Object.keys(node.children).length > 0) return;
    if (node.owner === 0) this.watches.fire(this.#cut(path));
  }

  /** The node at a path, read literally; the root also has the empty path. */
  find(path: string): NaiveNode | undefined {
    if (path === "" || path === "/") return this.root;
    if (!path.startsWith("/")) return undefined;
    let node: NaiveNode | undefined = this.root;
    for (const name of path.slice(1).split("/")) node = node?.children[name];
    return node;
  }

  /** Every path, parents first. */
  paths(): string[] {
    const paths: string[] = [];
    const visit = (path: string, node: NaiveNode): void => {
      paths.push(path === "" ? "/" : path);
      for (const [name, child] of Object.entries(node.children)) visit(`${path}/${name}`, child);
    };
    visit("", this.root);
    return paths;
  }

  ephemeralsOf(session: number): string[] {
    return this.paths().filter((path) => this.find(path)?.owner === session);
  }

  #hear(connection: NaiveConnection): void {
    const session = this.sessions[connection.session];
    if (session !== undefined) session.heard = this.now;
  }

  #answer(
    connection: NaiveConnection,
    xid: number,
    zxid: number,
    err: number,
    reply?: Reply,
  ): void {
    connection.received.push({ kind: "reply", xid, zxid, err, reply });
  }

  /** Answers a request that changes nothing but watches: with a code or a reply. */
  #look(request: Exclude<Request, MultiRequest | MultiOp>, connection: NaiveConnection): Answer {
    switch (request.type) {
      case OpCode.exists:
      case OpCode.getData:
      case OpCode.getChildren:
      case OpCode.getChildren2:
        return this.#read(request, connection);
      case OpCode.multiRead:
        return this.#multiRead(request, connection);
      case OpCode.getACL: {
        const { type } = request;
        const node = this.find(request.path);
        if (node === undefined) return -101;
        if (!may(connection.ids, node.acl, 1) && !may(connection.ids, node.acl, 16)) return -102;
        const acl = may(connection.ids, node.acl, 16) ? node.acl : node.acl.map(masked);
        return { type, acl, stat: statOf(node) };
      }
      case OpCode.getAllChildrenNumber: {
        const { type, path } = request;
        const node = this.find(path);
        if (node === undefined) return -101;
        if (!may(connection.ids, node.acl, 1)) return -102;
        const isBelow = (other: string) => other.startsWith(`${path}/`) && other !== "/";
        const below = path === "/" ? this.paths().slice(1) : this.paths().filter(isBelow);
        // An oddity of the empty path: the root is below it.
        return { type, totalNumber: below.length + (path === "" ? 1 : 0) };
      }
      case OpCode.getEphemerals: {
        const { type, prefixPath } = request;
        const prefix = prefixPath ?? "";
        const isAll = ["", "/"].includes(prefix.trim());
        const own = this.ephemeralsOf(connection.session);
        return { type, ephemerals: isAll ? own : own.filter((path) => path.startsWith(prefix)) };
      }
      case OpCode.whoAmI:
        return { type: request.type, clientInfo: connection.ids.map(described) };
      case OpCode.sync:
        return { ...request };
      default:
        return this.#aboutWatches(request as AboutWatches, connection);
    }
  }

  #aboutWatches(request: AboutWatches, connection: NaiveConnection): Answer {
    const { type } = request;
    switch (type) {
      case OpCode.setWatches:
      case OpCode.setWatches2:
        this.#setWatches(request, connection);
        return { type };
      case OpCode.addWatch: {
        const mode = (["persistent", "recursive"] as const)[request.mode];
        if (mode === undefined) return -5;
        this.#addWatch(connection, request.path, mode);
        return { type };
      }
      case OpCode.checkWatches: {
        const { path } = request;
        const kinds = kindsOf(request.watcherType);
        if (kinds === undefined || /^[^/]+$/.test(path)) return -5;
        return path !== "" && this.watches.isAny(kinds, path) ? { type } : -121;
      }
      case OpCode.removeWatches: {
        const kinds = kindsOf(request.watcherType);
        if (kinds === undefined) return -5;
        return this.watches.remove(connection, kinds, request.path) ? { type } : -121;
      }
    }
  }

  #tell(connection: NaiveConnection, type: EventType, path: string): void {
    connection.received.push({ kind: "event", zxid: -1, type, state: 3, path });
  }

  #endSession(id: number): void {
    this.zxid += 1;
    const owned = this.ephemeralsOf(id);
    if (String(owned.toSorted()) !== String(this.deletionOrder.toSorted())) {
      throw new Error(`session ${id} owns ${owned.join()}, and not ${this.deletionOrder.join()}`);
    }
    delete this.sessions[id];
    const changes = this.deletionOrder.map((path) => this.#cut(path));
    for (const change of changes) this.watches.fire(change);
  }

  #write(op: MultiOp | SetACLRequest, connection: NaiveConnection): Written {
    switch (op.type) {
      case OpCode.create:
      case OpCode.create2:
      case OpCode.createContainer:
      case OpCode.createTTL:
        return this.#create(op, connection);
      case OpCode.delete:
        return this.#delete(op, connection);
      case OpCode.setData:
        return this.#setData(op, connection);
      case OpCode.setACL:
        return this.#setACL(op, connection);
      case OpCode.check: {
        if (!isValid(op.path)) return -8;
        const node = this.find(op.path);
        if (node === undefined) return -101;
        if (!may(connection.ids, node.acl, 1)) return -102;
        if (op.version !== -1 && op.version !== node.version) return -103;
        return { reply: { type: op.type }, changes: [] };
      }
    }
  }

  #create(op: CreateRequest, connection: NaiveConnection, isInMulti = false): Written {
    const { type, flags } = op;
    const ttl = type === OpCode.createTTL ? (op.ttl ?? 0) : 0;
    if (flags < 0 || flags > 6) return -8;
    if (isTTL(flags) && (ttl < 1 || ttl > 1_099_511_627_775)) return -8;
    if (type === OpCode.createTTL && !isTTL(flags) && !isInMulti) return -8;
    // In a multi the flags say whether it is a container, otherwise the type does.
    const isContainer = isInMulti ? flags === 4 : type === OpCode.createContainer;
    if (!op.path.includes("/") || op.path.includes("\0")) return -8;
    const acl = accepted(op.acl, connection.ids);
    if (acl === undefined) return -114;
    const cut = op.path.lastIndexOf("/");
    const parent = this.find(op.path.slice(0, cut));
    if (parent === undefined) return -101;
    if (!may(connection.ids, parent.acl, 4)) return -102;
    const isSequential = [2, 3, 6].includes(flags);
    const path = isSequential ? op.path + String(parent.created).padStart(10, "0") : op.path;
    if (!isValid(path)) return -8;
    if (this.find(path) !== undefined) return -110;
    if (parent.owner !== 0) return -108;
    const bytes = op.data?.length ?? 0;
    const refused = this.#overQuota(path, 1, bytes);
    if (refused !== 0) return refused;
    const node = emptyNode(acl);
    node.data = op.data;
    node.owner = (flags === 1 || flags === 3) && !isContainer ? connection.session : 0;
    node.container = isContainer;
    node.ttl = isTTL(flags) ? ttl : 0;
    node.czxid = node.mzxid = node.pzxid = this.zxid;
    node.ctime = node.mtime = this.now;
    parent.children[path.slice(cut + 1)] = node;
    parent.created += 1;
    parent.cversion += 1;
    parent.pzxid = this.zxid;
    fill((at) => this.find(at), path);
    count((at) => this.find(at), path, 1, bytes);
    // Alone, the type says what the answer looks like; in a multi, what came of it.
    const isPlain = isInMulti ? !isContainer && node.ttl === 0 : type === OpCode.create;
    const reply: MultiResult = isPlain
      ? { type: OpCode.create, path }
      : { type: isInMulti ? OpCode.create2 : type, path, stat: statOf(node) };
    const change = { what: "created" as const, path, acl, parentAcl: parent.acl };
    return { reply, changes: [change] };
  }

  #delete(op: DeleteRequest, connection: NaiveConnection): Written {
    if (!op.path.includes("/") || op.path.includes("\0") || SYSTEM.includes(op.path)) return -8;
    const parent = this.find(op.path.slice(0, op.path.lastIndexOf("/")));
    if (parent === undefined) return -101;
    if (!may(connection.ids, parent.acl, 8)) return -102;
    const node = this.find(op.path);
    if (node === undefined) return -101;
    if (op.version !== -1 && op.version !== node.version) return -103;
    if (Object.keys(node.children).length > 0) return -111;
    return { reply: { type: op.type }, changes: [this.#cut(op.path)] };
  }

  /** Takes a node out of the tree. */
  #cut(path: string): Change {
    const cut = path.lastIndexOf("/");
    const parent = this.find(path.slice(0, cut));
    const node = this.find(path);
    if (parent === undefined || node === undefined) throw new Error(`${path} is not there`);
    delete parent.children[path.slice(cut + 1)];
    parent.cversion += 1;
    parent.pzxid = this.zxid;
    count((at) => this.find(at), path, -1, -(node.data?.length ?? 0));
    return { what: "deleted", path, acl: node.acl, parentAcl: parent.acl };
  }

  #setData(op: SetDataRequest, connection: NaiveConnection): Written {
    if (!isValid(op.path)) return -8;
    const node = this.find(op.path);
    if (node === undefined) return -101;
    if (!may(connection.ids, node.acl, 2)) return -102;
    const bytes = (op.data?.length ?? 0) - (node.data?.length ?? 0);
    const refused = this.#overQuota(op.path, 0, bytes);
    if (refused !== 0) return refused;
    if (op.version !== -1 && op.version !== node.version) return -103;
    node.data = op.data;
    node.version += 1;
    node.mzxid = this.zxid;
    node.mtime = this.now;
    const reply: MultiResult = { type: op.type, stat: statOf(node) };
    count((at) => this.find(at), op.path, 0, bytes);
    return { reply, changes: [{ what: "changed", path: op.path, acl: node.acl, parentAcl: [] }] };
  }

  #overQuota(path: string, nodes: number, bytes: number): number {
    return this.#enforcesQuota ? refusal((at) => this.find(at), path, nodes, bytes) : 0;
  }

  #setACL(op: SetACLRequest, connection: NaiveConnection): Written {
    if (!isValid(op.path)) return -8;
    const acl = accepted(op.acl, connection.ids);
    if (acl === undefined) return -114;
    const node = this.find(op.path);
    if (node === undefined) return -101;
    if (!may(connection.ids, node.acl, 16)) return -102;
    if (op.version !== -1 && op.version !== node.aversion) return -103;
    node.acl = acl;
    node.aversion += 1;
    return { reply: { type: op.type, stat: statOf(node) }, changes: [] };
  }

  #multi(request: MultiRequest, connection: NaiveConnection, xid: number): void {
    const { type } = request;
    this.zxid += 1;
    const before = structuredClone(this.root);
    const results: MultiResult[] = [];
    const changes: Change[] = [];
    for (const op of request.ops) {
      // A TTL must come with a number of milliseconds: nobody can go on from here.
      if (lacksTTL(op)) {
        this.root = before;
        return this.#answer(connection, xid, this.zxid, -5);
      }
      const isCreate = "flags" in op;
      const written = isCreate ? this.#create(op, connection, true) : this.#write(op, connection);
      if (typeof written === "number") {
        this.root = before;
        const failed = request.ops.map((_, i): MultiResult => {
          const err = i < results.length ? 0 : i === results.length ? written : -2;
          return { type: OpCode.error, err };
        });
        return this.#answer(connection, xid, this.zxid, 0, { type, results: failed });
      }
      results.push(written.reply as MultiResult);
      changes.push(...written.changes);
    }
    for (const change of changes) this.watches.fire(change);
    return this.#answer(connection, xid, this.zxid, 0, { type, results });
  }

  #read(request: WatchableRequest, connection: NaiveConnection): number | Reply {
    const { type, path, watch } = request;
    if (type === OpCode.exists && path.includes("\0")) return -8;
    const node = this.find(path);
    if (node === undefined) {
      if (type === OpCode.exists && watch) this.#watch(connection, "data", path);
      return -101;
    }
    if (type !== OpCode.exists && !may(connection.ids, node.acl, 1)) return -102;
    const isData = type === OpCode.exists || type === OpCode.getData;
    if (watch) this.#watch(connection, isData ? "data" : "child", path);
    const stat = statOf(node);
    const children = Object.keys(node.children);
    if (type === OpCode.exists) return { type, stat };
    if (type === OpCode.getData) return { type, data: node.data, stat };
    if (type === OpCode.getChildren) return { type, children };
    return { type, children, stat };
  }

  #multiRead(request: MultiReadRequest, connection: NaiveConnection): Reply {
    const results = request.ops.map(({ type, path }): ReadResult => {
      const read = this.#read({ type, path, watch: false }, connection);
      return typeof read === "number" ? { type: OpCode.error, err: read } : (read as ReadResult);
    });
    return { type: request.type, results };
  }

  #auth(request: AuthRequest, connection: NaiveConnection, xid: number): void {
    const { scheme, auth } = request;
    if (scheme === "ip") return this.#answer(connection, xid, 0, 0, { type: request.type });
    if (scheme !== "digest" || auth === null) {
      this.#answer(connection, xid, 0, -115);
      return this.drop(connection);
    }
    for (const id of provenBy(Buffer.from(auth).toString("utf8"))) {
      const isKnown = connection.ids.some((own) => own.id === id.id && own.scheme === id.scheme);
      if (!isKnown) connection.ids.push(id);
    }
    return this.#answer(connection, xid, 0, 0, { type: request.type });
  }

  #setWatches(request: SetWatchesRequest, connection: NaiveConnection): void {
    const { relativeZxid, dataWatches, existWatches, childWatches } = request;
    for (const path of dataWatches) {
      const node = this.find(path);
      if (node === undefined) this.#tell(connection, EventType.nodeDeleted, path);
      else if (node.mzxid > relativeZxid) this.#tell(connection, EventType.nodeDataChanged, path);
      else this.#watch(connection, "data", path);
    }
    for (const path of existWatches) {
      if (this.find(path)) this.#tell(connection, EventType.nodeCreated, path);
      else this.#watch(connection, "data", path);
    }
    for (const path of childWatches) {
      const node = this.find(path);
      if (node === undefined) this.#tell(connection, EventType.nodeDeleted, path);
      else if (node.pzxid > relativeZxid)
        this.#tell(connection, EventType.nodeChildrenChanged, path);
      else this.#watch(connection, "child", path);
    }
    for (const path of request.persistentWatches ?? []) {
      this.#addWatch(connection, path, "persistent");
    }
    for (const path of request.persistentRecursiveWatches ?? []) {
      this.#addWatch(connection, path, "recursive");
    }
  }

  #watch(connection: NaiveConnection, kind: "data" | "child", path: string): void {
    this.watches.set({ connection, kind, path, mode: "standard" });
  }

  #addWatch(connection: NaiveConnection, path: string, mode: "persistent" | "recursive"): void {
    this.watches.set({ connection, kind: "data", path, mode });
    this.watches.set({ connection, kind: "child", path, mode });
  }
}

function lacksTTL(op: MultiOp): boolean {
  return "flags" in op && isTTL(op.flags) && op.type !== OpCode.createTTL;
}

function isTTL(flags: number): boolean {
  return flags === 5 || flags === 6;
}
