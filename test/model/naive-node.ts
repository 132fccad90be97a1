/** The nodes of the naive tree, and which paths they may have. */
import type { ACL, Stat } from "../../src/protocol/records.ts";

export interface NaiveNode {
  data: Uint8Array | null;
  acl: readonly ACL[];
  children: Record<string, NaiveNode>;
  /** The session that an ephemeral lives with. */
  owner: number;
  container: boolean;
  /** Milliseconds; 0 for none. */
  ttl: number;
  czxid: number;
  mzxid: number;
  pzxid: number;
  ctime: number;
  mtime: number;
  version: number;
  cversion: number;
  aversion: number;
  /** Children ever created: the number of the next sequential one. */
  created: number;
}

export function emptyNode(acl: readonly ACL[]): NaiveNode {
  return {
    data: new Uint8Array(0),
    acl,
    children: {},
    owner: 0,
    container: false,
    ttl: 0,
    czxid: 0,
    mzxid: 0,
    pzxid: 0,
    ctime: 0,
    mtime: 0,
    version: 0,
    cversion: 0,
    aversion: 0,
    created: 0,
  };
}

export function statOf(node: NaiveNode): Stat {
  return {
    czxid: node.czxid,
    mzxid: node.mzxid,
    ctime: node.ctime,
    mtime: node.mtime,
    version: node.version,
    cversion: node.cversion,
    aversion: node.aversion,
    ephemeralOwner: node.owner,
    dataLength: node.data === null ? 0 : node.data.length,
    numChildren: Object.keys(node.children).length,
    pzxid: node.pzxid,
  };
}

export function isValid(path: string): boolean {
  if (path === "/") return true;
  // oxlint-disable-next-line no-control-regex -- These are the characters that a path may not have.
  if (!/^(\/[^/\0-\x1f\x7f-\x9f\ud800-\uf8ff\ufff0-\uffff]+)+$/.test(path)) return false;
  return !path.split("/").some((name) => name === "." || name === "..");
}
