/**
 * ZooKeeper once more, as naively as it can be: a tree of nested objects, a list of watches, a copy of everything
 * before a multi. It is written from the description of ZooKeeper, shares no code with src/core, and is only there to
 * be compared with it. Where ZooKeeper leaves an order open, it takes the one that it is told.
 */
import { createHash } from "node:crypto";
import { EventType, OpCode } from "../../src/protocol/op-code.ts";
import type { ACL, Id, Stat } from "../../src/protocol/records.ts";
import type { MultiResult, Reply } from "../../src/protocol/replies.ts";
import type {
  AuthRequest,
  CreateRequest,
  DeleteRequest,
  MultiOp,
  MultiRequest,
  Request,
  SetACLRequest,
  SetDataRequest,
  SetWatchesRequest,
  WatchableRequest,
} from "../../src/protocol/requests.ts";
import type { Received } from "../unit/core/harness.ts";

export interface NaiveNode {
  data: Uint8Array | null;
  acl: readonly ACL[];
  children: Record<string, NaiveNode>;
  owner: number;
  czxid: number;
  mzxid: number;
  pzxid: number;
  ctime: number;
  mtime: number;
  version: number;
  cversion: number;
  aversion: number;
  /** Children ever created: the number of the next sequential one. */
  created: number;
}

export interface NaiveConnection {
  session: number;
  open: boolean;
  ids: Id[];
  readonly received: Received[];
}

interface NaiveSession {
  passwd: Uint8Array;
  timeout: number;
  heard: number;
}

interface NaiveWatch {
  readonly connection: NaiveConnection;
  readonly kind: "data" | "child";
  readonly path: string;
}

interface Change {
  readonly what: "created" | "deleted" | "changed";
  readonly path: string;
}

/** A code that says why not, or what was done. */
type Written =
  | number
  | { readonly reply: MultiResult | Reply; readonly changes: readonly Change[] };

const TICK = 2_000;
const SYSTEM = ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"];
const WORLD: Id = { scheme: "world", id: "anyone" };

export class NaiveZooKeeper {
  now: number;
  zxid = 0;
  root: NaiveNode;
  readonly sessions: Record<number, NaiveSession> = {};
  watches: NaiveWatch[] = [];
  connections: NaiveConnection[] = [];
  /** The order in which the next session to end loses its ephemerals. */
  deletionOrder: readonly string[] = [];

  constructor(now: number) {
    this.now = now;
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
    this.watches = this.watches.filter((watch) => watch.connection !== connection);
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
    if (type === OpCode.auth) {
      this.drop(connection);
      return;
    }
    const writes: number[] = [OpCode.create, OpCode.create2, OpCode.delete, OpCode.setData];
    if ([...writes, OpCode.setACL, OpCode.multi].includes(type)) this.zxid += 1;
    this.#answer(connection, xid, this.zxid, -5);
  }

  receive(connection: NaiveConnection, request: Request, xid: number): void {
    this.#hear(connection);
    switch (request.type) {
      case OpCode.create:
      case OpCode.create2:
      case OpCode.delete:
      case OpCode.setData:
      case OpCode.setACL: {
        this.zxid += 1;
        const written = this.#write(request, connection);
        if (typeof written === "number") return this.#answer(connection, xid, this.zxid, written);
        for (const change of written.changes) this.#fire(change);
        return this.#answer(connection, xid, this.zxid, 0, written.reply as Reply);
      }
      case OpCode.multi:
        return this.#multi(request, connection, xid);
      case OpCode.exists:
      case OpCode.getData:
      case OpCode.getChildren:
      case OpCode.getChildren2: {
        const read = this.#read(request, connection);
        if (typeof read === "number") return this.#answer(connection, xid, this.zxid, read);
        return this.#answer(connection, xid, this.zxid, 0, read);
      }
      case OpCode.getACL: {
        const node = this.find(request.path);
        if (node === undefined) return this.#answer(connection, xid, this.zxid, -101);
        const isAdmin = may(connection, node, 16);
        if (!isAdmin && !may(connection, node, 1)) {
          return this.#answer(connection, xid, this.zxid, -102);
        }
        const acl = isAdmin ? node.acl : node.acl.map(masked);
        const { type } = request;
        return this.#answer(connection, xid, this.zxid, 0, { type, acl, stat: statOf(node) });
      }
      case OpCode.sync:
        return this.#answer(connection, xid, this.zxid, 0, { ...request });
      case OpCode.ping:
        return this.#answer(connection, -2, this.zxid, 0, { ...request });
      case OpCode.auth:
        return this.#auth(request, connection, xid);
      case OpCode.setWatches:
        this.#setWatches(request, connection);
        return this.#answer(connection, xid, this.zxid, 0, { type: request.type });
      case OpCode.closeSession:
        this.#endSession(connection.session);
        this.#answer(connection, xid, this.zxid, 0, { ...request });
        return this.drop(connection);
    }
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
    for (const path of this.deletionOrder) this.#cut(path);
    for (const path of this.deletionOrder) this.#fire({ what: "deleted", path });
  }

