/**
 * Requests as bytes. Written from `zookeeper.jute`, without `src/protocol`: what both sides of a comparison shared
 * could not be found wrong.
 */
import type { Acl, CreateStep, RequestStep, Version } from "./steps.ts";

export const opTypes = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getACL: 6,
  setACL: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  checkWatches: 17,
  removeWatches: 18,
  createContainer: 19,
  deleteContainer: 20,
  createTTL: 21,
  multiRead: 22,
  closeSession: -11,
  auth: 100,
  setWatches: 101,
  sasl: 102,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
} as const;

/** What a step leaves to be known when it is played. */
export interface Lookup {
  path(path: string): string;
  version(path: string | null, version: Version, ofAcl: boolean): number;
  /** The zxid of so many writes before the last one seen. */
  zxid(ago: number): bigint;
}

export class Bytes {
  #bytes = Buffer.allocUnsafe(256);
  #length = 0;

  int(value: number): this {
    const at = this.#take(4); // May replace the bytes.
    this.#bytes.writeInt32BE(value | 0, at);
    return this;
  }

  long(value: bigint | number): this {
    const at = this.#take(8); // May replace the bytes.
    this.#bytes.writeBigInt64BE(BigInt(value), at);
    return this;
  }

  bool(value: boolean): this {
    const at = this.#take(1); // May replace the bytes.
    this.#bytes.writeUInt8(value ? 1 : 0, at);
    return this;
  }

  raw(value: Uint8Array): this {
    const at = this.#take(value.length); // May replace the bytes.
    this.#bytes.set(value, at);
    return this;
  }

  buffer(value: Uint8Array | string | null): this {
    if (value === null) return this.int(-1);
    const content = typeof value === "string" ? Buffer.from(value) : value;
    return this.int(content.length).raw(content);
  }

  strings(values: readonly string[]): this {
    this.int(values.length);
    for (const value of values) this.buffer(value);
    return this;
  }

  /** All of it. */
  done(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  #take(count: number): number {
    const at = this.#length;
    this.#length += count;
    while (this.#length > this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes, Buffer.allocUnsafe(this.#bytes.length)]);
    }
    return at;
  }
}

/** A request of any type with any body, behind its length. */
export function frameOf(xid: number, type: number, body: Uint8Array): Buffer {
  return new Bytes()
    .int(8 + body.length)
    .int(xid)
    .int(type)
    .raw(body)
    .done();
}

export const pingFrame = frameOf(-2, opTypes.ping, new Uint8Array(0));

export function typeOf(request: RequestStep): number {
  return request.op === "raw" ? request.type : opTypes[request.op];
}

/** The body of a request. */
export function bodyOf(request: RequestStep, lookup: Lookup): Buffer {
  const out = new Bytes();
  writeBody(out, request, lookup);
  const whole = out.done();
  return request.cut === undefined
    ? whole
    : whole.subarray(0, Math.max(0, whole.length - request.cut));
}

/** The data that a step names. */
export function dataOf(data: string | null): Buffer | null {
  if (data === null) return null;
  return /^#\d+$/.test(data) ? Buffer.alloc(Number(data.slice(1)), "x") : Buffer.from(data);
}

function writeBody(out: Bytes, request: RequestStep, lookup: Lookup): void {
  const path = (value: string | null): Bytes =>
    out.buffer(value === null ? null : lookup.path(value));
  switch (request.op) {
    case "create":
    case "create2":
    case "createContainer":
    case "createTTL":
      writeCreate(out, request, lookup);
      break;
    case "delete":
    case "check":
      path(request.path).int(lookup.version(request.path, request.version, false));
      break;
    case "setData":
      path(request.path).buffer(dataOf(request.data));
      out.int(lookup.version(request.path, request.version, false));
      break;
    case "setACL":
      writeAcl(path(request.path), request.acl);
      out.int(lookup.version(request.path, request.version, true));
      break;
    case "exists":
    case "getData":
    case "getChildren":
    case "getChildren2":
      path(request.path).bool(request.watch);
      break;
    case "getACL":
    case "getAllChildrenNumber":
    case "sync":
    case "getEphemerals":
    case "deleteContainer":
      path(request.path);
      break;
    case "multi":
    case "multiRead":
      for (const op of request.ops) {
        out.int(typeOf(op)).bool(false).int(-1);
        writeBody(out, op, lookup);
      }
      out.int(-1).bool(true).int(-1);
      break;
    case "addWatch":
      path(request.path).int(request.mode);
      break;
    case "checkWatches":
    case "removeWatches":
      path(request.path).int(request.watcherType);
      break;
    default:
      writeRare(out, request, lookup);
  }
}

function writeRare(out: Bytes, request: RequestStep, lookup: Lookup): void {
  switch (request.op) {
    case "auth":
      out.int(0).buffer(request.scheme).buffer(request.credential);
      break;
    case "setWatches":
    case "setWatches2":
      out.long(lookup.zxid(request.ago));
      for (const paths of [request.data, request.exist, request.child]) {
        out.strings(paths.map((path) => lookup.path(path)));
      }
      if (request.op === "setWatches") break;
      for (const paths of [request.persistent ?? [], request.recursive ?? []]) {
        out.strings(paths.map((path) => lookup.path(path)));
      }
      break;
    case "reconfig":
      out.buffer(null).buffer(null).buffer(request.members).long(request.config);
      break;
    case "sasl":
      out.buffer(request.token);
      break;
    case "raw":
      out.raw(Buffer.from(request.body, "hex"));
      break;
    default: // Nothing but a header.
  }
}

function writeCreate(out: Bytes, request: CreateStep, lookup: Lookup): void {
  out.buffer(request.path === null ? null : lookup.path(request.path));
  writeAcl(out.buffer(dataOf(request.data)), request.acl);
  out.int(request.flags);
  if (request.op === "createTTL") out.long(request.ttl ?? -1);
}

function writeAcl(out: Bytes, acl: Acl): void {
  out.int(acl === null ? -1 : acl.length);
  for (const { perms, scheme, id } of acl ?? []) out.int(perms).buffer(scheme).buffer(id);
}
