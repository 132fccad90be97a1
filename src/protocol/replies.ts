/**
 * Bodies of successful replies, tagged with the type of the request that they answer. A reply whose header
 * carries an error has no body.
 */
import { JuteError, type JuteReader } from "./jute-reader.ts";
import type { JuteWriter } from "./jute-writer.ts";
import { OpCode } from "./op-code.ts";
import { type ACL, readACL, readStat, type Stat, writeACL, writeStat } from "./records.ts";
import { readMultiHeader, writeMultiHeader } from "./multi-ops.ts";

export interface CreateReply {
  readonly type: typeof OpCode.create;
  readonly path: string;
}

export interface Create2Reply {
  readonly type: typeof OpCode.create2 | typeof OpCode.createContainer | typeof OpCode.createTTL;
  readonly path: string;
  readonly stat: Stat;
}

export interface StatReply {
  readonly type: typeof OpCode.exists | typeof OpCode.setData | typeof OpCode.setACL;
  readonly stat: Stat;
}

export interface GetDataReply {
  readonly type: typeof OpCode.getData;
  readonly data: Uint8Array | null;
  readonly stat: Stat;
}

export interface GetACLReply {
  readonly type: typeof OpCode.getACL;
  readonly acl: readonly ACL[];
  readonly stat: Stat;
}

export interface GetChildrenReply {
  readonly type: typeof OpCode.getChildren;
  readonly children: readonly string[];
}

export interface GetChildren2Reply {
  readonly type: typeof OpCode.getChildren2;
  readonly children: readonly string[];
  readonly stat: Stat;
}

/** What became of one read of a multiRead. */
export type ReadResult = GetDataReply | GetChildrenReply | ErrorResult;

export interface MultiReadReply {
  readonly type: typeof OpCode.multiRead;
  readonly results: readonly ReadResult[];
}

export interface GetEphemeralsReply {
  readonly type: typeof OpCode.getEphemerals;
  readonly ephemerals: readonly string[];
}

export interface GetAllChildrenNumberReply {
  readonly type: typeof OpCode.getAllChildrenNumber;
  /** Of all generations. */
  readonly totalNumber: number;
}

/** Who a client is, as far as one scheme is concerned. */
export interface ClientInfo {
  readonly authScheme: string;
  readonly user: string;
}

export interface WhoAmIReply {
  readonly type: typeof OpCode.whoAmI;
  readonly clientInfo: readonly ClientInfo[];
}

export interface SaslReply {
  readonly type: typeof OpCode.sasl;
  readonly token: Uint8Array | null;
}

/** Its body is an error code that is always 0. */
export interface AddWatchReply {
  readonly type: typeof OpCode.addWatch;
}

export interface SyncReply {
  readonly type: typeof OpCode.sync;
  readonly path: string | null;
}

export interface MultiReply {
  readonly type: typeof OpCode.multi;
  readonly results: readonly MultiResult[];
}

/** A reply that says nothing beside its header. */
export interface EmptyReply {
  readonly type:
    | typeof OpCode.delete
    | typeof OpCode.check
    | typeof OpCode.ping
    | typeof OpCode.auth
    | typeof OpCode.setWatches
    | typeof OpCode.setWatches2
    | typeof OpCode.checkWatches
    | typeof OpCode.removeWatches
    | typeof OpCode.closeSession;
}

/** What became of one op of a failed multi: its code, 0 before the failing op, -2 behind it. */
export interface ErrorResult {
  readonly type: typeof OpCode.error;
  readonly err: number;
}

export type MultiResult =
  | CreateReply
  | Create2Reply
  | { readonly type: typeof OpCode.setData; readonly stat: Stat }
  | { readonly type: typeof OpCode.delete | typeof OpCode.check }
  | ErrorResult;

export type Reply =
  | CreateReply
  | Create2Reply
  | StatReply
  | GetDataReply
  | GetACLReply
  | GetChildrenReply
  | GetChildren2Reply
  | SyncReply
  | MultiReply
  | MultiReadReply
  | GetEphemeralsReply
  | GetAllChildrenNumberReply
  | WhoAmIReply
  | SaslReply
  | AddWatchReply
  | EmptyReply;

/** Writes the body of a reply. */
export function writeReply(writer: JuteWriter, reply: Reply): void {
  switch (reply.type) {
    case OpCode.create:
    case OpCode.sync:
      writer.writeString(reply.path);
      break;
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
      writer.writeString(reply.path);
      writeStat(writer, reply.stat);
      break;
    case OpCode.exists:
    case OpCode.setData:
    case OpCode.setACL:
      writeStat(writer, reply.stat);
      break;
    case OpCode.getData:
      writer.writeBuffer(reply.data);
      writeStat(writer, reply.stat);
      break;
    case OpCode.getACL:
      writer.writeVector(reply.acl, writeACL);
      writeStat(writer, reply.stat);
      break;
    case OpCode.getChildren:
      writeNames(writer, reply.children);
      break;
    case OpCode.getChildren2:
      writeNames(writer, reply.children);
      writeStat(writer, reply.stat);
      break;
    case OpCode.multi:
      for (const result of reply.results) writeMultiResult(writer, result);
      writeMultiHeader(writer, -1, true, -1);
      break;
    default:
      writeRareReply(writer, reply);
  }
}

