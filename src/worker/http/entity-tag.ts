/**
 * Entity tags: `"version-zxid"`. The version is what ZooKeeper compares; the zxid tells a znode from one that was created anew in its place and has
 * come to the same version. A precondition may also name a version alone.
 */
import { invalid, ProblemError } from "./problem.ts";

export interface Tag {
  readonly version: number;
  /** Undefined for a version alone. */
  readonly zxid: number | undefined;
}

export function entityTag(version: number, zxid: number): string {
  return `"${version}-${zxid}"`;
}

const TAG = /^(?:W\/)?"(\d{1,10})(?:-(\d{1,16}))?"$/;

/** What `If-Match` asks for: a tag, `*`, or nothing. */
export function ifMatch(header: string | undefined): Tag | "*" | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === "*") return "*";
  const match = TAG.exec(header.trim());
  if (match === null || header.startsWith("W/")) {
    throw invalid({ in: "header", name: "if-match", message: 'one entity tag, "version", or *' });
  }
  return { version: Number(match[1]), zxid: match[2] === undefined ? undefined : Number(match[2]) };
}

/** Whether `If-None-Match` names the tag: then there is nothing new. */
export function isKnown(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  const tags = header.split(",").map((one) => one.trim().replace(/^W\//, ""));
  return tags.includes("*") || tags.includes(tag);
}

/** The zxid of the one tag that `If-None-Match` names. */
export function knownZxid(header: string | undefined): number | undefined {
  const zxid = TAG.exec(header?.trim() ?? "")?.[2];
  return zxid === undefined ? undefined : Number(zxid);
}

/** The znode is not the one that the caller knows, whatever its version. */
export function otherZnode(path: string): ProblemError {
  const detail = "the znode has changed since the entity tag was given";
  return new ProblemError(412, { name: "BadVersion", code: -103, detail, path });
}
