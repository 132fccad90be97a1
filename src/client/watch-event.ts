/**
 * What watches tell.
 */
import type { ZooKeeperError } from "./errors.ts";

export type NodeEventType =
  | "NodeCreated"
  | "NodeDeleted"
  | "NodeDataChanged"
  | "NodeChildrenChanged";

/** Something happened to a znode. */
export interface NodeEvent {
  readonly type: NodeEventType;
  readonly path: string;
  /** Of the change, where the server says it (3.9 and newer); otherwise -1. */
  readonly zxid: number;
}

/**
 * Events may have been missed: read again what you watch. The first event of every stream, and another one after each
 * reconnect and whenever too many events waited to be read.
 */
export interface ResyncEvent {
  readonly type: "Resync";
  /** The path that is watched. */
  readonly path: string;
}

/**
 * The session is over, and the watch with it: the last event of a one-shot watch that saw none. The error is
 * `SessionExpiredError`, `ConnectionClosedError` or `AuthFailedError`.
 */
export interface SessionLostEvent {
  readonly type: "SessionLost";
  /** The path that was watched. */
  readonly path: string;
  readonly error: ZooKeeperError;
}

/** Called once. It must not throw: an exception in it is reported like any that nobody catches. */
export type Watcher = (event: NodeEvent | SessionLostEvent) => void;

/**
 * Events of a persistent watch, in order, for `for await`.
 *
 * It ends with the session: reading it then throws `SessionExpiredError`. Leaving the loop removes the watch.
 */
export interface WatchStream extends AsyncIterableIterator<NodeEvent | ResyncEvent, undefined> {
  return(): Promise<IteratorResult<NodeEvent | ResyncEvent, undefined>>;
  [Symbol.asyncIterator](): WatchStream;
}