function writeRareReply(writer: JuteWriter, reply: Reply): void {
  switch (reply.type) {
    case OpCode.multiRead:
      for (const result of reply.results) writeMultiResult(writer, result);
      writeMultiHeader(writer, -1, true, -1);
      break;
    case OpCode.getEphemerals:
      writeNames(writer, reply.ephemerals);
      break;
    case OpCode.getAllChildrenNumber:
      writer.writeInt(reply.totalNumber);
      break;
    case OpCode.whoAmI:
      writer.writeVector(reply.clientInfo, writeClientInfo);
      break;
    case OpCode.sasl:
      writer.writeBuffer(reply.token);
      break;
    case OpCode.addWatch:
      writer.writeInt(0);
      break;
    default: // Nothing but a header.
  }
}

function writeClientInfo(writer: JuteWriter, info: ClientInfo): void {
  writer.writeString(info.authScheme);
  writer.writeString(info.user);
}

function readClientInfo(reader: JuteReader): ClientInfo {
  return { authScheme: reader.readString(), user: reader.readString() };
}

/**
 * Reads the body of a successful reply to a request of the given type; undefined for a type that is not known.
 *
 * @throws JuteError when the body is cut short or malformed.
 */
export function readReply(reader: JuteReader, type: number): Reply | undefined {
  switch (type) {
    case OpCode.create:
      return { type, path: reader.readString() };
    case OpCode.sync:
      return { type, path: reader.readNullableString() };
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
      return { type, path: reader.readString(), stat: readStat(reader) };
    case OpCode.exists:
    case OpCode.setData:
    case OpCode.setACL:
      return { type, stat: readStat(reader) };
    case OpCode.getData:
      return { type, data: reader.readBuffer(), stat: readStat(reader) };
    case OpCode.getACL:
      return { type, acl: reader.readVector(readACL) ?? [], stat: readStat(reader) };
    case OpCode.getChildren:
      return { type, children: readNames(reader) };
    case OpCode.getChildren2:
      return { type, children: readNames(reader), stat: readStat(reader) };
    case OpCode.multi:
      return { type, results: readMultiResults(reader) };
    default:
      return readRareReply(reader, type);
  }
}

function readRareReply(reader: JuteReader, type: number): Reply | undefined {
  switch (type) {
    case OpCode.multiRead:
      return { type, results: readReadResults(reader) };
    case OpCode.getEphemerals:
      return { type, ephemerals: readNames(reader) };
    case OpCode.getAllChildrenNumber:
      return { type, totalNumber: reader.readInt() };
    case OpCode.whoAmI:
      return { type, clientInfo: reader.readVector(readClientInfo) ?? [] };
    case OpCode.sasl:
      return { type, token: reader.readBuffer() };
    case OpCode.addWatch:
      if (reader.readInt() !== 0) throw new JuteError("an addWatch that failed has no body");
      return { type };
    case OpCode.delete:
    case OpCode.check:
    case OpCode.ping:
    case OpCode.auth:
    case OpCode.setWatches:
    case OpCode.setWatches2:
    case OpCode.checkWatches:
    case OpCode.removeWatches:
    case OpCode.closeSession:
      return { type };
    default:
      return undefined;
  }
}

function readReadResults(reader: JuteReader): ReadResult[] {
  const results: ReadResult[] = [];
  for (let header = readMultiHeader(reader); !header.done; header = readMultiHeader(reader)) {
    const { type } = header;
    if (type === OpCode.error) results.push({ type, err: reader.readInt() });
    else if (type === OpCode.getChildren) results.push({ type, children: readNames(reader) });
    else if (type === OpCode.getData)
      results.push({ type, data: reader.readBuffer(), stat: readStat(reader) });
    else throw new JuteError(`result of type ${type} inside a multiRead`);
  }
  return results;
}

function writeMultiResult(writer: JuteWriter, result: MultiResult | ReadResult): void {
  if (result.type === OpCode.error) {
    writeMultiHeader(writer, OpCode.error, false, result.err);
    writer.writeInt(result.err);
    return;
  }
  writeMultiHeader(writer, result.type, false, 0);
  writeReply(writer, result);
}

function readMultiResults(reader: JuteReader): MultiResult[] {
  const results: MultiResult[] = [];
  for (let header = readMultiHeader(reader); !header.done; header = readMultiHeader(reader)) {
    const { type } = header;
    switch (type) {
      case OpCode.error:
        results.push({ type, err: reader.readInt() });
        break;
      case OpCode.create:
        results.push({ type, path: reader.readString() });
        break;
      case OpCode.create2:
        results.push({ type, path: reader.readString(), stat: readStat(reader) });
        break;
      case OpCode.setData:
        results.push({ type, stat: readStat(reader) });
        break;
      case OpCode.delete:
      case OpCode.check:
        results.push({ type });
        break;
      default:
        throw new JuteError(`result of type ${type} inside a multi`);
    }
  }
  return results;
}

function writeNames(writer: JuteWriter, names: readonly string[]): void {
  writer.writeVector(names, (w, name) => w.writeString(name));
}

function readNames(reader: JuteReader): string[] {
  return reader.readVector((r) => r.readString()) ?? [];
}
