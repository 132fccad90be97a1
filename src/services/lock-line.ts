/**
 * Who holds a lock, and who wants it.
 */
import { NoNodeError, type ZooKeeper } from "../client/index.ts";
import { childPath, nodeName } from "../core/path.ts";
import { Lock, ReadWriteLock, Semaphore } from "../recipes/index.ts";
import type { LockContender, LockMode } from "./call.ts";

/** Those behind them are not told about. */
const WAITERS_MAX = 1_000;

const HOLDER_LENGTH_MAX = 256;

/** What stands for whoever reads, in the names of `ReadWriteLock`. */
const READER = /__READ__|__rlock__/;

const decoder = new TextDecoder();

export interface Contender extends LockContender {
  readonly path: string;
  readonly sessionId: number;
}

export interface LockLine {
  readonly holders: readonly Contender[];
  readonly waiters: readonly Contender[];
}

/** The recipe of a mode. */
export function lockOf(
  zk: ZooKeeper,
  path: string,
  mode: LockMode,
  holder: string | undefined,
): Pick<Lock, "acquire" | "tryAcquire"> {
  if (typeof mode === "object")
    return new Semaphore(zk, path, { leases: mode.permits, id: holder });
  if (mode === "shared") return new ReadWriteLock(zk, path, { id: holder }).read;
  return new Lock(zk, path, { id: holder });
}

/** First come first. */
export async function readLine(zk: ZooKeeper, path: string, mode: LockMode): Promise<LockLine> {
  if (typeof mode === "object") {
    const [leases, waiting] = await Promise.all([
      new Lock(zk, childPath(path, "leases")).contenders(),
      new Lock(zk, childPath(path, "locks")).contenders(),
    ]);
    // One more may be there: that of the first in the line, who waits for one of the others to go.
    return await lookAt(zk, leases.slice(0, mode.permits), waiting);
  }
  const line = await new Lock(zk, path).contenders();
  let holding = 0;
  while (holding < line.length && READER.test(nodeName(line[holding] as string))) holding += 1;
  // The first one holds it: alone, or with all who read and come before anybody who writes.
  holding = Math.max(holding, 1);
  return await lookAt(zk, line.slice(0, holding), line.slice(holding));
}

/** Whether who comes now would have to wait. */
export function isInTheWay({ holders, waiters }: LockLine, mode: LockMode): boolean {
  if (waiters.length > 0) return true;
  if (typeof mode === "object") return holders.length >= mode.permits;
  if (mode === "exclusive") return holders.length > 0;
  return !holders.every(({ path }) => READER.test(nodeName(path)));
}

async function lookAt(
  zk: ZooKeeper,
  holders: readonly string[],
  waiters: readonly string[],
): Promise<LockLine> {
  const [holding, waiting] = await Promise.all([
    contendersAt(zk, holders),
    contendersAt(zk, waiters.slice(0, WAITERS_MAX)),
  ]);
  return { holders: holding, waiters: waiting };
}

async function contendersAt(zk: ZooKeeper, paths: readonly string[]): Promise<Contender[]> {
  const found = await Promise.all(paths.map((path) => contenderAt(zk, path)));
  return found.filter((contender) => contender !== undefined);
}

/** Undefined for one that has gone meanwhile. */
async function contenderAt(zk: ZooKeeper, path: string): Promise<Contender | undefined> {
  try {
    const { data, stat } = await zk.getData(path);
    const holder = data && decoder.decode(data).slice(0, HOLDER_LENGTH_MAX);
    const sessionId = Number(stat.ephemeralOwner);
    return { path, holder, token: stat.czxid, sinceMs: stat.ctime, sessionId };
  } catch (error) {
    if (error instanceof NoNodeError) return undefined;
    throw error;
  }
}

/** What callers are told of a contender. */
export function shown({ holder, token, sinceMs }: Contender): LockContender {
  return { holder, token, sinceMs };
}
