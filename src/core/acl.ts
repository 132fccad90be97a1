/**
 * Access control lists: which are acceptable, what they allow, what of them is shown (`ZooKeeperServer.checkACL`,
 * `PrepRequestProcessor.fixupACL`).
 */
import { Perms } from "../protocol/op-code.ts";
import { type ACL, type Id, OPEN_ACL_UNSAFE } from "../protocol/records.ts";
import { isAuthenticating, isValidId, matchesId, SUPER_ID } from "./auth.ts";

export { OPEN_ACL_UNSAFE };

/** Everyone may read. */
export const READ_ACL_UNSAFE: readonly ACL[] = [
  { perms: Perms.read, id: { scheme: "world", id: "anyone" } },
];

/** Whether somebody with these identities may do one of `perms`. */
export function permits(acl: readonly ACL[], perms: number, authIds: readonly Id[]): boolean {
  if (acl === OPEN_ACL_UNSAFE || authIds.some(isSuper)) return true;
  return acl.some(
    (entry) => (entry.perms & perms) !== 0 && (isAnyone(entry.id) || matchesAny(entry.id, authIds)),
  );
}

/** UTF-16 units that a stored list may take. `auth` multiplies: each of its entries becomes all of a client's ids. */
const ACL_UNITS_MAX = 64 * 1024;

/**
 * The list to store for one that a client sent: duplicates removed, `auth` replaced by the client's own
 * identities. Undefined when it is not acceptable.
 */
export function fixupACL(
  acl: readonly ACL[] | null,
  authIds: readonly Id[],
): readonly ACL[] | undefined {
  if (acl === null || acl.length === 0) return undefined;
  if (isOpen(acl)) return OPEN_ACL_UNSAFE;
  const fixed: ACL[] = [];
  let units = 0;
  for (const entry of withoutDuplicates(acl)) {
    const ids = idsFor(entry.id, authIds);
    if (ids.length === 0) return undefined;
    for (const id of ids) {
      fixed.push({ perms: entry.perms, id });
      units += ENTRY_UNITS + id.scheme.length + id.id.length;
    }
    if (units > ACL_UNITS_MAX) return undefined;
  }
  return isOpen(fixed) ? OPEN_ACL_UNSAFE : fixed;
}

/** What an entry takes beside its strings. */
const ENTRY_UNITS = 16;

/** The identities that an entry stands for; none when it is not acceptable. */
function idsFor(id: Id, authIds: readonly Id[]): readonly Id[] {
  if (id.scheme === "auth") return authIds.filter((own) => isAuthenticating(own.scheme));
  return isAnyone(id) || isValidId(id) ? [id] : [];
}

/** The list as somebody without ADMIN sees it: digests hidden. */
export function maskDigests(acl: readonly ACL[]): readonly ACL[] {
  return acl.map((entry) =>
    entry.id.scheme === "digest"
      ? { perms: entry.perms, id: { scheme: "digest", id: entry.id.id.replace(/:.*/s, ":x") } }
      : entry,
  );
}

function isSuper(id: Id): boolean {
  return id.scheme === SUPER_ID.scheme;
}

function isAnyone(id: Id): boolean {
  return id.scheme === "world" && id.id === "anyone";
}

function matchesAny(wanted: Id, authIds: readonly Id[]): boolean {
  return authIds.some(
    (id) => id.scheme === wanted.scheme && matchesId(wanted.scheme, id.id, wanted.id),
  );
}

function isOpen(acl: readonly ACL[]): boolean {
  if (acl === OPEN_ACL_UNSAFE) return true;
  const [entry] = acl;
  return acl.length === 1 && entry !== undefined && entry.perms === Perms.all && isAnyone(entry.id);
}

function withoutDuplicates(acl: readonly ACL[]): readonly ACL[] {
  if (acl.length === 1) return acl;
  const seen = new Set<string>();
  return acl.filter(({ perms, id }) => {
    const key = JSON.stringify([perms, id.scheme, id.id]);
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}
