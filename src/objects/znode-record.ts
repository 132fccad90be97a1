/**
 * A znode as the bytes that the database keeps of it. One value instead of a column a field: what a statement costs
 * grows with the values that it binds, and no query looks into a znode.
 */
import { OPEN_ACL_UNSAFE } from "../core/acl.ts";
import type { Znode } from "../core/znode.ts";
import { JuteReader } from "../protocol/jute-reader.ts";
import type { JuteWriter } from "../protocol/jute-writer.ts";
import { type ACL, readACL, writeACL } from "../protocol/records.ts";

/** Data above this is kept beside the record: some more, and a row would spill out of its page of 4 KB. */
const INLINE_BYTES_MAX = 800;

/** What follows the numbers. None is set for empty data and an open ACL. */
const Flags = {
  hasACL: 1,
  hasData: 2,
  /** The data is kept beside the record. */
  isLarge: 4,
  /** Null data is not the same as empty. */
  isNull: 8,
  isContainer: 16,
  hasTTL: 32,
} as const;

/** Whether the data of a znode is kept beside its record. */
export function isLarge(znode: Znode | null | undefined): boolean {
  const data = znode?.data;
  return !!data && data.length > INLINE_BYTES_MAX;
}

export function writeZnodeRecord(writer: JuteWriter, znode: Znode): void {
  const { acl, data } = znode;
  const flags = flagsOf(znode);
  writer.writeInt(flags);
  writer.writeLong(znode.czxid);
  writer.writeLong(znode.mzxid);
  writer.writeLong(znode.pzxid);
  writer.writeLong(znode.ctime);
  writer.writeLong(znode.mtime);
  writer.writeInt(znode.version);
  writer.writeInt(znode.aversion);
  writer.writeInt(znode.childrenCreated);
  writer.writeInt(znode.numChildren);
  writer.writeLong(znode.ephemeralOwner);
  if (flags & Flags.hasTTL) writer.writeLong(znode.ttlMs);
  if (flags & Flags.hasData) writer.writeBuffer(data);
  else if (flags & Flags.isLarge) writer.writeInt(data?.length ?? 0);
  if (flags & Flags.hasACL) writer.writeVector(acl, writeACL);
}

/** Reads a record; `loadLargeData` is called when its data is kept beside it. */
export function readZnodeRecord(
  bytes: Uint8Array<ArrayBuffer>,
  loadLargeData: () => Uint8Array<ArrayBuffer>,
): Znode {
  const reader = new JuteReader(bytes);
  const flags = reader.readInt();
  return {
    czxid: reader.readLong(),
    mzxid: reader.readLong(),
    pzxid: reader.readLong(),
    ctime: reader.readLong(),
    mtime: reader.readLong(),
    version: reader.readInt(),
    aversion: reader.readInt(),
    childrenCreated: reader.readInt(),
    numChildren: reader.readInt(),
    ephemeralOwner: reader.readLong(),
    isContainer: (flags & Flags.isContainer) !== 0,
    ttlMs: flags & Flags.hasTTL ? reader.readLong() : 0,
    data: readData(reader, flags, loadLargeData),
    acl: flags & Flags.hasACL ? readStoredACL(reader) : OPEN_ACL_UNSAFE,
  };
}

/** Bytes of a record without data, ACL and TTL: flags, five 64-bit numbers, four of 32 bits, and the owner. */
export const EMPTY_RECORD_BYTES = 4 + 5 * 8 + 4 * 4 + 8;

const TTL_BYTES = 8;

/** Bytes of data that the znode of a record has, here or beside it. */
export function readDataLength(bytes: Uint8Array<ArrayBuffer>): number {
  const flags = new JuteReader(bytes).readInt();
  if (!(flags & (Flags.hasData | Flags.isLarge))) return 0;
  const at = EMPTY_RECORD_BYTES + (flags & Flags.hasTTL ? TTL_BYTES : 0);
  return new JuteReader(bytes.subarray(at)).readInt();
}

function flagsOf({ acl, data, isContainer, ttlMs }: Znode): number {
  const flags =
    (acl === OPEN_ACL_UNSAFE ? 0 : Flags.hasACL) |
    (isContainer ? Flags.isContainer : 0) |
    (ttlMs > 0 ? Flags.hasTTL : 0);
  if (data === null) return flags | Flags.isNull;
  if (data.length === 0) return flags;
  return flags | (data.length > INLINE_BYTES_MAX ? Flags.isLarge : Flags.hasData);
}

function readStoredACL(reader: JuteReader): readonly ACL[] {
  return reader.readVector(readACL) ?? [];
}

function readData(
  reader: JuteReader,
  flags: number,
  loadLargeData: () => Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> | null {
  if (flags & Flags.isNull) return null;
  if (flags & Flags.isLarge) {
    reader.readInt();
    return loadLargeData();
  }
  if (!(flags & Flags.hasData)) return new Uint8Array(0);
  // A copy: a view would keep the whole record alive with it.
  return new Uint8Array(reader.readBuffer() ?? []);
}
