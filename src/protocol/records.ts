/**
 * The records of `zookeeper.jute` that requests and replies are made of, and the connect handshake.
 * Field names are jute's. 64-bit fields that this project issues are safe integers.
 */
import { JuteError, type JuteReader } from "./jute-reader.ts";
import { JuteWriter } from "./jute-writer.ts";
import { type EventType, KEEPER_STATE_SYNC_CONNECTED, Perms, ReservedXid } from "./op-code.ts";

/** Position of a transaction in a namespace's total order. A safe integer. */
export type Zxid = number;

/** Names a session for its life; never issued twice. A safe integer above 0. */
export type SessionId = number;

/** An identity: `scheme` names the authentication provider, `id` is in that provider's form. */
export interface Id {
  readonly scheme: string;
  readonly id: string;
}

/** One entry of an access control list; `perms` is a sum of `Perms`. */
export interface ACL {
  readonly perms: number;
  readonly id: Id;
}

/** Everyone may do everything (`ZooDefs.Ids`): what nearly every znode has. */
export const OPEN_ACL_UNSAFE: readonly ACL[] = [
  { perms: Perms.all, id: { scheme: "world", id: "anyone" } },
];

/** What a client sees of a znode beside its data (`org.apache.zookeeper.data.Stat`, 68 bytes). */
export interface Stat {
  readonly czxid: Zxid;
  readonly mzxid: Zxid;
  /** Milliseconds since 1970. */
  readonly ctime: number;
  /** Milliseconds since 1970. */
  readonly mtime: number;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly ephemeralOwner: SessionId;
  readonly dataLength: number;
  readonly numChildren: number;
  readonly pzxid: Zxid;
}

export interface RequestHeader {
  readonly xid: number;
  readonly type: number;
}

export interface ReplyHeader {
  readonly xid: number;
  readonly zxid: Zxid;
  readonly err: number;
}

export interface ConnectRequest {
  readonly protocolVersion: number;
  readonly lastZxidSeen: Zxid;
  /** Milliseconds. */
  readonly timeOut: number;
  readonly sessionId: SessionId;
  readonly passwd: Uint8Array | null;
  /** Undefined when the client is too old to send the byte; the response must then lack it too. */
  readonly readOnly: boolean | undefined;
}

export interface ConnectResponse {
  readonly protocolVersion: number;
  /** Negotiated, in milliseconds; 0 says that the session is expired. */
  readonly timeOut: number;
  readonly sessionId: SessionId;
  readonly passwd: Uint8Array | null;
  readonly readOnly: boolean | undefined;
}

export interface WatcherEvent {
  readonly type: EventType;
  readonly state: number;
  readonly path: string;
}

const SCHEMES_WITH_ID: ReadonlySet<string> = new Set(["world", "digest", "ip"]);

export function readRequestHeader(reader: JuteReader): RequestHeader {
  return { xid: reader.readInt(), type: reader.readInt() };
}

export function writeRequestHeader(writer: JuteWriter, header: RequestHeader): void {
  writer.writeInt(header.xid);
  writer.writeInt(header.type);
}

export function readReplyHeader(reader: JuteReader): ReplyHeader {
  return { xid: reader.readInt(), zxid: reader.readLong(), err: reader.readInt() };
}

export function writeReplyHeader(writer: JuteWriter, xid: number, zxid: Zxid, err: number): void {
  writer.writeInt(xid);
  writer.writeLong(zxid);
  writer.writeInt(err);
}

export function readConnectRequest(reader: JuteReader): ConnectRequest {
  return {
    protocolVersion: reader.readInt(),
    lastZxidSeen: reader.readLong(),
    timeOut: reader.readInt(),
    sessionId: reader.readLong(),
    passwd: reader.readBuffer(),
    readOnly: reader.remaining > 0 ? reader.readBool() : undefined,
  };
}

