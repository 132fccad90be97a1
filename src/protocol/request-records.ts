/**
 * Requests: one record per op, tagged with its type.
 */
import type { OpCode } from "./op-code.ts";
import type { ACL, Zxid } from "./records.ts";

export type CreateType =
  | typeof OpCode.create
  | typeof OpCode.create2
  | typeof OpCode.createContainer
  | typeof OpCode.createTTL;

export interface CreateRequest {
  readonly type: CreateType;
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly ACL[] | null;
  readonly flags: number;
  /** Milliseconds. Undefined for all types but createTTL. */
  readonly ttl?: number | undefined;
}

export interface DeleteRequest {
  readonly type: typeof OpCode.delete;
  readonly path: string;
  readonly version: number;
}

/** The reads that may leave a watch. */
export interface WatchableRequest {
  readonly type:
    | typeof OpCode.exists
    | typeof OpCode.getData
    | typeof OpCode.getChildren
    | typeof OpCode.getChildren2;
  readonly path: string;
  readonly watch: boolean;
}

/** The reads that a multiRead may hold; they leave no watch there. */
export interface ReadOp {
  readonly type: typeof OpCode.getData | typeof OpCode.getChildren;
  readonly path: string;
  readonly watch: boolean;
}

export interface MultiReadRequest {
  readonly type: typeof OpCode.multiRead;
  readonly ops: readonly ReadOp[];
}

export interface SetDataRequest {
  readonly type: typeof OpCode.setData;
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly version: number;
}

export interface GetACLRequest {
  readonly type: typeof OpCode.getACL;
  readonly path: string;
}

export interface SetACLRequest {
  readonly type: typeof OpCode.setACL;
  readonly path: string;
  readonly acl: readonly ACL[] | null;
  readonly version: number;
}

export interface SyncRequest {
  readonly type: typeof OpCode.sync;
  /** Not looked at, only echoed. */
  readonly path: string | null;
}

/** Stands only inside a multi. */
export interface CheckVersionRequest {
  readonly type: typeof OpCode.check;
  readonly path: string;
  readonly version: number;
}

export interface MultiRequest {
  readonly type: typeof OpCode.multi;
  readonly ops: readonly MultiOp[];
}

export type MultiOp = CreateRequest | DeleteRequest | SetDataRequest | CheckVersionRequest;

export interface AuthRequest {
  readonly type: typeof OpCode.auth;
  readonly authType: number;
  readonly scheme: string;
  readonly auth: Uint8Array | null;
}

export interface SetWatchesRequest {
  readonly type: typeof OpCode.setWatches | typeof OpCode.setWatches2;
  readonly relativeZxid: Zxid;
  readonly dataWatches: readonly string[];
  readonly existWatches: readonly string[];
  readonly childWatches: readonly string[];
  /** These two are of setWatches2 only. */
  readonly persistentWatches?: readonly string[];
  readonly persistentRecursiveWatches?: readonly string[];
}

/** What a checkWatches or removeWatches is about (`Watcher.WatcherType`). */
export interface WatchesRequest {
  readonly type: typeof OpCode.checkWatches | typeof OpCode.removeWatches;
  readonly path: string;
  readonly watcherType: number;
}

export interface AddWatchRequest {
  readonly type: typeof OpCode.addWatch;
  readonly path: string;
  /** One of `AddWatchMode`, as far as the client is concerned. */
  readonly mode: number;
}

export interface GetEphemeralsRequest {
  readonly type: typeof OpCode.getEphemerals;
  readonly prefixPath: string | null;
}

export interface GetAllChildrenNumberRequest {
  readonly type: typeof OpCode.getAllChildrenNumber;
  readonly path: string;
}

export interface ReconfigRequest {
  readonly type: typeof OpCode.reconfig;
  readonly joiningServers: string | null;
  readonly leavingServers: string | null;
  readonly newMembers: string | null;
  readonly curConfigId: number;
}

export interface SaslRequest {
  readonly type: typeof OpCode.sasl;
  readonly token: Uint8Array;
}

/** The server's own affair, which a client can only get refused. Its body is not looked at. */
export interface DeleteContainerRequest {
  readonly type: typeof OpCode.deleteContainer;
}

export interface PingRequest {
  readonly type: typeof OpCode.ping;
}

export interface WhoAmIRequest {
  readonly type: typeof OpCode.whoAmI;
}

export interface CloseSessionRequest {
  readonly type: typeof OpCode.closeSession;
}

export type Request =
  | CreateRequest
  | DeleteRequest
  | WatchableRequest
  | SetDataRequest
  | GetACLRequest
  | SetACLRequest
  | SyncRequest
  | MultiRequest
  | MultiReadRequest
  | AuthRequest
  | SetWatchesRequest
  | WatchesRequest
  | AddWatchRequest
  | GetEphemeralsRequest
  | GetAllChildrenNumberRequest
  | ReconfigRequest
  | SaslRequest
  | DeleteContainerRequest
  | WhoAmIRequest
  | PingRequest
  | CloseSessionRequest;
