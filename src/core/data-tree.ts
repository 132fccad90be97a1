/**
 * The writes on the tree: what ZooKeeper checks, in its order, and what each changes (`PrepRequestProcessor`,
 * `DataTree`). Every write validates first and changes the store after, so one that fails has changed nothing.
 */
import { ErrorCode } from "../protocol/error-code.ts";
import { OpCode, Perms } from "../protocol/op-code.ts";
import type { ACL, Id, SessionId, Zxid } from "../protocol/records.ts";
import type {
  CheckVersionRequest,
  CreateRequest,
  DeleteRequest,
  MultiOp,
  SetACLRequest,
  SetDataRequest,
} from "../protocol/requests.ts";
import type { MultiResult, StatReply } from "../protocol/replies.ts";
import { fixupACL, OPEN_ACL_UNSAFE, permits, READ_ACL_UNSAFE } from "./acl.ts";
import { type CreateMode, createModeOf } from "./create-mode.ts";
import { isValidPath, parentPath, ROOT, sequenceSuffix } from "./path.ts";
import { checkQuota, countForQuota, fillQuotaStats } from "./quota.ts";
import type { ZnodeStore } from "./undo-log.ts";
import type { Change } from "./watch-manager.ts";
import { statOf, type Znode } from "./znode.ts";

/** Who writes, when, and under which zxid. */
export interface WriteContext {
  readonly sessionId: SessionId;
  readonly authIds: readonly Id[];
  readonly zxid: Zxid;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Whether hard limits of quotas forbid anything. */
  readonly enforceQuota: boolean;
}

/** What a write did to a znode, and whom its events concern: nobody hears of a znode that they may not read. */
export interface ZnodeChange extends Change {
  readonly acl: readonly ACL[];
  readonly parentAcl: readonly ACL[];
}

/** A write that was done, or the error that it would have caused. */
export type WriteResult<Reply> =
  | {
      readonly err: typeof ErrorCode.ok;
      readonly reply: Reply;
      readonly change: ZnodeChange | undefined;
    }
  | { readonly err: Exclude<ErrorCode, 0> };

const CONFIG = "/zookeeper/config";

/** Znodes that every tree has, and that cannot be deleted. */
const SYSTEM_PATHS = [ROOT, "/zookeeper", "/zookeeper/quota", CONFIG];

/** Creates the znodes that every tree has, where they are missing. */
export function createSystemZnodes(store: ZnodeStore): void {
  for (const path of SYSTEM_PATHS) {
    if (store.getZnode(path) !== undefined) continue;
    const numChildren = SYSTEM_PATHS.filter((p) => p !== path && parentPath(p) === path).length;
    store.putZnode(path, {
      czxid: 0,
      mzxid: 0,
      pzxid: 0,
      ctime: 0,
      mtime: 0,
      version: 0,
      // ZooKeeper makes this one read-only by a setACL that counts from -1.
      aversion: path === CONFIG ? -1 : 0,
      childrenCreated: 0,
      numChildren,
      ephemeralOwner: 0,
      isContainer: false,
      ttlMs: 0,
      data: new Uint8Array(0),
      acl: path === CONFIG ? READ_ACL_UNSAFE : OPEN_ACL_UNSAFE,
    });
  }
}

/** Does one op of those that may stand in a multi. */
export function applyWrite(
  store: ZnodeStore,
  op: MultiOp,
  context: WriteContext,
): WriteResult<MultiResult> {
  switch (op.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
      return create(store, op, context);
    case OpCode.delete:
      return deleteZnode(store, op, context);
    case OpCode.setData:
      return setData(store, op, context);
    case OpCode.check:
      return check(store, op, context);
  }
}

function create(
  store: ZnodeStore,
  op: CreateRequest,
  context: WriteContext,
): WriteResult<MultiResult> {
  const mode = createModeOf(op);
  if (mode === undefined) return { err: ErrorCode.badArguments };
  // Without a session there is nothing that would ever end it.
  if (mode.isEphemeral && context.sessionId === 0) return { err: ErrorCode.badArguments };
  const parentAt = parentPath(op.path);
  if (parentAt === undefined || op.path.includes("\0")) return { err: ErrorCode.badArguments };
  const acl = fixupACL(op.acl, context.authIds);
  if (acl === undefined) return { err: ErrorCode.invalidACL };
  const parent = store.getZnode(parentAt);
  if (parent === undefined) return { err: ErrorCode.noNode };
  if (!permits(parent.acl, Perms.create, context.authIds)) return { err: ErrorCode.noAuth };
  const path = mode.isSequential ? op.path + sequenceSuffix(parent.childrenCreated) : op.path;
  if (!isValidPath(path)) return { err: ErrorCode.badArguments };
  if (store.getZnode(path) !== undefined) return { err: ErrorCode.nodeExists };
  if (parent.ephemeralOwner !== 0) return { err: ErrorCode.noChildrenForEphemerals };
  const difference = { znodes: 1, bytes: op.data?.length ?? 0 };
  const quotaError = context.enforceQuota ? checkQuota(store, path, difference) : undefined;
  if (quotaError !== undefined) return { err: quotaError };

  const znode = newZnode(op, mode, acl, context);
  store.putZnode(path, znode);
  store.putZnode(parentAt, {
    ...parent,
    pzxid: context.zxid,
    childrenCreated: (parent.childrenCreated + 1) | 0,
    numChildren: parent.numChildren + 1,
  });
  fillQuotaStats(store, path);
  countForQuota(store, path, difference);
  return {
    err: ErrorCode.ok,
    reply:
      op.type === OpCode.create
        ? { type: op.type, path }
        : { type: op.type, path, stat: statOf(znode) },
    change: { type: "created", path, acl, parentAcl: parent.acl },
  };
}

