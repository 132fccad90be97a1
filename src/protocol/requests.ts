/**
 * The bodies of requests on the wire.
 */
import { JuteError, type JuteReader } from "./jute-reader.ts";
import type { JuteWriter } from "./jute-writer.ts";
import { OpCode } from "./op-code.ts";
import { readACLs, writeACL } from "./records.ts";
import type { Request, SetWatchesRequest } from "./request-records.ts";
import {
  readCreate,
  readMultiOps,
  readReadOps,
  readSetData,
  writeMultiHeader,
  writeWrite,
} from "./multi-ops.ts";

export type * from "./request-records.ts";

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
    case OpCode.createContainer:
    case OpCode.createTTL:
      return readCreate(reader, type);
    case OpCode.delete:
      return { type, path: reader.readString(), version: reader.readInt() };
    case OpCode.setData:
      return readSetData(reader, type);
    case OpCode.getACL:
    case OpCode.getAllChildrenNumber:
      return { type, path: reader.readString() };
    case OpCode.sync:
      return { type, path: reader.readNullableString() };
    case OpCode.setACL:
      return {
        type,
        path: reader.readNullableString() ?? "",
        acl: readACLs(reader),
        version: reader.readInt(),
      };
    case OpCode.multi:
      return { type, ops: readMultiOps(reader) };
    case OpCode.multiRead:
      return { type, ops: readReadOps(reader) };
    case OpCode.auth:
      return {
        type,
        authType: reader.readInt(),
        scheme: reader.readNullableString() ?? "",
        auth: reader.readBuffer(),
      };
    default:
      return readWatchRequest(reader, type) ?? readRareRequest(reader, type);
  }
}

/** The requests about watches. */
function readWatchRequest(reader: JuteReader, type: number): Request | undefined {
  switch (type) {
    case OpCode.setWatches:
      return { type, ...readOneShotWatches(reader) };
    case OpCode.setWatches2:
      return {
        type,
        ...readOneShotWatches(reader),
        persistentWatches: readPaths(reader),
        persistentRecursiveWatches: readPaths(reader),
      };
    case OpCode.checkWatches:
    case OpCode.removeWatches:
      return { type, path: reader.readString(), watcherType: reader.readInt() };
    case OpCode.addWatch:
      return { type, path: reader.readString(), mode: reader.readInt() };
    default:
      return undefined;
  }
}

function readRareRequest(reader: JuteReader, type: number): Request | undefined {
  switch (type) {
    case OpCode.ping:
    case OpCode.closeSession:
    case OpCode.whoAmI:
    case OpCode.deleteContainer:
      return { type };
    case OpCode.getEphemerals:
      return { type, prefixPath: reader.readNullableString() };
    case OpCode.reconfig:
      return {
        type,
        joiningServers: reader.readNullableString(),
        leavingServers: reader.readNullableString(),
        newMembers: reader.readNullableString(),
        curConfigId: reader.readLong(),
      };
    case OpCode.sasl:
      return { type, token: readToken(reader) };
    default:
      return undefined;
  }
}

function readToken(reader: JuteReader): Uint8Array {
  const token = reader.readBuffer();
  if (token === null) throw new JuteError("null where a token is required");
  return token;
}

function readOneShotWatches(
  reader: JuteReader,
): Pick<SetWatchesRequest, "relativeZxid" | "dataWatches" | "existWatches" | "childWatches"> {
  return {
    relativeZxid: reader.readLong(),
    dataWatches: readPaths(reader),
    existWatches: readPaths(reader),
    childWatches: readPaths(reader),
  };
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
    case OpCode.createContainer:
    case OpCode.createTTL:
    case OpCode.delete:
    case OpCode.setData:
      writeWrite(writer, request);
      break;
    case OpCode.getACL:
    case OpCode.getAllChildrenNumber:
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
    case OpCode.multiRead:
      for (const op of request.ops) {
        writeMultiHeader(writer, op.type, false, -1);
        writer.writeString(op.path);
        writer.writeBool(op.watch);
      }
      writeMultiHeader(writer, -1, true, -1);
      break;
    case OpCode.auth:
      writer.writeInt(request.authType);
      writer.writeString(request.scheme);
      writer.writeBuffer(request.auth);
      break;
    default:
      writeRareRequest(writer, request);
  }
}

function writeRareRequest(writer: JuteWriter, request: Request): void {
  switch (request.type) {
    case OpCode.setWatches:
    case OpCode.setWatches2:
      writer.writeLong(request.relativeZxid);
      writePaths(writer, request.dataWatches);
      writePaths(writer, request.existWatches);
      writePaths(writer, request.childWatches);
      if (request.type === OpCode.setWatches) break;
      writePaths(writer, request.persistentWatches ?? []);
      writePaths(writer, request.persistentRecursiveWatches ?? []);
      break;
    case OpCode.checkWatches:
    case OpCode.removeWatches:
      writer.writeString(request.path);
      writer.writeInt(request.watcherType);
      break;
    case OpCode.addWatch:
      writer.writeString(request.path);
      writer.writeInt(request.mode);
      break;
    case OpCode.getEphemerals:
      writer.writeString(request.prefixPath);
      break;
    case OpCode.reconfig:
      writer.writeString(request.joiningServers);
      writer.writeString(request.leavingServers);
      writer.writeString(request.newMembers);
      writer.writeLong(request.curConfigId);
      break;
    case OpCode.sasl:
      writer.writeBuffer(request.token);
      break;
    default: // Nothing but a header.
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
