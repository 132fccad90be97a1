/**
 * Ends containers that have lost their last child and znodes whose time to live is over (`ContainerManager`): looks once
 * an interval, while there is anything to look for.
 */
import type { Znode } from "./znode.ts";

/** Znodes that one check deletes at most; as in ZooKeeper, what is left waits for the next one. */
const REAPED_MAX = 10_000;

export interface ReaperOptions {
  /** Paths of all containers and znodes with a TTL. */
  readonly paths: () => readonly string[];
  /** Reads these znodes, all at once where they are not in memory. */
  readonly prefetch: (paths: readonly string[]) => void;
  readonly getZnode: (path: string) => Znode | undefined;
  readonly reap: (path: string) => void;
}

/**
 * Deletes what is due. Returns when the next of what is left is due unless it changes before, in milliseconds since
 * 1970; undefined for never.
 */
export function reapDue(options: ReaperOptions, nowMs: number): number | undefined {
  const paths = options.paths();
  options.prefetch(paths);
  let reaped = 0;
  let nextMs: number | undefined;
  for (const path of paths) {
    const znode = options.getZnode(path);
    if (znode === undefined || !mayBecomeDue(znode)) continue;
    const dueMs = znode.isContainer ? nowMs : znode.mtime + znode.ttlMs + 1;
    if (dueMs <= nowMs && reaped < REAPED_MAX) {
      options.reap(path);
      reaped += 1;
    } else {
      nextMs = Math.min(nextMs ?? dueMs, dueMs);
    }
  }
  return nextMs;
}

/** Whether a znode will be due some time if nothing happens to it. */
export function mayBecomeDue(znode: Znode): boolean {
  if (znode.numChildren > 0) return false;
  // One that never had a child was just made, for somebody who is about to use it.
  return znode.ttlMs > 0 || (znode.isContainer && znode.childrenCreated !== 0);
}