  #write(op: MultiOp | SetACLRequest, connection: NaiveConnection): Written {
    switch (op.type) {
      case OpCode.create:
      case OpCode.create2:
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
        if (!may(connection, node, 1)) return -102;
        if (op.version !== -1 && op.version !== node.version) return -103;
        return { reply: { type: op.type }, changes: [] };
      }
    }
  }

  #create(op: CreateRequest, connection: NaiveConnection): Written {
    if (op.flags === 4 || op.flags === 5 || op.flags === 6) return -6;
    if (op.flags < 0 || op.flags > 6) return -8;
    if (!op.path.includes("/") || op.path.includes("\0")) return -8;
    const acl = accepted(op.acl, connection);
    if (acl === undefined) return -114;
    const cut = op.path.lastIndexOf("/");
    const parent = this.find(op.path.slice(0, cut));
    if (parent === undefined) return -101;
    if (!may(connection, parent, 4)) return -102;
    const isSequential = op.flags === 2 || op.flags === 3;
    const path = isSequential ? op.path + String(parent.created).padStart(10, "0") : op.path;
    if (!isValid(path)) return -8;
    if (this.find(path) !== undefined) return -110;
    if (parent.owner !== 0) return -108;
    const node = emptyNode(acl);
    node.data = op.data;
    node.owner = op.flags === 1 || op.flags === 3 ? connection.session : 0;
    node.czxid = node.mzxid = node.pzxid = this.zxid;
    node.ctime = node.mtime = this.now;
    parent.children[path.slice(cut + 1)] = node;
    parent.created += 1;
    parent.cversion += 1;
    parent.pzxid = this.zxid;
    const reply: MultiResult =
      op.type === OpCode.create
        ? { type: op.type, path }
        : { type: op.type, path, stat: statOf(node) };
    return { reply, changes: [{ what: "created", path }] };
  }

  #delete(op: DeleteRequest, connection: NaiveConnection): Written {
    if (!op.path.includes("/") || op.path.includes("\0") || SYSTEM.includes(op.path)) return -8;
    const parent = this.find(op.path.slice(0, op.path.lastIndexOf("/")));
    if (parent === undefined) return -101;
    if (!may(connection, parent, 8)) return -102;
    const node = this.find(op.path);
    if (node === undefined) return -101;
    if (op.version !== -1 && op.version !== node.version) return -103;
    if (Object.keys(node.children).length > 0) return -111;
    this.#cut(op.path);
    return { reply: { type: op.type }, changes: [{ what: "deleted", path: op.path }] };
  }

  /** Takes a node out of the tree. */
  #cut(path: string): void {
    const cut = path.lastIndexOf("/");
    const parent = this.find(path.slice(0, cut));
    if (parent === undefined) throw new Error(`${path} has no parent`);
    delete parent.children[path.slice(cut + 1)];
    parent.cversion += 1;
    parent.pzxid = this.zxid;
  }

  #setData(op: SetDataRequest, connection: NaiveConnection): Written {
    if (!isValid(op.path)) return -8;
    const node = this.find(op.path);
    if (node === undefined) return -101;
    if (!may(connection, node, 2)) return -102;
    if (op.version !== -1 && op.version !== node.version) return -103;
    node.data = op.data;
    node.version += 1;
    node.mzxid = this.zxid;
    node.mtime = this.now;
    const reply: MultiResult = { type: op.type, stat: statOf(node) };
    return { reply, changes: [{ what: "changed", path: op.path }] };
  }

  #setACL(op: SetACLRequest, connection: NaiveConnection): Written {
    if (!isValid(op.path)) return -8;
    const acl = accepted(op.acl, connection);
    if (acl === undefined) return -114;
    const node = this.find(op.path);
    if (node === undefined) return -101;
    if (!may(connection, node, 16)) return -102;
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
      const written = this.#write(op, connection);
      if (typeof written === "number") {
        this.root = before;
        const failed = request.ops.map((_, i): MultiResult => {
          const err = i < results.length ? 0 : i === results.length ? written : -2;
          return { type: OpCode.error, err };
        });
        return this.#answer(connection, xid, this.zxid, 0, { type, results: failed });
      }
      const result = written.reply as MultiResult;
      // A create2 in a multi is answered like a create.
      results.push(
        result.type === OpCode.create2 ? { type: OpCode.create, path: result.path } : result,
      );
      changes.push(...written.changes);
    }
    for (const change of changes) this.#fire(change);
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
    if (type !== OpCode.exists && !may(connection, node, 1)) return -102;
    const isData = type === OpCode.exists || type === OpCode.getData;
    if (watch) this.#watch(connection, isData ? "data" : "child", path);
    const stat = statOf(node);
    const children = Object.keys(node.children);
    if (type === OpCode.exists) return { type, stat };
    if (type === OpCode.getData) return { type, data: node.data, stat };
    if (type === OpCode.getChildren) return { type, children };
    return { type, children, stat };
  }

  #auth(request: AuthRequest, connection: NaiveConnection, xid: number): void {
    const { scheme, auth } = request;
    if (scheme === "ip") return this.#answer(connection, xid, 0, 0, { type: request.type });
    if (scheme !== "digest" || auth === null) {
      this.#answer(connection, xid, 0, -115);
      return this.drop(connection);
    }
    const id = { scheme, id: digestOf(Buffer.from(auth).toString("utf8")) };
    if (!connection.ids.some((known) => known.id === id.id)) connection.ids.push(id);
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
  }

  #watch(connection: NaiveConnection, kind: "data" | "child", path: string): void {
    const isThere = this.watches.some(
      (w) => w.connection === connection && w.kind === kind && w.path === path,
    );
    if (!isThere) this.watches.push({ connection, kind, path });
  }

  #fire({ what, path }: Change): void {
    if (what === "changed") return this.#notify(["data"], path, EventType.nodeDataChanged);
    if (what === "created") this.#notify(["data"], path, EventType.nodeCreated);
    else this.#notify(["data", "child"], path, EventType.nodeDeleted);
    const parent = path.slice(0, path.lastIndexOf("/"));
    return this.#notify(["child"], parent === "" ? "/" : parent, EventType.nodeChildrenChanged);
  }

  /** Tells everybody once who watches a path in one of these ways, and forgets these watches. */
  #notify(kinds: readonly string[], path: string, type: EventType): void {
    const isFired = (watch: NaiveWatch) => watch.path === path && kinds.includes(watch.kind);
    const told = new Set(this.watches.filter(isFired).map((watch) => watch.connection));
    this.watches = this.watches.filter((watch) => !isFired(watch));
    for (const connection of told) this.#tell(connection, type, path);
  }
}

