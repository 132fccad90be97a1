/**
 * The ops that may stand in a multi or a multiRead, alone or there, and what frames them there (`MultiHeader`).
 */
import { JuteError, type JuteReader } from "./jute-reader.ts";
import type { JuteWriter } from "./jute-writer.ts";
import { MULTI_OPS_MAX } from "./limits.ts";
import { OpCode } from "./op-code.ts";
import { readACLs, writeACL } from "./records.ts";
import type {
  CreateRequest,
  CreateType,
  MultiOp,
  ReadOp,
  SetDataRequest,
} from "./request-records.ts";

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

export function readMultiOps(reader: JuteReader): MultiOp[] {
  const ops: MultiOp[] = [];
  for (let header = readMultiHeader(reader); !header.done; header = readMultiHeader(reader)) {
    if (ops.length === MULTI_OPS_MAX) throw new JuteError(`more than ${MULTI_OPS_MAX} ops`);
    const { type } = header;
    switch (type) {
      case OpCode.create:
      case OpCode.create2:
      case OpCode.createContainer:
      case OpCode.createTTL:
        ops.push(readCreate(reader, type));
        break;
      case OpCode.setData: {
        // Here null is malformed, unlike in a setData that stands alone.
        const path = reader.readString();
        ops.push({ type, path, data: reader.readBuffer(), version: reader.readInt() });
        break;
      }
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

export function readReadOps(reader: JuteReader): ReadOp[] {
  const ops: ReadOp[] = [];
  for (let header = readMultiHeader(reader); !header.done; header = readMultiHeader(reader)) {
    if (ops.length === MULTI_OPS_MAX) throw new JuteError(`more than ${MULTI_OPS_MAX} ops`);
    const { type } = header;
    if (type !== OpCode.getData && type !== OpCode.getChildren) {
      throw new JuteError(`op ${type} inside a multiRead`);
    }
    ops.push({ type, path: reader.readString(), watch: reader.readBool() });
  }
  return ops;
}

export function readCreate(reader: JuteReader, type: CreateType): CreateRequest {
  return {
    type,
    path: reader.readString(),
    data: reader.readBuffer(),
    acl: readACLs(reader),
    flags: reader.readInt(),
    ttl: type === OpCode.createTTL ? reader.readLong() : undefined,
  };
}

export function readSetData(reader: JuteReader, type: SetDataRequest["type"]): SetDataRequest {
  return {
    type,
    // Null is as invalid as the empty path, and not malformed: as in ZooKeeper, unlike in a create.
    path: reader.readNullableString() ?? "",
    data: reader.readBuffer(),
    version: reader.readInt(),
  };
}

export function writeWrite(writer: JuteWriter, op: MultiOp): void {
  writer.writeString(op.path);
  switch (op.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
      writer.writeBuffer(op.data);
      writer.writeVector(op.acl, writeACL);
      writer.writeInt(op.flags);
      if (op.type === OpCode.createTTL) writer.writeLong(op.ttl ?? 0);
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
