/**
 * The requests that only look (`FinalRequestProcessor`). Reads never validate a path: one that no znode can have is
 * simply not found.
 */
import { ErrorCode } from "../protocol/error-code.ts";
import { OpCode, Perms } from "../protocol/op-code.ts";
import type { ReadResult } from "../protocol/replies.ts";
import type {
  GetACLRequest,
  GetAllChildrenNumberRequest,
  GetEphemeralsRequest,
  MultiReadRequest,
  ReadOp,
  WatchableRequest,
} from "../protocol/requests.ts";
import { maskDigests, permits } from "./acl.ts";
import { userOf } from "./auth.ts";
import { covers } from "./grant.ts";
import { type Answer, type Client, failure } from "./outcome.ts";
import { ROOT } from "./path.ts";
import type { Store } from "./store.ts";
import type { WatchManager } from "./watch-manager.ts";
import { statOf, type Znode } from "./znode.ts";

const { ok } = ErrorCode;

/** ZooKeeper's map of znodes holds the root under "" as well, so a read of "" finds it. */
export function find(store: Store, path: string): Znode | undefined {
  return store.getZnode(path === "" ? ROOT : path);
}

export function read(
  store: Store,
  watches: WatchManager,
  request: WatchableRequest,
  client: Client,
  childrenMax: number,
): Answer {
  const { path } = request;
  if (request.type === OpCode.exists && path.includes("\0")) {
    return failure(ErrorCode.badArguments);
  }
  const znode = find(store, path);
  if (znode === undefined) {
    if (request.type === OpCode.exists && request.watch) watches.add("data", path, client);
    return failure(ErrorCode.noNode);
  }
  // Up to 3.8.3, exists needs no permission.
  if (request.type !== OpCode.exists && !permits(znode.acl, Perms.read, client.authIds)) {
    return failure(ErrorCode.noAuth);
  }
  const isList = request.type === OpCode.getChildren || request.type === OpCode.getChildren2;
  if (isList && znode.numChildren > childrenMax) return failure(ErrorCode.marshallingError);
  if (request.watch) watches.add(isList ? "child" : "data", path, client);
  const { type } = request;
  switch (type) {
    case OpCode.exists:
      return { err: ok, reply: { type, stat: statOf(znode) } };
    case OpCode.getData:
      return { err: ok, reply: { type, data: znode.data, stat: statOf(znode) } };
    case OpCode.getChildren:
      return { err: ok, reply: { type, children: childNames(store, path) } };
    case OpCode.getChildren2: {
      const children = childNames(store, path);
      return { err: ok, reply: { type, children, stat: statOf(znode) } };
    }
  }
}

/** Several reads, each with a result or an error of its own. They leave no watches. */
export function multiRead(
  store: Store,
  request: MultiReadRequest,
  client: Client,
  childrenMax: number,
): Answer {
  const results = request.ops.map((op) => readOne(store, op, client, childrenMax));
  return { err: ok, reply: { type: request.type, results } };
}

function readOne(
  store: Store,
  { type, path }: ReadOp,
  client: Client,
  childrenMax: number,
): ReadResult {
  if (client.grant !== undefined && !covers(client.grant, path, "read")) {
    return { type: OpCode.error, err: ErrorCode.noAuth };
  }
  const znode = find(store, path);
  if (znode === undefined) return { type: OpCode.error, err: ErrorCode.noNode };
  if (!permits(znode.acl, Perms.read, client.authIds)) {
    return { type: OpCode.error, err: ErrorCode.noAuth };
  }
  if (type === OpCode.getChildren && znode.numChildren > childrenMax) {
    return { type: OpCode.error, err: ErrorCode.marshallingError };
  }
  return type === OpCode.getData
    ? { type, data: znode.data, stat: statOf(znode) }
    : { type, children: childNames(store, path) };
}

export function getACL(store: Store, request: GetACLRequest, client: Client): Answer {
  const znode = find(store, request.path);
  if (znode === undefined) return failure(ErrorCode.noNode);
  if (!permits(znode.acl, Perms.read | Perms.admin, client.authIds)) {
    return failure(ErrorCode.noAuth);
  }
  const mayAdmin = permits(znode.acl, Perms.admin, client.authIds);
  const acl = mayAdmin ? znode.acl : maskDigests(znode.acl);
  return { err: ok, reply: { type: request.type, acl, stat: statOf(znode) } };
}

/** Counts all that is below a znode. */
export function getAllChildrenNumber(
  store: Store,
  request: GetAllChildrenNumberRequest,
  client: Client,
): Answer {
  const znode = find(store, request.path);
  if (znode === undefined) return failure(ErrorCode.noNode);
  if (!permits(znode.acl, Perms.read, client.authIds)) return failure(ErrorCode.noAuth);
  const znodes = store.countSubtree(request.path === "" ? ROOT : request.path);
  // ZooKeeper counts the root among what is below "".
  const totalNumber = request.path === "" ? znodes : znodes - 1;
  return { err: ok, reply: { type: request.type, totalNumber } };
}

/** The client's own ephemerals whose paths begin with a prefix, which need not end where a name ends. */
export function getEphemerals(
  store: Store,
  { type, prefixPath }: GetEphemeralsRequest,
  client: Client,
): Answer {
  const all = store.ephemeralPaths(client.sessionId);
  const { grant } = client;
  const mine = grant === undefined ? all : all.filter((path) => covers(grant, path, "read"));
  const ephemerals =
    prefixPath === null || meansAll(prefixPath)
      ? mine
      : mine.filter((path) => path.startsWith(prefixPath));
  return { err: ok, reply: { type, ephemerals } };
}

/** Whether nothing is left of a prefix, or the root, without the controls and spaces that Java's `trim` takes off. */
function meansAll(prefixPath: string): boolean {
  const parts = prefixPath.split(ROOT);
  return parts.length <= 2 && parts.every((part) => /^[^!-\uffff]*$/.test(part));
}

export function whoAmI(client: Client): Answer {
  const clientInfo = client.authIds.map((id) => ({ authScheme: id.scheme, user: userOf(id) }));
  return { err: ok, reply: { type: OpCode.whoAmI, clientInfo } };
}

function childNames(store: Store, path: string): readonly string[] {
  return store.childNames(path === "" ? ROOT : path);
}
