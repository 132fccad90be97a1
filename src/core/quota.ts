/**
 * Quotas, as ZooKeeper keeps them in the tree itself: `/zookeeper/quota<path>/zookeeper_limits` says what the znodes
 * at and below `path` may come to, `zookeeper_stats` beside it what they come to (`Quotas`, `StatsTrack`,
 * `ZooKeeperServer.checkQuota`). The nearest quota above a znode counts, and no other.
 */
import { ErrorCode } from "../protocol/error-code.ts";
import { nodeName, parentPath, ROOT } from "./path.ts";
import type { ZnodeStore } from "./undo-log.ts";

const QUOTA = "/zookeeper/quota";
const LIMITS = "zookeeper_limits";
const STATS = "zookeeper_stats";

/** Numbers of znodes and of bytes of data; -1, as an absent key, is no limit. */
export type QuotaNumbers = Map<string, number>;

/** What ZooKeeper itself writes has some hundred bytes. */
const QUOTA_BYTES_MAX = 1_024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a write adds to the znodes and bytes of those at and below a path. */
interface Difference {
  readonly znodes: number;
  readonly bytes: number;
}

/** The path of the quota that counts for a znode. */
export function quotaOf(store: ZnodeStore, path: string): string | undefined {
  // Most trees have none, and a write must find that out at once.
  if ((store.getZnode(QUOTA)?.numChildren ?? 0) === 0) return undefined;
  for (let at: string | undefined = path; at !== undefined && at !== ROOT; at = parentPath(at)) {
    if (store.getZnode(`${QUOTA}${at}/${LIMITS}`) !== undefined) return at;
  }
  return undefined;
}

/** The error of a write that a hard limit forbids. Soft limits forbid nothing. */
export function checkQuota(
  store: ZnodeStore,
  path: string,
  difference: Difference,
): Exclude<ErrorCode, 0> | undefined {
  const quota = quotaOf(store, path);
  if (quota === undefined) return undefined;
  const limits = numbersAt(store, quota, LIMITS);
  // As in ZooKeeper, where the parser's exception ends the request.
  if (limits === undefined) return ErrorCode.marshallingError;
  const stats = numbersAt(store, quota, STATS);
  if (stats === undefined) return undefined;
  const isOver = (what: string, limit: string, change: number): boolean => {
    const most = limits.get(limit) ?? -1;
    return change !== 0 && most > -1 && (stats.get(what) ?? -1) + change > most;
  };
  return isOver("count", "countHardLimit", difference.znodes) ||
    isOver("bytes", "byteHardLimit", difference.bytes)
    ? ErrorCode.quotaExceeded
    : undefined;
}

/** Counts what a write added. Neither times, versions nor watches of the statistics notice. */
export function countForQuota(store: ZnodeStore, path: string, difference: Difference): void {
  const quota = quotaOf(store, path);
  if (quota === undefined) return;
  const stats = numbersAt(store, quota, STATS);
  if (stats === undefined) return;
  stats.set("count", (stats.get("count") ?? -1) + difference.znodes);
  stats.set("bytes", (stats.get("bytes") ?? -1) + difference.bytes);
  putStats(store, quota, stats);
}

/** Fills statistics that were just created with what there is. */
export function fillQuotaStats(store: ZnodeStore, path: string): void {
  if (!path.startsWith(QUOTA) || nodeName(path) !== STATS) return;
  const counted = path.slice(QUOTA.length, -STATS.length - 1);
  const { znodes, bytes } = store.subtreeTotals(counted === "" ? ROOT : counted);
  const stats = new Map([
    ["count", znodes],
    ["bytes", bytes],
  ]);
  putStats(store, counted, stats);
}

/**
 * Reads `count=5,bytes=100=;byteHardLimit=200;countHardLimit=10`; undefined when it is malformed. The `=` behind the bytes
 * makes parsers from before hard limits ignore what follows.
 */
export function parseQuota(text: string): QuotaNumbers | undefined {
  const numbers: QuotaNumbers = new Map();
  const pairs = text.split(/[,;]+/);
  // As Java's `split` does it: what is empty at the end is not there, what is empty elsewhere is.
  while (pairs.at(-1) === "") pairs.pop();
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    const rest = pair.slice(equals + 1);
    if (equals < 0 || /^=*$/.test(rest)) return undefined;
    const [value = ""] = rest.split("=", 1);
    if (!/^([-+]?\d+)?$/.test(value)) return undefined;
    // One that is too large to be exact is a limit that nothing reaches.
    const number = value === "" ? -1 : Number(value);
    if (Math.abs(number) > 2 ** 63) return undefined;
    numbers.set(pair.slice(0, equals), number);
  }
  return numbers;
}

/** Writes what {@link parseQuota} reads. */
export function formatQuota(numbers: QuotaNumbers): string {
  const first = `count=${numbers.get("count") ?? -1},bytes=${numbers.get("bytes") ?? -1}`;
  const others = [...numbers].filter(([key]) => key !== "count" && key !== "bytes");
  if (others.length === 0) return first;
  const rest = others.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${first}=${rest.map(([key, value]) => `;${key}=${value}`).join("")}`;
}

function numbersAt(store: ZnodeStore, quota: string, name: string): QuotaNumbers | undefined {
  const znode = store.getZnode(`${QUOTA}${quota}/${name}`);
  if (znode === undefined || znode.data === null) return undefined;
  // Anybody may write here, and every write below the quota reads it.
  if (znode.data.length > QUOTA_BYTES_MAX) return undefined;
  return parseQuota(decoder.decode(znode.data));
}

function putStats(store: ZnodeStore, quota: string, stats: QuotaNumbers): void {
  const path = `${QUOTA}${quota}/${STATS}`;
  const znode = store.getZnode(path);
  if (znode === undefined) return;
  store.putZnode(path, { ...znode, data: new Uint8Array(encoder.encode(formatQuota(stats))) });
}
