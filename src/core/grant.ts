/**
 * What the outer door lets somebody do: enforced for every request, before ACLs are asked.
 */

/** ZooKeeper's five permissions, by their names. */
export type Permission = "read" | "write" | "create" | "delete" | "admin";

export interface Grant {
  /** Who it is: the id of scheme `jwt` in ACLs. */
  readonly subject: string;
  /** Paths that it is for, each with all below; `/` for everything. */
  readonly prefixes: readonly string[];
  readonly permissions: readonly Permission[];
  /** Milliseconds since 1970; undefined: it does not expire. */
  readonly expiresMs?: number | undefined;
}
