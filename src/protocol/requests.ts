/**
 * Requests: one record per op, tagged with its type, and their bodies on the wire.
 */
import { JuteError, type JuteReader } from "./jute-reader.ts";
import type { JuteWriter } from "./jute-writer.ts";
import { MULTI_OPS_MAX } from "./limits.ts";
import { OpCode } from "./op-code.ts";
import { type ACL, readACL, writeACL, type Zxid } from "./records.ts";

export interface CreateRequest {
  readonly type: typeof OpCode.create | typeof OpCode.create2;
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly ACL[] | null;
  readonly flags: number;
}

export interface DeleteRequest {
  readonly type: typeof OpCode.delete;
  readonly path: string;
  readonly version: number;
}

/** The reads that may leave a watch. */
export interface WatchableRequest {
  readonly type:
    | typeof OpCode.exists
    | typeof OpCode.getData
    | typeof OpCode.getChildren
    | typeof OpCode.getChildren2;
  readonly path: string;
  readonly watch: boolean;
}

export interface SetDataRequest {
  readonly type: typeof OpCode.setData;
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly version: number;
}

export interface GetACLRequest {
  readonly type: typeof OpCode.getACL;
  readonly path: string;
}

export interface SetACLRequest {
  readonly type: typeof OpCode.setACL;
  readonly path: string;
  readonly acl: readonly ACL[] | null;
  readonly version: number;
}

export interface SyncRequest {
  readonly type: typeof OpCode.sync;
  /** Not looked at, only echoed. */
  readonly path: string | null;
}

/** Stands only inside a multi. */
export interface CheckVersionRequest {
  readonly type: typeof OpCode.check;
  readonly path: string;
  readonly version: number;
}

export interface MultiRequest {
  readonly type: typeof OpCode.multi;
  readonly ops: readonly MultiOp[];
}

export type MultiOp = CreateRequest | DeleteRequest | SetDataRequest | CheckVersionRequest;

export interface AuthRequest {
  readonly type: typeof OpCode.auth;
  readonly authType: number;
  readonly scheme: string;
  readonly auth: Uint8Array | null;
}

export interface SetWatchesRequest {
  readonly type: typeof OpCode.setWatches;
  readonly relativeZxid: Zxid;
  readonly dataWatches: readonly string[];
  readonly existWatches: readonly string[];
  readonly childWatches: readonly string[];
}

export interface PingRequest {
  readonly type: typeof OpCode.ping;
}

export interface CloseSessionRequest {
  readonly type: typeof OpCode.closeSession;
}

export type Request =
  | CreateRequest
  | DeleteRequest
  | WatchableRequest
  | SetDataRequest
  | GetACLRequest
  | SetACLRequest
  | SyncRequest
  | MultiRequest
  | AuthRequest
  | SetWatchesRequest
  | PingRequest
  | CloseSessionRequest;

/**
 * Reads the body of a request of the given type; undefined for a type that this side does not know.
 * Bytes behind the body are ignored, as ZooKeeper ignores them.
 *
 * @throws JuteError when the body is cut short or malformed.
 */
export function readRequest(reader: JuteReader, type: number): Request | undefined {
  switch (type) {
    case OpCode.exists:
    case OpCode.getData:
    case OpCode.getChildren:
    case OpCode.getChildren2:
      return { type, path: reader.readString(), watch: reader.readBool() };
    case OpCode.create:
    case OpCode.create2:
      return readCreate(reader, type);
    case OpCode.delete:
      return { type, path: reader.readString(), version: reader.readInt() };
    case OpCode.setData:
      return readSetData(reader, type);
    case OpCode.getACL:
      return { type, path: reader.readString() };
    case OpCode.sync:
      return { type, path: reader.readNullableString() };
    case OpCode.setACL:
      return {
        type,
        path: reader.readNullableString() ?? "",
        acl: reader.readVector(readACL),
        version: reader.readInt(),
      };
    case OpCode.multi:
      return { type, ops: readMultiOps(reader) };
    case OpCode.auth:
      return {
        type,
        authType: reader.readInt(),
        scheme: reader.readNullableString() ?? "",
        auth: reader.readBuffer(),
      };
    case OpCode.setWatches:
      return {
        type,
        relativeZxid: reader.readLong(),
        dataWatches: readPaths(reader),
        existWatches: readPaths(reader),
        childWatches: readPaths(reader),
      };
    case OpCode.ping:
    case OpCode.closeSession:
      return { type };
    default:
      return undefined;
  }
}

