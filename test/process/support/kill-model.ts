/**
 * What the znodes of one writer must look like: a naive tree that does what the writer's requests say, so that a
 * server which was killed can be compared with it. Only the writer changes these znodes, and a server takes a
 * session's requests in order: after a crash the tree must be what it was after some number of them, whole.
 */
import { ErrorCode } from "../../../src/protocol/error-code.ts";
import { CreateFlags, OpCode } from "../../../src/protocol/op-code.ts";
import type { SessionId, Stat, Zxid } from "../../../src/protocol/records.ts";
import type { MultiOp, Request } from "../../../src/protocol/requests.ts";

/** The zxid of a request: undefined as long as nobody knows it. One object stands for it in all znodes. */
export interface Stamp {
  /** Position of the request among those of its writer. */
  readonly index: number;
  zxid: Zxid | undefined;
}

export interface ModelZnode {
  readonly czxid: Stamp;
  readonly mzxid: Stamp;
  readonly pzxid: Stamp;
  readonly version: number;
  readonly childrenCreated: number;
  readonly numChildren: number;
  readonly owner: SessionId;
  readonly data: string;
}

export interface ObservedZnode {
  readonly data: string | null;
  readonly stat: Stat;
}

/** What a request must be answered with. */
export interface Expected {
  readonly err: number;
  /** Of a create; undefined where it cannot be foreseen. */
  readonly path?: string | undefined;
  /** The znode that was read or set. */
  readonly znode?: ModelZnode;
  /** Of the ops of a multi. */
  readonly results?: readonly Expected[];
}

/** Where all writers create sequential znodes, whose names none of them can foresee. */
export const SHARED = "/kill/shared";

const decoder = new TextDecoder();

export class WriterModel {
  readonly #znodes: Map<string, ModelZnode>;
  /** Of the shared znodes that were acknowledged: path to key. */
  readonly #sharedKeys: Map<string, string>;
  /** What the running multi has replaced. */
  #undo: [path: string, znode: ModelZnode | undefined][] | undefined;

  private constructor(znodes: Map<string, ModelZnode>, sharedKeys: Map<string, string>) {
    this.#znodes = znodes;
    this.#sharedKeys = sharedKeys;
  }

  /** Begins with znodes that exist and are empty. */
  static of(paths: readonly string[], observed: ReadonlyMap<string, ObservedZnode>): WriterModel {
    const znodes = new Map<string, ModelZnode>();
    for (const path of paths) {
      const stat = observed.get(path)?.stat;
      if (stat === undefined) throw new Error(`${path} is missing from the start`);
      znodes.set(path, {
        czxid: { index: -1, zxid: stat.czxid },
        mzxid: { index: -1, zxid: stat.mzxid },
        pzxid: { index: -1, zxid: stat.pzxid },
        version: stat.version,
        childrenCreated: (stat.cversion + stat.numChildren) / 2,
        numChildren: stat.numChildren,
        owner: stat.ephemeralOwner,
        data: "",
      });
    }
    return new WriterModel(znodes, new Map());
  }

