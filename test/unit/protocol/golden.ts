/**
 * The golden table: frames captured from a real ZooKeeper 3.8.0 and its clients, and what they say, decoded by a codec
 * that shares nothing with ours (test/golden/jute-tables.ts). This module turns that codec's plain JSON (a buffer is
 * hex, a long is decimal text) into our records, by the names of the fields alone.
 */
import { readFileSync } from "node:fs";
import { OpCode } from "../../../src/protocol/op-code.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = { readonly [name: string]: Json };

export interface GoldenEntry {
  readonly name: string;
  readonly op: string;
  readonly direction: "request" | "reply" | "event";
  readonly from: "java" | "kazoo" | "raw";
  readonly hex: string;
  /** Null when even a real server cannot decode it. */
  readonly decoded: { readonly header?: JsonObject; readonly body: JsonObject | null } | null;
}

const file = new URL("../../golden/zookeeper-3.8.0.json", import.meta.url);

export const golden: readonly GoldenEntry[] = JSON.parse(readFileSync(file, "utf8"));

/** The type that an entry's op has on the wire; undefined for a connect request, an event or an unknown op. */
export function typeOf(entry: GoldenEntry): number | undefined {
  return (OpCode as Readonly<Record<string, number>>)[entry.op];
}

export function idOf(entry: GoldenEntry): string {
  return `${entry.name} ${entry.op} ${entry.direction}`;
}

const BUFFERS = new Set(["data", "auth", "passwd", "token", "config"]);
const LONGS = new Set([
  "zxid",
  "lastZxidSeen",
  "sessionId",
  "relativeZxid",
  "czxid",
  "mzxid",
  "pzxid",
  "ctime",
  "mtime",
  "ephemeralOwner",
  "ttl",
  "curConfigId",
]);

/** One of our records, from the golden JSON of it. */
export function toRecord(json: JsonObject): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [name, toField(name, value)]),
  );
}

function toField(name: string, value: Json): unknown {
  if (typeof value === "string") {
    if (LONGS.has(name)) return Number(value);
    if (BUFFERS.has(name)) return new Uint8Array(Buffer.from(value, "hex"));
    return value;
  }
  if (Array.isArray(value)) {
    const list: readonly Json[] = value;
    return list.map((element) => toField("", element));
  }
  return value !== null && typeof value === "object" ? toRecord(value as JsonObject) : value;
}

/** Our request, or body of a reply, from an entry: tagged with its type. */
export function toTagged(type: number, body: JsonObject | null): Record<string, unknown> {
  if (type === OpCode.multi || type === OpCode.multiRead) {
    const [[name, parts] = ["ops", []]] = Object.entries(body ?? {});
    const list = parts as readonly { header: { type: number }; body: JsonObject | null }[];
    return { type, [name]: list.map((part) => toTagged(part.header.type, part.body)) };
  }
  const { type: inner, ...fields } = toRecord(body ?? {});
  // The two kinds of request that have a field of this name themselves.
  if (inner !== undefined) fields[type === OpCode.auth ? "authType" : "watcherType"] = inner;
  return type === OpCode.addWatch && "err" in fields ? { type } : { ...fields, type };
}

/**
 * The hex that our encoder must give for an entry. It is the captured one, but that a long beyond the safe integers
 * (ids of a real server's sessions are) comes out as the nearest number: our reader has rounded it.
 */
export function expectedHex(entry: GoldenEntry): string {
  let { hex } = entry;
  for (const [, text = ""] of JSON.stringify(entry.decoded).matchAll(
    /"(?:sessionId|ephemeralOwner)":"(-?\d+)"/g,
  )) {
    hex = hex.replace(hex64(BigInt(text)), hex64(BigInt(Number(text))));
  }
  return hex;
}

function hex64(value: bigint): string {
  return BigInt.asUintN(64, value).toString(16).padStart(16, "0");
}
