/**
 * The requests that are about watches alone (`DataTree`, `FinalRequestProcessor`). None of them needs a permission, or a
 * znode.
 */
import { ErrorCode } from "../protocol/error-code.ts";
import { AddWatchMode, EventType, OpCode, WatcherType } from "../protocol/op-code.ts";
import type {
  AddWatchRequest,
  Request,
  SetWatchesRequest,
  WatchesRequest,
} from "../protocol/requests.ts";
import { type Answer, type Client, failure } from "./outcome.ts";
import { find } from "./read-requests.ts";
import type { Store } from "./store.ts";
import type { NotifyWatcher, WatchManager, WatchMode } from "./watch-manager.ts";

const { ok } = ErrorCode;

/**
 * Restores watches after a reconnect. What changed meanwhile fires at once, but for persistent watches, which have no
 * memory of what they missed.
 */
export function setWatches(
  store: Store,
  watches: WatchManager,
  request: SetWatchesRequest,
  client: Client,
  notify: NotifyWatcher,
): Answer {
  const { type, relativeZxid } = request;
  for (const path of request.dataWatches) {
    const znode = find(store, path);
    if (znode === undefined) notify(client, EventType.nodeDeleted, path);
    else if (znode.mzxid > relativeZxid) notify(client, EventType.nodeDataChanged, path);
    else watches.add("data", path, client);
  }
  for (const path of request.existWatches) {
    if (find(store, path) !== undefined) notify(client, EventType.nodeCreated, path);
    else watches.add("data", path, client);
  }
  for (const path of request.childWatches) {
    const znode = find(store, path);
    if (znode === undefined) notify(client, EventType.nodeDeleted, path);
    else if (znode.pzxid > relativeZxid) notify(client, EventType.nodeChildrenChanged, path);
    else watches.add("child", path, client);
  }
  for (const path of request.persistentWatches ?? []) {
    addBoth(watches, path, client, "persistent");
  }
  for (const path of request.persistentRecursiveWatches ?? []) {
    addBoth(watches, path, client, "recursive");
  }
  return { err: ok, reply: { type } };
}

/** Watches that a request would set, at most. */
export function watchesWanted(request: Request): number {
  switch (request.type) {
    case OpCode.exists:
    case OpCode.getData:
    case OpCode.getChildren:
    case OpCode.getChildren2:
      return request.watch ? 1 : 0;
    case OpCode.addWatch:
      return 2;
    case OpCode.setWatches:
    case OpCode.setWatches2: {
      const { persistentWatches = [], persistentRecursiveWatches = [] } = request;
      const oneShot =
        request.dataWatches.length + request.existWatches.length + request.childWatches.length;
      return oneShot + 2 * (persistentWatches.length + persistentRecursiveWatches.length);
    }
    default:
      return 0;
  }
}

export function addWatch(watches: WatchManager, request: AddWatchRequest, client: Client): Answer {
  const { type, path, mode } = request;
  if (mode !== AddWatchMode.persistent && mode !== AddWatchMode.persistentRecursive) {
    return failure(ErrorCode.marshallingError);
  }
  addBoth(watches, path, client, mode === AddWatchMode.persistent ? "persistent" : "recursive");
  return { err: ok, reply: { type } };
}

export function checkWatches(watches: WatchManager, request: WatchesRequest): Answer {
  const { type, path } = request;
  const watcherType = watcherTypeOf(request);
  // It goes through the path's ancestors (`PathParentIterator`), and falls over one that has no slash.
  if (watcherType === undefined || (path !== "" && !path.includes("/"))) {
    return failure(ErrorCode.marshallingError);
  }
  if (path === "" || !watches.has(watcherType, path)) return failure(ErrorCode.noWatcher);
  return { err: ok, reply: { type } };
}

export function removeWatches(
  watches: WatchManager,
  request: WatchesRequest,
  client: Client,
): Answer {
  const { type, path } = request;
  const watcherType = watcherTypeOf(request);
  if (watcherType === undefined) return failure(ErrorCode.marshallingError);
  if (!watches.remove(watcherType, path, client)) return failure(ErrorCode.noWatcher);
  return { err: ok, reply: { type } };
}

function addBoth(watches: WatchManager, path: string, client: Client, mode: WatchMode): void {
  watches.add("child", path, client, mode);
  watches.add("data", path, client, mode);
}

function watcherTypeOf({ watcherType }: WatchesRequest): WatcherType | undefined {
  return Object.values(WatcherType).find((known) => known === watcherType);
}
