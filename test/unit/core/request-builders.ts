/**
 * Short ways to write requests in tests: everything that a test does not care about has a default.
 */
import { AddWatchMode, CreateFlags, OpCode, Perms } from "../../../src/protocol/op-code.ts";
import type { ACL } from "../../../src/protocol/records.ts";
import type {
  CheckVersionRequest,
  CreateRequest,
  DeleteRequest,
  MultiOp,
  ReadOp,
  Request,
  SetACLRequest,
  SetDataRequest,
  SetWatchesRequest,
  WatchableRequest,
} from "../../../src/protocol/requests.ts";

const encoder = new TextEncoder();

export const OPEN: readonly ACL[] = [acl("world", "anyone", Perms.all)];

export function acl(scheme: string, id: string, perms: number = Perms.all): ACL {
  return { perms, id: { scheme, id } };
}

export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

export interface CreateOptions {
  readonly flags?: number;
  readonly data?: string | null;
  readonly acl?: readonly ACL[] | null;
}

export function create(path: string, options: CreateOptions = {}): CreateRequest {
  const { flags = CreateFlags.persistent, data = "", acl: list = OPEN } = options;
  const type = OpCode.create;
  return { type, path, data: data === null ? null : bytes(data), acl: list, flags };
}

export function create2(path: string, options: CreateOptions = {}): CreateRequest {
  return { ...create(path, options), type: OpCode.create2 };
}

export function container(path: string, options: CreateOptions = {}): CreateRequest {
  const flags = CreateFlags.container;
  return { ...create(path, { flags, ...options }), type: OpCode.createContainer };
}

/** With a time to live in milliseconds. */
export function createTTL(path: string, ttl: number, options: CreateOptions = {}): CreateRequest {
  const flags = CreateFlags.persistentWithTTL;
  return { ...create(path, { flags, ...options }), type: OpCode.createTTL, ttl };
}

export function ephemeral(path: string): CreateRequest {
  return create(path, { flags: CreateFlags.ephemeral });
}

export function sequential(path: string): CreateRequest {
  return create(path, { flags: CreateFlags.persistentSequential });
}

export function remove(path: string, version = -1): DeleteRequest {
  return { type: OpCode.delete, path, version };
}

export function setData(path: string, data: string | null = "x", version = -1): SetDataRequest {
  return { type: OpCode.setData, path, data: data === null ? null : bytes(data), version };
}

export function check(path: string, version = -1): CheckVersionRequest {
  return { type: OpCode.check, path, version };
}

export function setACL(path: string, list: readonly ACL[] | null, version = -1): SetACLRequest {
  return { type: OpCode.setACL, path, acl: list, version };
}

export function exists(path: string, watch = false): WatchableRequest {
  return { type: OpCode.exists, path, watch };
}

export function getData(path: string, watch = false): WatchableRequest {
  return { type: OpCode.getData, path, watch };
}

export function getChildren(path: string, watch = false): WatchableRequest {
  return { type: OpCode.getChildren, path, watch };
}

export function getChildren2(path: string, watch = false): WatchableRequest {
  return { type: OpCode.getChildren2, path, watch };
}

export function getACL(path: string): Request {
  return { type: OpCode.getACL, path };
}

export function sync(path: string | null): Request {
  return { type: OpCode.sync, path };
}

export function multi(...ops: readonly MultiOp[]): Request {
  return { type: OpCode.multi, ops };
}

/** Reads of data, or of children where a path is given as `/path/*`. */
export function multiRead(...paths: readonly string[]): Request {
  const ops = paths.map((path): ReadOp => {
    const isList = path.endsWith("/*");
    const type = isList ? OpCode.getChildren : OpCode.getData;
    return { type, path: isList ? path.slice(0, -2) || "/" : path, watch: false };
  });
  return { type: OpCode.multiRead, ops };
}

export function getEphemerals(prefixPath: string | null): Request {
  return { type: OpCode.getEphemerals, prefixPath };
}

export function getAllChildrenNumber(path: string): Request {
  return { type: OpCode.getAllChildrenNumber, path };
}

export function addWatch(path: string, mode: number = AddWatchMode.persistent): Request {
  return { type: OpCode.addWatch, path, mode };
}

export function addRecursiveWatch(path: string): Request {
  return addWatch(path, AddWatchMode.persistentRecursive);
}

export function checkWatches(path: string, watcherType: number): Request {
  return { type: OpCode.checkWatches, path, watcherType };
}

export function removeWatches(path: string, watcherType: number): Request {
  return { type: OpCode.removeWatches, path, watcherType };
}

export function auth(scheme: string, credential: string | null, authType = 0): Request {
  const type = OpCode.auth;
  return { type, authType, scheme, auth: credential === null ? null : bytes(credential) };
}

export function setWatches(
  relativeZxid: number,
  lists: {
    readonly data?: readonly string[];
    readonly exist?: readonly string[];
    readonly child?: readonly string[];
  },
): SetWatchesRequest {
  return {
    type: OpCode.setWatches,
    relativeZxid,
    dataWatches: lists.data ?? [],
    existWatches: lists.exist ?? [],
    childWatches: lists.child ?? [],
  };
}

export function setWatches2(
  relativeZxid: number,
  lists: Parameters<typeof setWatches>[1] & {
    readonly persistent?: readonly string[];
    readonly recursive?: readonly string[];
  },
): SetWatchesRequest {
  return {
    ...setWatches(relativeZxid, lists),
    type: OpCode.setWatches2,
    persistentWatches: lists.persistent ?? [],
    persistentRecursiveWatches: lists.recursive ?? [],
  };
}

export function reconfig(newMembers: string | null): Request {
  const type = OpCode.reconfig;
  return { type, joiningServers: null, leavingServers: null, newMembers, curConfigId: -1 };
}

export function sasl(token: string): Request {
  return { type: OpCode.sasl, token: bytes(token) };
}

export const whoAmI: Request = { type: OpCode.whoAmI };
export const deleteContainer: Request = { type: OpCode.deleteContainer };
export const ping: Request = { type: OpCode.ping };
export const closeSession: Request = { type: OpCode.closeSession };