  clone(): WriterModel {
    return new WriterModel(new Map(this.#znodes), this.#sharedKeys);
  }

  get(path: string): ModelZnode | undefined {
    return this.#znodes.get(path);
  }

  /** Paths of the children of a znode. */
  childrenOf(path: string): string[] {
    const prefix = `${path}/`;
    return [...this.#znodes.keys()].filter((child) => child.startsWith(prefix));
  }

  /** Paths of the shared znodes whose names are known, and that are there. */
  get sharedPaths(): string[] {
    return [...this.#sharedKeys].filter(([, key]) => this.#znodes.has(key)).map(([path]) => path);
  }

  /** Learns under which name the server keeps a shared znode. */
  nameShared(path: string, data: string): void {
    this.#sharedKeys.set(path, sharedKey(data));
  }

  /** A shared znode is gone for good. */
  forgetShared(path: string): void {
    this.#sharedKeys.delete(path);
  }

  /** Does a request, and says what it must be answered with. */
  apply(request: Request, owner: SessionId, stamp: Stamp): Expected {
    if (request.type === OpCode.getData) {
      const znode = this.#znodes.get(request.path);
      return znode === undefined ? { err: ErrorCode.noNode } : { err: ErrorCode.ok, znode };
    }
    if (request.type !== OpCode.multi) return this.#write(request as MultiOp, owner, stamp);
    this.#undo = [];
    const results: Expected[] = [];
    for (const op of request.ops) {
      const result = this.#write(op, owner, stamp);
      if (result.err !== ErrorCode.ok) {
        for (const [path, znode] of this.#undo.toReversed()) this.#restore(path, znode);
        this.#undo = undefined;
        return { err: ErrorCode.ok, results: failedResults(request.ops, results.length, result) };
      }
      results.push(result);
    }
    this.#undo = undefined;
    return { err: ErrorCode.ok, results };
  }

  /**
   * Compares with what a server has. Stamps without a zxid may have any that fits all of their znodes, and that
   * grows from one request to the next. Returns those, or says what is wrong.
   */
  compare(observed: ReadonlyMap<string, ObservedZnode>): Map<Stamp, Zxid> | string {
    const found = new Map<Stamp, Zxid>();
    for (const [path, znode] of this.#znodes) {
      const actual = observed.get(path);
      if (actual === undefined) return `${path} is missing`;
      const difference = compareZnode(znode, actual, found);
      if (difference !== undefined) return `${path}: ${difference}`;
    }
    for (const path of observed.keys()) {
      if (!this.#znodes.has(path)) return `${path} should not exist`;
    }
    const inOrder = [...found].sort(([a], [b]) => a.index - b.index);
    for (const [i, [stamp, zxid]] of inOrder.entries()) {
      const next = inOrder[i + 1];
      if (next !== undefined && next[1] <= zxid) {
        return `request ${next[0].index} has zxid ${next[1]}, after ${zxid} of ${stamp.index}`;
      }
    }
    return found;
  }

  #write(op: MultiOp, owner: SessionId, stamp: Stamp): Expected {
    switch (op.type) {
      case OpCode.create:
      case OpCode.create2:
      case OpCode.createContainer:
      case OpCode.createTTL: {
        const data = op.data === null ? "" : decoder.decode(op.data);
        const isEphemeral =
          op.flags === CreateFlags.ephemeral || op.flags === CreateFlags.ephemeralSequential;
        return this.#create(op.path, data, isEphemeral ? owner : 0, op.flags, stamp);
      }
      case OpCode.delete:
        return this.#delete(op.path, stamp);
      case OpCode.setData: {
        const znode = this.#znodes.get(op.path);
        if (znode === undefined) return { err: ErrorCode.noNode };
        const data = op.data === null ? "" : decoder.decode(op.data);
        const changed = { ...znode, data, version: znode.version + 1, mzxid: stamp };
        this.#put(op.path, changed);
        return { err: ErrorCode.ok, znode: changed };
      }
      case OpCode.check: {
        const znode = this.#znodes.get(op.path);
        if (znode === undefined) return { err: ErrorCode.noNode };
        const matches = op.version === -1 || op.version === znode.version;
        return { err: matches ? ErrorCode.ok : ErrorCode.badVersion };
      }
    }
  }

  #create(asked: string, data: string, owner: SessionId, flags: number, stamp: Stamp): Expected {
    const own = { czxid: stamp, mzxid: stamp, pzxid: stamp, version: 0, owner, data };
    const created: ModelZnode = { ...own, childrenCreated: 0, numChildren: 0 };
    if (isShared(asked)) {
      this.#put(sharedKey(data), created);
      return { err: ErrorCode.ok };
    }
    if (this.#znodes.has(asked)) return { err: ErrorCode.nodeExists };
    const parentPath = parentOf(asked);
    const parent = this.#znodes.get(parentPath);
    if (parent === undefined) return { err: ErrorCode.noNode };
    const suffix = `${parent.childrenCreated}`.padStart(10, "0");
    const path = isSequential(flags) ? asked + suffix : asked;
    this.#put(path, created);
    this.#put(parentPath, {
      ...parent,
      pzxid: stamp,
      childrenCreated: parent.childrenCreated + 1,
      numChildren: parent.numChildren + 1,
    });
    return { err: ErrorCode.ok, path };
  }

  #delete(path: string, stamp: Stamp): Expected {
    if (isShared(path)) {
      this.#put(this.#sharedKeys.get(path) ?? path, undefined);
      return { err: ErrorCode.ok };
    }
    const znode = this.#znodes.get(path);
    if (znode === undefined) return { err: ErrorCode.noNode };
    if (znode.numChildren > 0) return { err: ErrorCode.notEmpty };
    this.#put(path, undefined);
    const parentPath = parentOf(path);
    const parent = this.#znodes.get(parentPath);
    if (parent !== undefined) {
      this.#put(parentPath, { ...parent, pzxid: stamp, numChildren: parent.numChildren - 1 });
    }
    return { err: ErrorCode.ok };
  }

  #put(path: string, znode: ModelZnode | undefined): void {
    this.#undo?.push([path, this.#znodes.get(path)]);
    this.#restore(path, znode);
  }

  #restore(path: string, znode: ModelZnode | undefined): void {
    if (znode === undefined) this.#znodes.delete(path);
    else this.#znodes.set(path, znode);
  }
}

/** How the model calls a shared znode: by what is in it. */
export function sharedKey(data: string): string {
  return `${SHARED}/#${data}`;
}

function isShared(path: string): boolean {
  return path.startsWith(`${SHARED}/`);
}

function isSequential(flags: number): boolean {
  return flags === CreateFlags.persistentSequential || flags === CreateFlags.ephemeralSequential;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function failedResults(ops: readonly MultiOp[], failed: number, result: Expected): Expected[] {
  return ops.map((_, i) => ({
    err: i < failed ? ErrorCode.ok : i === failed ? result.err : ErrorCode.runtimeInconsistency,
  }));
}

function compareZnode(
  expected: ModelZnode,
  { data, stat }: ObservedZnode,
  found: Map<Stamp, Zxid>,
): string | undefined {
  const values: readonly (readonly [string, number | string | null, number | string])[] = [
    ["data", data, expected.data],
    ["version", stat.version, expected.version],
    ["cversion", stat.cversion, expected.childrenCreated * 2 - expected.numChildren],
    ["aversion", stat.aversion, 0],
    ["ephemeralOwner", stat.ephemeralOwner, expected.owner],
    ["dataLength", stat.dataLength, expected.data.length],
    ["numChildren", stat.numChildren, expected.numChildren],
  ];
  for (const [name, actual, wanted] of values) {
    if (actual !== wanted) return `${name} is ${shorten(actual)}, not ${shorten(wanted)}`;
  }
  for (const name of ["czxid", "mzxid", "pzxid"] as const) {
    const stamp = expected[name];
    const known = stamp.zxid ?? found.get(stamp);
    if (known === undefined) found.set(stamp, stat[name]);
    else if (known !== stat[name]) return `${name} is ${stat[name]}, not ${known}`;
  }
  return undefined;
}

/** For messages. What differs of large data is at its end. */
function shorten(value: number | string | null): string {
  const text = String(value);
  return text.length > 40 ? `…${text.slice(-20)} (${text.length})` : text;
}
