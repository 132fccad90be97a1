/** Quotas of the naive model: texts in the tree, read and written anew with every write. */
import type { NaiveNode } from "./naive-node.ts";

export const QUOTA = "/zookeeper/quota";

type Find = (path: string) => NaiveNode | undefined;

/** The path of the quota that counts for a node: the longest beginning of its path that has limits. */
function quotaFor(find: Find, path: string): string | undefined {
  const names = path.split("/").slice(1);
  return names
    .map((_, i) => `/${names.slice(0, i + 1).join("/")}`)
    .filter((at) => at !== "/" && find(`${QUOTA}${at}/zookeeper_limits`) !== undefined)
    .at(-1);
}

/** The number that a text has for a key, -1 when it has none; undefined when the text makes no sense. */
function numberIn(node: NaiveNode, key: string): number | undefined {
  if (node.data === null) return undefined;
  const text = Buffer.from(node.data).toString("utf8");
  if (!/^(\w+=-?\d+=?([,;]+|$))*$/.test(text)) return undefined;
  const found = text
    .split(/[,;]+/)
    .map((pair) => pair.split("="))
    .findLast(([name]) => name === key);
  return found === undefined ? -1 : Number(found[1]);
}

/** Why a write may not be; 0 if it may. */
export function refusal(find: Find, path: string, nodes: number, bytes: number): 0 | -5 | -125 {
  const quota = quotaFor(find, path);
  const limits = quota === undefined ? undefined : find(`${QUOTA}${quota}/zookeeper_limits`);
  if (limits === undefined) return 0;
  if (numberIn(limits, "count") === undefined) return -5;
  const stats = find(`${QUOTA}${quota}/zookeeper_stats`);
  if (stats === undefined || numberIn(stats, "count") === undefined) return 0;
  for (const [change, is, most] of [
    [nodes, "count", "countHardLimit"],
    [bytes, "bytes", "byteHardLimit"],
  ] as const) {
    const limit = numberIn(limits, most) ?? -1;
    if (change !== 0 && limit >= 0 && (numberIn(stats, is) ?? -1) + change > limit) return -125;
  }
  return 0;
}

/** Adds a write to the statistics of its quota. */
export function count(find: Find, path: string, nodes: number, bytes: number): void {
  const quota = quotaFor(find, path);
  const stats = quota === undefined ? undefined : find(`${QUOTA}${quota}/zookeeper_stats`);
  if (stats === undefined) return;
  const [before, bytesBefore] = [numberIn(stats, "count"), numberIn(stats, "bytes")];
  if (before === undefined || bytesBefore === undefined) return;
  // The steps write no other keys into statistics than these two.
  stats.data = Uint8Array.from(Buffer.from(`count=${before + nodes},bytes=${bytesBefore + bytes}`));
}

/** Fills statistics that were just created. */
export function fill(find: Find, path: string): void {
  const counted = /^\/zookeeper\/quota(\/.*)\/zookeeper_stats$/.exec(path)?.[1];
  const stats = find(path);
  if (counted === undefined || stats === undefined) return;
  const all: NaiveNode[] = [];
  const visit = (node: NaiveNode): void => {
    all.push(node);
    for (const child of Object.values(node.children)) visit(child);
  };
  const top = find(counted);
  if (top !== undefined) visit(top);
  const bytes = all.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
  stats.data = Uint8Array.from(Buffer.from(`count=${all.length},bytes=${bytes}`));
}
