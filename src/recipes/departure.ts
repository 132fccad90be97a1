/**
 * Waiting for znodes to go. A one-shot watch cannot be taken back, so all who wait for a znode in a session
 * share one: those who give up and begin again while somebody holds on for long would otherwise leave one
 * behind each time.
 */
import { NoNodeError, type Session, type ZooKeeper } from "../client/index.ts";
import { optionsOf } from "./contender.ts";
import type { Patience } from "./patience.ts";

/** Ends the wait, with an error or without. */
type Waiter = (error?: unknown) => void;

const waitersOf = new WeakMap<Session, Map<string, Set<Waiter>>>();

/** Waits until a znode has gone, or its data has changed. @throws the error when it cannot be watched. */
export function whenGone(
  zk: ZooKeeper,
  session: Session,
  path: string,
  patience: Patience,
): Promise<void> {
  const waiters = waitersFor(zk, session, path);
  const gone = new Promise<void>((resolve, reject) => {
    const waiter: Waiter = (error) => (error === undefined ? resolve() : reject(error));
    waiters.add(waiter);
    patience.signal.addEventListener("abort", () => waiters.delete(waiter));
  });
  return patience.wait(gone);
}

/** Those who wait for a znode; the first of them makes that there is a watch. */
function waitersFor(zk: ZooKeeper, session: Session, path: string): Set<Waiter> {
  const paths = waitersOf.get(session) ?? new Map<string, Set<Waiter>>();
  waitersOf.set(session, paths);
  const known = paths.get(path);
  if (known !== undefined) return known;
  const waiters = new Set<Waiter>();
  paths.set(path, waiters);
  const end: Waiter = (error) => {
    paths.delete(path);
    for (const waiter of waiters) waiter(error);
  };
  // Unlike exists, getData leaves no watch behind on what is gone already.
  zk.getData(path, { ...optionsOf(session), watch: () => end() }).catch((error: unknown) =>
    end(error instanceof NoNodeError ? undefined : error),
  );
  return waiters;
}
