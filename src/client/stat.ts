/**
 * The Stat that a client sees. Unlike the server's own it holds any owner: session ids of a real ZooKeeper take all
 * 64 bits. (Its zxids have an epoch in the high half, and stay safe integers for two million elections.)
 */
import type { JuteReader } from "../protocol/jute-reader.ts";
import type { Stat as WireStat } from "../protocol/records.ts";

export interface Stat extends Omit<WireStat, "ephemeralOwner"> {
  /** Id of the session that an ephemeral znode belongs to; 0n for every other znode. */
  readonly ephemeralOwner: bigint;
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
    ephemeralOwner: readLongBits(reader),
    dataLength: reader.readInt(),
    numChildren: reader.readInt(),
    pzxid: reader.readLong(),
  };
}

/** All 64 bits of a long, unsigned, as ZooKeeper prints session ids. */
export function readLongBits(reader: JuteReader): bigint {
  const high = reader.readInt() >>> 0;
  const low = reader.readInt() >>> 0;
  return high === 0 && low === 0 ? 0n : (BigInt(high) << 32n) | BigInt(low);
}
