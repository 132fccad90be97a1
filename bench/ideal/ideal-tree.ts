/**
 * A tree that does as little as the generator's checks allow: no disk, no ACLs, no watches, no errors but one.
 */
import { OpCode } from "../../src/protocol/op-code.ts";
import type { Stat } from "../../src/protocol/records.ts";
import type { MultiResult, Reply } from "../../src/protocol/replies.ts";
import type { MultiOp, Request } from "../../src/protocol/requests.ts";

interface IdealZnode {
  data: Uint8Array;
  version: number;
  readonly children: Set<string>;
}

export class IdealTree {
  zxid = 0;
  readonly #znodes = new Map<string, IdealZnode>();

  /** Undefined for what does not exist, or is not known here. */
  apply(request: Request): Reply | undefined {
    switch (request.type) {
      case OpCode.create:
        this.#create(request.path, request.data);
        return { type: request.type, path: request.path };
      case OpCode.delete:
        this.#delete(request.path);
        return { type: request.type };
      case OpCode.setData:
        return this.#setData(request.path, request.data);
      case OpCode.multi:
        return { type: request.type, results: request.ops.map((op) => this.#applyPart(op)) };
      case OpCode.closeSession:
        return { type: request.type };
      default:
        return this.#read(request);
    }
  }

  #read(request: Request): Reply | undefined {
    if (!("path" in request) || request.path === null) return undefined;
    const znode = this.#znodes.get(request.path);
    if (znode === undefined) return undefined;
    switch (request.type) {
      case OpCode.getData:
        return { type: request.type, data: znode.data, stat: statOf(znode) };
      case OpCode.exists:
        return { type: request.type, stat: statOf(znode) };
      case OpCode.getChildren:
        return { type: request.type, children: [...znode.children] };
      default:
        return undefined;
    }
  }

  #applyPart(op: MultiOp): MultiResult {
    if (op.type !== OpCode.create) throw new RangeError(`op ${op.type} in a multi`);
    this.#create(op.path, op.data);
    return { type: op.type, path: op.path };
  }

  #create(path: string, data: Uint8Array | null): void {
    this.zxid++;
    this.#znodes.set(path, { data: copy(data), version: 0, children: new Set() });
    this.#parentOf(path)?.children.add(nameOf(path));
  }

  #delete(path: string): void {
    this.zxid++;
    this.#znodes.delete(path);
    this.#parentOf(path)?.children.delete(nameOf(path));
  }

  #setData(path: string, data: Uint8Array | null): Reply | undefined {
    const znode = this.#znodes.get(path);
    if (znode === undefined) return undefined;
    this.zxid++;
    znode.data = copy(data);
    znode.version++;
    return { type: OpCode.setData, stat: statOf(znode) };
  }

  #parentOf(path: string): IdealZnode | undefined {
    return this.#znodes.get(path.slice(0, path.lastIndexOf("/")));
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Frames share memory with everything else that arrived with them. */
function copy(data: Uint8Array | null): Uint8Array {
  return Uint8Array.prototype.slice.call(data ?? new Uint8Array(0));
}

function statOf({ data, version, children }: IdealZnode): Stat {
  const unused = { czxid: 0, mzxid: 0, ctime: 0, mtime: 0, cversion: 0, aversion: 0, pzxid: 0 };
  return {
    ...unused,
    ephemeralOwner: 0,
    dataLength: data.length,
    version,
    numChildren: children.size,
  };
}