export function writeConnectRequest(writer: JuteWriter, request: ConnectRequest): void {
  writer.writeInt(request.protocolVersion);
  writer.writeLong(request.lastZxidSeen);
  writer.writeInt(request.timeOut);
  writer.writeLong(request.sessionId);
  writer.writeBuffer(request.passwd);
  if (request.readOnly !== undefined) writer.writeBool(request.readOnly);
}

export function readConnectResponse(reader: JuteReader): ConnectResponse {
  return {
    protocolVersion: reader.readInt(),
    timeOut: reader.readInt(),
    sessionId: reader.readLong(),
    passwd: reader.readBuffer(),
    readOnly: reader.remaining > 0 ? reader.readBool() : undefined,
  };
}

export function writeConnectResponse(writer: JuteWriter, response: ConnectResponse): void {
  writer.writeInt(response.protocolVersion);
  writer.writeInt(response.timeOut);
  writer.writeLong(response.sessionId);
  writer.writeBuffer(response.passwd);
  if (response.readOnly !== undefined) writer.writeBool(response.readOnly);
}

export function readStat(reader: JuteReader): Stat {
  return {
    czxid: reader.readLong(),
    mzxid: reader.readLong(),
    ctime: reader.readLong(),
    mtime: reader.readLong(),
    version: reader.readInt(),
    cversion: reader.readInt(),
    aversion: reader.readInt(),
    ephemeralOwner: reader.readLong(),
    dataLength: reader.readInt(),
    numChildren: reader.readInt(),
    pzxid: reader.readLong(),
  };
}

export function writeStat(writer: JuteWriter, stat: Stat): void {
  writer.writeLong(stat.czxid);
  writer.writeLong(stat.mzxid);
  writer.writeLong(stat.ctime);
  writer.writeLong(stat.mtime);
  writer.writeInt(stat.version);
  writer.writeInt(stat.cversion);
  writer.writeInt(stat.aversion);
  writer.writeLong(stat.ephemeralOwner);
  writer.writeInt(stat.dataLength);
  writer.writeInt(stat.numChildren);
  writer.writeLong(stat.pzxid);
}

export function readACL(reader: JuteReader): ACL {
  const perms = reader.readInt();
  // A null scheme is one that nobody knows. A null id is read by the schemes that have a use for it, and there it is
  // malformed; some clients send it with `auth`, which has none.
  const scheme = reader.readNullableString() ?? "";
  const id = reader.readNullableString();
  if (id === null && SCHEMES_WITH_ID.has(scheme)) throw new JuteError(`${scheme} with a null id`);
  return { perms, id: { scheme, id: id ?? "" } };
}

/** A list of them, or null. The open one is known by its bytes, which spares nearly every create the decoding. */
export function readACLs(reader: JuteReader): readonly ACL[] | null {
  return reader.skip(OPEN_ACL_BYTES) ? OPEN_ACL_UNSAFE : reader.readVector(readACL);
}

export function writeACL(writer: JuteWriter, acl: ACL): void {
  writer.writeInt(acl.perms);
  writer.writeString(acl.id.scheme);
  writer.writeString(acl.id.id);
}

/** Reads the body of a notification; its header is a {@link ReplyHeader} with xid -1. */
export function readWatcherEvent(reader: JuteReader): WatcherEvent {
  return {
    type: reader.readInt() as EventType,
    state: reader.readInt(),
    path: reader.readString(),
  };
}

/** Writes a whole notification frame. Its zxid is -1, as of every ZooKeeper before 3.9. */
export function writeNotificationFrame(writer: JuteWriter, type: EventType, path: string): void {
  const frame = writer.beginFrame();
  writeReplyHeader(writer, ReservedXid.notification, -1, 0);
  writer.writeInt(type);
  writer.writeInt(KEEPER_STATE_SYNC_CONNECTED);
  writer.writeString(path);
  writer.endFrame(frame);
}

const OPEN_ACL_BYTES = /* @__PURE__ */ encodeACLs(OPEN_ACL_UNSAFE);

function encodeACLs(acl: readonly ACL[]): Uint8Array {
  const writer = new JuteWriter();
  writer.writeVector(acl, writeACL);
  return writer.toBytes();
}
