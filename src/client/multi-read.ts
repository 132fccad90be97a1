/**
 * A multiRead: several reads in one request.
 */
import { JuteError, type JuteReader } from "../protocol/jute-reader.ts";
import { readMultiHeader } from "../protocol/multi-ops.ts";
import { OpCode } from "../protocol/op-code.ts";
import type { ReadOp } from "../protocol/request-records.ts";
import type { Chroot } from "./chroot.ts";
import { errorOf, type ZooKeeperError } from "./errors.ts";
import type { GetDataResult } from "./operation-options.ts";
import { readData, readNames } from "./reply-bodies.ts";

export type Read =
  | { readonly type: "getData"; readonly path: string }
  | { readonly type: "getChildren"; readonly path: string };

export type MultiReadResults<Reads extends readonly Read[]> = {
  -readonly [Index in keyof Reads]:
    | (Reads[Index]["type"] extends "getData" ? GetDataResult : string[])
    | ZooKeeperError;
};

export function toReadOp({ type, path }: Read, chroot: Chroot): ReadOp {
  return { type: OpCode[type], path: chroot.hide(path), watch: false };
}

export function readResults(reader: JuteReader, reads: readonly Read[]): unknown[] {
  const results: unknown[] = [];
  for (let header = readMultiHeader(reader); !header.done; header = readMultiHeader(reader)) {
    switch (header.type) {
      case OpCode.error:
        results.push(errorOf(reader.readInt(), { path: reads[results.length]?.path }));
        break;
      case OpCode.getData:
        results.push(readData(reader));
        break;
      case OpCode.getChildren:
        results.push(readNames(reader));
        break;
      default:
        throw new JuteError(`result of type ${header.type}`);
    }
  }
  return results;
}
