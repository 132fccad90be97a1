/**
 * Bodies of replies that more than one operation has.
 */
import type { JuteReader } from "../protocol/jute-reader.ts";
import type { GetDataResult } from "./operation-options.ts";
import { readStat } from "./stat.ts";

export function readData(reader: JuteReader): GetDataResult {
  // A copy: the reply may be a small part of a large message.
  return { data: reader.readBuffer()?.slice() ?? null, stat: readStat(reader) };
}

export function readNames(reader: JuteReader): string[] {
  return reader.readVector((r) => r.readString()) ?? [];
}