function newZnode(
  op: CreateRequest,
  mode: CreateMode,
  acl: readonly ACL[],
  context: WriteContext,
): Znode {
  return {
    czxid: context.zxid,
    mzxid: context.zxid,
    pzxid: context.zxid,
    ctime: context.nowMs,
    mtime: context.nowMs,
    version: 0,
    aversion: 0,
    childrenCreated: 0,
    numChildren: 0,
    ephemeralOwner: mode.isEphemeral ? context.sessionId : 0,
    isContainer: mode.isContainer,
    ttlMs: mode.ttlMs,
    data: ownCopy(op.data),
    acl,
  };
}

function deleteZnode(
  store: ZnodeStore,
  op: DeleteRequest,
  context: WriteContext,
): WriteResult<MultiResult> {
  const parentAt = parentPath(op.path);
  if (parentAt === undefined || op.path.includes("\0") || SYSTEM_PATHS.includes(op.path)) {
    return { err: ErrorCode.badArguments };
  }
  const parent = store.getZnode(parentAt);
  if (parent === undefined) return { err: ErrorCode.noNode };
  if (!permits(parent.acl, Perms.delete, context.authIds)) return { err: ErrorCode.noAuth };
  const znode = store.getZnode(op.path);
  if (znode === undefined) return { err: ErrorCode.noNode };
  if (!versionMatches(op.version, znode.version)) return { err: ErrorCode.badVersion };
  if (znode.numChildren > 0) return { err: ErrorCode.notEmpty };

  return {
    err: ErrorCode.ok,
    reply: { type: op.type },
    change: removeZnode(store, op.path, context.zxid),
  };
}

/** Removes a znode that exists, without any check. */
export function removeZnode(store: ZnodeStore, path: string, zxid: Zxid): ZnodeChange {
  const znode = store.getZnode(path);
  const bytes = znode?.data?.length ?? 0;
  store.deleteZnode(path);
  const parentAt = parentPath(path) ?? ROOT;
  const parent = store.getZnode(parentAt);
  if (parent !== undefined) {
    store.putZnode(parentAt, { ...parent, pzxid: zxid, numChildren: parent.numChildren - 1 });
  }
  countForQuota(store, path, { znodes: -1, bytes: -bytes });
  return { type: "deleted", path, acl: znode?.acl ?? [], parentAcl: parent?.acl ?? [] };
}

function setData(
  store: ZnodeStore,
  op: SetDataRequest,
  context: WriteContext,
): WriteResult<{ type: typeof OpCode.setData; stat: StatReply["stat"] }> {
  if (!isValidPath(op.path)) return { err: ErrorCode.badArguments };
  const znode = store.getZnode(op.path);
  if (znode === undefined) return { err: ErrorCode.noNode };
  if (!permits(znode.acl, Perms.write, context.authIds)) return { err: ErrorCode.noAuth };
  const bytes = (op.data?.length ?? 0) - (znode.data?.length ?? 0);
  const quotaError = context.enforceQuota
    ? checkQuota(store, op.path, { znodes: 0, bytes })
    : undefined;
  if (quotaError !== undefined) return { err: quotaError };
  if (!versionMatches(op.version, znode.version)) return { err: ErrorCode.badVersion };

  const changed: Znode = {
    ...znode,
    mzxid: context.zxid,
    mtime: context.nowMs,
    version: nextVersion(znode.version),
    data: ownCopy(op.data),
  };
  store.putZnode(op.path, changed);
  countForQuota(store, op.path, { znodes: 0, bytes });
  return {
    err: ErrorCode.ok,
    reply: { type: op.type, stat: statOf(changed) },
    change: { type: "dataChanged", path: op.path, acl: znode.acl, parentAcl: [] },
  };
}

function check(
  store: ZnodeStore,
  op: CheckVersionRequest,
  context: WriteContext,
): WriteResult<MultiResult> {
  if (!isValidPath(op.path)) return { err: ErrorCode.badArguments };
  const znode = store.getZnode(op.path);
  if (znode === undefined) return { err: ErrorCode.noNode };
  if (!permits(znode.acl, Perms.read, context.authIds)) return { err: ErrorCode.noAuth };
  if (!versionMatches(op.version, znode.version)) return { err: ErrorCode.badVersion };
  return { err: ErrorCode.ok, reply: { type: op.type }, change: undefined };
}

/** Replaces the ACL of a znode. It changes neither zxid, time nor version, and no watch sees it. */
export function setACL(
  store: ZnodeStore,
  op: SetACLRequest,
  context: WriteContext,
): WriteResult<StatReply> {
  if (!isValidPath(op.path)) return { err: ErrorCode.badArguments };
  const acl = fixupACL(op.acl, context.authIds);
  if (acl === undefined) return { err: ErrorCode.invalidACL };
  const znode = store.getZnode(op.path);
  if (znode === undefined) return { err: ErrorCode.noNode };
  if (!permits(znode.acl, Perms.admin, context.authIds)) return { err: ErrorCode.noAuth };
  if (!versionMatches(op.version, znode.aversion)) return { err: ErrorCode.badVersion };

  const changed: Znode = { ...znode, acl, aversion: nextVersion(znode.aversion) };
  store.putZnode(op.path, changed);
  return { err: ErrorCode.ok, reply: { type: op.type, stat: statOf(changed) }, change: undefined };
}

/** -1 expects nothing. */
function versionMatches(expected: number, actual: number): boolean {
  return expected === -1 || expected === actual;
}

function nextVersion(version: number): number {
  return (version + 1) | 0;
}

/** Data outlives the frame that it came in. */
function ownCopy(data: Uint8Array | null): Uint8Array<ArrayBuffer> | null {
  return data === null ? null : new Uint8Array(data);
}
