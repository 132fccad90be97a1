/**
 * What the outer door lets somebody do: enforced for every request, before ACLs are asked. No grant at all is everything.
 */
import { OpCode } from "../protocol/op-code.ts";
import type { MultiOp, Request } from "../protocol/requests.ts";
import { isSequential } from "./create-mode.ts";
import { isValidPath, parentPath, ROOT } from "./path.ts";

/** ZooKeeper's five permissions, by their names. */
export type Permission = "read" | "write" | "create" | "delete" | "admin";

export const PERMISSIONS: readonly Permission[] = ["read", "write", "create", "delete", "admin"];

export interface Grant {
  /** Who it is: the id of scheme `jwt` in ACLs. */
  readonly subject: string;
  /** Paths that it is for, each with all below; `/` for everything. */
  readonly prefixes: readonly string[];
  readonly permissions: readonly Permission[];
  /** Milliseconds since 1970; undefined: it does not expire. */
  readonly expiresMs?: number | undefined;
}

/**
 * Of a connection that is open to everybody, until it proves who it is: it may do nothing but that. No other grant has
 * the empty subject.
 */
export const UNPROVEN: Grant = { subject: "", prefixes: [], permissions: [] };

/** Whether a connection still has to prove who it is. */
export function isUnproven(grant: Grant | undefined): boolean {
  return grant?.subject === UNPROVEN.subject;
}

/**
 * Whether a session may be resumed: by its owner, by who may do everything, or by who proves later that it is one of these
 * (and may do nothing in it until then).
 */
export function mayResume(owner: string | undefined, grant: Grant | undefined): boolean {
  return grant === undefined || isUnproven(grant) || grant.subject === owner;
}

/** What a grant may hold, since a hibernating socket keeps it in a few kilobytes. */
export const GRANT_SUBJECT_UNITS_MAX = 256;
export const GRANT_PREFIXES_MAX = 32;
export const GRANT_PREFIX_UNITS_MAX = 1_024;

/** What keeps a grant from being one, in words; undefined when nothing does. */
export function grantFault({ subject, prefixes, permissions }: Grant): string | undefined {
  if (subject === "" || subject.length > GRANT_SUBJECT_UNITS_MAX) {
    return `the subject must have 1 to ${GRANT_SUBJECT_UNITS_MAX} characters`;
  }
  if (prefixes.length > GRANT_PREFIXES_MAX) return `more than ${GRANT_PREFIXES_MAX} prefixes`;
  if (prefixes.reduce((sum, prefix) => sum + prefix.length, 0) > GRANT_PREFIX_UNITS_MAX) {
    return `prefixes of more than ${GRANT_PREFIX_UNITS_MAX} characters together`;
  }
  // What no znode can be called would never match, and whoever wrote it believes that it does.
  if (!prefixes.every(isValidPath)) return "a prefix that is no path of a znode";
  if (!permissions.every((permission) => PERMISSIONS.includes(permission))) {
    return `a permission that is none of ${PERMISSIONS.join(", ")}`;
  }
  return undefined;
}

/** Whether a path is a prefix or below one, by whole names: `/app` covers `/app/x`, not `/application`. */
export function isWithin(path: string, prefix: string): boolean {
  if (prefix === ROOT) return true;
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === ROOT);
}

function isWithinAny(path: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => isWithin(path, prefix));
}

/** Whether a grant has one of the permissions for a path. */
export function covers(grant: Grant, path: string, ...anyOf: readonly Permission[]): boolean {
  return (
    anyOf.some((permission) => grant.permissions.includes(permission)) &&
    // "" is the root, as for the reads that take it.
    isWithinAny(path === "" ? ROOT : path, grant.prefixes)
  );
}

/** Whether a grant is over. */
export function isOver({ expiresMs }: Grant, nowMs: number): boolean {
  return expiresMs !== undefined && expiresMs <= nowMs;
}

/** What both grants allow; of two lifetimes the shorter. The subject is that of the first. */
export function intersect(grant: Grant, other: Grant): Grant {
  const prefixes = new Set([
    ...grant.prefixes.filter((prefix) => isWithinAny(prefix, other.prefixes)),
    ...other.prefixes.filter((prefix) => isWithinAny(prefix, grant.prefixes)),
  ]);
  const expiresMs = Math.min(grant.expiresMs ?? Infinity, other.expiresMs ?? Infinity);
  return {
    subject: grant.subject,
    prefixes: [...prefixes],
    permissions: grant.permissions.filter((permission) => other.permissions.includes(permission)),
    expiresMs: expiresMs === Infinity ? undefined : expiresMs,
  };
}

/** Whether a grant allows a request, as a whole. Of a multi see {@link firstDenied}, of a multiRead each op is asked for by itself. */
export function allows(grant: Grant, request: Request): boolean {
  switch (request.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
    case OpCode.delete:
    case OpCode.setData:
      return allowsOp(grant, request);
    case OpCode.setACL:
      return covers(grant, request.path, "admin");
    case OpCode.getACL:
      return covers(grant, request.path, "read", "admin");
    case OpCode.exists:
    case OpCode.getData:
    case OpCode.getChildren:
    case OpCode.getChildren2:
    case OpCode.getAllChildrenNumber:
    case OpCode.addWatch:
    case OpCode.checkWatches:
    case OpCode.removeWatches:
      return covers(grant, request.path, "read");
    case OpCode.sync:
      return covers(grant, request.path ?? ROOT, "read");
    case OpCode.getEphemerals:
      return covers(grant, request.prefixPath ?? ROOT, "read");
    case OpCode.setWatches:
    case OpCode.setWatches2:
      return [
        request.dataWatches,
        request.existWatches,
        request.childWatches,
        request.persistentWatches ?? [],
        request.persistentRecursiveWatches ?? [],
      ].every((paths) => paths.every((path) => covers(grant, path, "read")));
    case OpCode.reconfig:
      return covers(grant, CONFIG_PATH, "admin");
    case OpCode.multi:
    case OpCode.multiRead:
    case OpCode.whoAmI:
    case OpCode.sasl:
    case OpCode.deleteContainer:
      return grant.permissions.length > 0;
    case OpCode.auth:
    case OpCode.ping:
    case OpCode.closeSession:
      return true;
  }
}

/** The index of the first op of a multi that a grant does not allow; -1 when it allows all of them. */
export function firstDenied(grant: Grant, ops: readonly MultiOp[]): number {
  return ops.findIndex((op) => !allowsOp(grant, op));
}

/** Where ZooKeeper keeps its configuration: who may reconfigure it is decided there. */
const CONFIG_PATH = "/zookeeper/config";

function allowsOp(grant: Grant, op: MultiOp): boolean {
  switch (op.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
      // A sequential znode gets a number behind its name: "/app" would become a neighbour of the prefix "/app".
      return covers(grant, (isSequential(op.flags) && parentPath(op.path)) || op.path, "create");
    case OpCode.delete:
      return covers(grant, op.path, "delete");
    case OpCode.setData:
      return covers(grant, op.path, "write");
    case OpCode.check:
      return covers(grant, op.path, "read");
  }
}