/** Writes the body of a request. */
export function writeRequest(writer: JuteWriter, request: Request): void {
  switch (request.type) {
    case OpCode.exists:
    case OpCode.getData:
    case OpCode.getChildren:
    case OpCode.getChildren2:
      writer.writeString(request.path);
      writer.writeBool(request.watch);
      break;
    case OpCode.create:
    case OpCode.create2:
    case OpCode.delete:
    case OpCode.setData:
      writeWrite(writer, request);
      break;
    case OpCode.getACL:
    case OpCode.sync:
      writer.writeString(request.path);
      break;
    case OpCode.setACL:
      writer.writeString(request.path);
      writer.writeVector(request.acl, writeACL);
      writer.writeInt(request.version);
      break;
    case OpCode.multi:
      for (const op of request.ops) {
        writeMultiHeader(writer, op.type, false, -1);
        writeWrite(writer, op);
      }
      writeMultiHeader(writer, -1, true, -1);
      break;
    case OpCode.auth:
      writer.writeInt(request.authType);
      writer.writeString(request.scheme);
      writer.writeBuffer(request.auth);
      break;
    case OpCode.setWatches:
      writer.writeLong(request.relativeZxid);
      writePaths(writer, request.dataWatches);
      writePaths(writer, request.existWatches);
      writePaths(writer, request.childWatches);
      break;
    case OpCode.ping:
    case OpCode.closeSession:
      break;
  }
}

/** Writes `MultiHeader{type, done, err}`, which frames each part of a multi and ends it. */
export function writeMultiHeader(
  writer: JuteWriter,
  type: number,
  done: boolean,
  err: number,
): void {
  writer.writeInt(type);
  writer.writeBool(done);
  writer.writeInt(err);
}

export function readMultiHeader(reader: JuteReader): { type: number; done: boolean; err: number } {
  return { type: reader.readInt(), done: reader.readBool(), err: reader.readInt() };
}

function readMultiOps(reader: JuteReader): MultiOp[] {
  const ops: MultiOp[] = [];
  for (let header = readMultiHeader(reader); !header.done; header = readMultiHeader(reader)) {
    if (ops.length === MULTI_OPS_MAX) throw new JuteError(`more than ${MULTI_OPS_MAX} ops`);
    const { type } = header;
    switch (type) {
      case OpCode.create:
      case OpCode.create2:
        ops.push(readCreate(reader, type));
        break;
      case OpCode.setData:
        ops.push(readSetData(reader, type));
        break;
      case OpCode.delete:
      case OpCode.check:
        ops.push({ type, path: reader.readString(), version: reader.readInt() });
        break;
      default:
        throw new JuteError(`op ${type} inside a multi`);
    }
  }
  return ops;
}

function readCreate(reader: JuteReader, type: CreateRequest["type"]): CreateRequest {
  return {
    type,
    path: reader.readString(),
    data: reader.readBuffer(),
    acl: reader.readVector(readACL),
    flags: reader.readInt(),
  };
}

function readSetData(reader: JuteReader, type: SetDataRequest["type"]): SetDataRequest {
  return {
    type,
    // Null is as invalid as the empty path, and not malformed: as in ZooKeeper, unlike in a create.
    path: reader.readNullableString() ?? "",
    data: reader.readBuffer(),
    version: reader.readInt(),
  };
}

function writeWrite(writer: JuteWriter, op: MultiOp): void {
  writer.writeString(op.path);
  switch (op.type) {
    case OpCode.create:
    case OpCode.create2:
      writer.writeBuffer(op.data);
      writer.writeVector(op.acl, writeACL);
      writer.writeInt(op.flags);
      break;
    case OpCode.setData:
      writer.writeBuffer(op.data);
      writer.writeInt(op.version);
      break;
    case OpCode.delete:
    case OpCode.check:
      writer.writeInt(op.version);
      break;
  }
}

function readPaths(reader: JuteReader): string[] {
  const paths = reader.readVector((r) => r.readString());
  if (paths === null) throw new JuteError("null where a list of paths is required");
  return paths;
}

function writePaths(writer: JuteWriter, paths: readonly string[]): void {
  writer.writeVector(paths, (w, path) => w.writeString(path));
}