function emptyNode(acl: readonly ACL[]): NaiveNode {
  return {
    data: new Uint8Array(0),
    acl,
    children: {},
    owner: 0,
    czxid: 0,
    mzxid: 0,
    pzxid: 0,
    ctime: 0,
    mtime: 0,
    version: 0,
    cversion: 0,
    aversion: 0,
    created: 0,
  };
}

export function statOf(node: NaiveNode): Stat {
  return {
    czxid: node.czxid,
    mzxid: node.mzxid,
    ctime: node.ctime,
    mtime: node.mtime,
    version: node.version,
    cversion: node.cversion,
    aversion: node.aversion,
    ephemeralOwner: node.owner,
    dataLength: node.data === null ? 0 : node.data.length,
    numChildren: Object.keys(node.children).length,
    pzxid: node.pzxid,
  };
}

/** `user:base64(sha1(user:password))` of `user:password`. */
export function digestOf(credential: string): string {
  const hash = createHash("sha1").update(credential, "utf8").digest("base64");
  return `${credential.replace(/:.*/s, "")}:${hash}`;
}

function isValid(path: string): boolean {
  if (path === "/") return true;
  // oxlint-disable-next-line no-control-regex -- These are the characters that a path may not have.
  if (!/^(\/[^/\0-\x1f\x7f-\x9f\ud800-\uf8ff\ufff0-\uffff]+)+$/.test(path)) return false;
  return !path.split("/").some((name) => name === "." || name === "..");
}

function masked(entry: ACL): ACL {
  if (entry.id.scheme !== "digest") return entry;
  return { perms: entry.perms, id: { scheme: "digest", id: `${entry.id.id.split(":")[0]}:x` } };
}

function may(connection: NaiveConnection, node: NaiveNode, perm: number): boolean {
  return node.acl.some(({ perms, id }) => {
    if ((perms & perm) === 0) return false;
    if (id.scheme === "world") return true;
    return connection.ids.some((own) => {
      if (own.scheme !== id.scheme) return false;
      if (own.scheme === "digest") return own.id === id.id;
      const [address = "", bits = "32"] = id.id.split("/");
      return binary(own.id).slice(0, Number(bits)) === binary(address).slice(0, Number(bits));
    });
  });
}

/** An IPv4 address as 32 zeros and ones. */
function binary(address: string): string {
  const bytes = address.split(".");
  return bytes.map((byte) => Number(byte).toString(2).padStart(8, "0")).join("");
}

/** What becomes of the list of a create or a setACL; undefined when it is refused. */
function accepted(
  list: readonly ACL[] | null,
  connection: NaiveConnection,
): readonly ACL[] | undefined {
  if (list === null || list.length === 0) return undefined;
  const unique = list.filter(
    (entry, i) => list.findIndex((e) => JSON.stringify(e) === JSON.stringify(entry)) === i,
  );
  const fixed: ACL[] = [];
  for (const entry of unique) {
    const { scheme, id } = entry.id;
    const isDigest = scheme === "digest" && /^[^:]*:[^:]+:*$/.test(id);
    const isAddress = scheme === "ip" && /^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(id);
    if ((scheme === "world" && id === "anyone") || isDigest || isAddress) {
      fixed.push(entry);
    } else if (scheme === "auth") {
      const own = connection.ids.filter((known) => known.scheme === "digest");
      if (own.length === 0) return undefined;
      fixed.push(...own.map((known) => ({ perms: entry.perms, id: known })));
    } else {
      return undefined;
    }
  }
  return fixed;
}
