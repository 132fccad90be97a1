/**
 * A lock for testing the fault harness itself: the plainest one that is right, and versions of it with a bug each, all
 * of which locks have had in the wild. Whoever breaks the harness so that it does not see them any more fails its tests.
 */
import { NoNodeError, type OperationOptions, type ZooKeeper } from "../../src/client/index.ts";
import type { Releasable } from "./workloads/held-resource.ts";

export type SketchBug =
  | "none"
  /** Goes on after its session is lost. */
  | "ignoresSessionLoss"
  /** Takes whoever comes for the first in line. */
  | "waitsForNobody"
  /** Takes the one before it for all. */
  | "checksOnlyOnce"
  /** A create whose reply was lost is done again, and the first one stands in the way. */
  | "leavesOrphans"
  /** Waits for a predecessor that has left before the watch was set. */
  | "missesWakeUps"
  /** Watches over a znode of a session that is over (CURATOR-604). */
  | "outlivesItsSession"
  /** Gives the token of the lock's path, which never changes. */
  | "repeatsTokens";

export const SKETCH_BUGS: readonly SketchBug[] = [
  "ignoresSessionLoss",
  "waitsForNobody",
  "checksOnlyOnce",
  "leavesOrphans",
  "missesWakeUps",
  "outlivesItsSession",
  "repeatsTokens",
];

const PARENT = "/sketch";

export async function acquireSketchLock(zk: ZooKeeper, bug: SketchBug): Promise<Releasable> {
  const session = await zk.whenConnected();
  const ofSession: OperationOptions = { session, timeoutMs: Infinity };
  const options = bug === "outlivesItsSession" ? { timeoutMs: Infinity } : ofSession;
  await zk.ensurePath(PARENT, options);
  const { path, stat } = await createOnce(zk, bug, options);
  try {
    await waitForTurn(zk, path, bug, options);
  } catch (error) {
    await remove(zk, path, ofSession);
    throw error;
  }
  return {
    check: () => ({ type: "check", path, version: -1 }),
    token: bug === "repeatsTokens" ? 1 : stat.czxid,
    signal: bug === "ignoresSessionLoss" ? new AbortController().signal : session.signal,
    release: () => remove(zk, path, ofSession),
  };
}

async function createOnce(
  zk: ZooKeeper,
  bug: SketchBug,
  options: OperationOptions,
): ReturnType<ZooKeeper["create"]> {
  const protection = bug !== "leavesOrphans";
  const asked = { ...options, mode: "ephemeralSequential", protection } as const;
  return await zk.create(`${PARENT}/lock-`, null, asked);
}

async function waitForTurn(
  zk: ZooKeeper,
  path: string,
  bug: SketchBug,
  options: OperationOptions,
): Promise<void> {
  const name = path.slice(PARENT.length + 1);
  for (;;) {
    const { children } = await zk.getChildren(PARENT, options);
    const line = children.sort((a, b) => a.slice(-10).localeCompare(b.slice(-10)));
    const ahead = bug === "outlivesItsSession" && !line.includes(name) ? 0 : line.indexOf(name);
    if (ahead === -1) throw new NoNodeError(-101, { path });
    if (ahead === 0 || bug === "waitsForNobody") return;
    await gone(zk, `${PARENT}/${line[ahead - 1]}`, bug, options);
    if (bug === "checksOnlyOnce") return;
  }
}

async function gone(
  zk: ZooKeeper,
  path: string,
  bug: SketchBug,
  options: OperationOptions,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const watch = (): void => resolve();
    zk.exists(path, { ...options, watch }).then((stat) => {
      // Where it is gone already, the watch waits for its return.
      if (stat === undefined && bug !== "missesWakeUps") resolve();
    }, reject);
  });
}

async function remove(zk: ZooKeeper, path: string, options: OperationOptions): Promise<void> {
  for (;;) {
    try {
      await zk.delete(path, options);
      return;
    } catch (error) {
      const isUnknown = (error as { outcome?: unknown }).outcome === "unknown";
      if (!isUnknown || zk.session !== options.session) return;
    }
  }
}
