/**
 * What a token, a key or a service binding is for: namespaces, and in them what a grant says.
 */
import { type Grant, grantFault, intersect, type Permission } from "../core/grant.ts";
import { SettingsError, tableAt, textsAt } from "./settings.ts";

export interface Scope {
  /** `*` stands for all of them. */
  readonly namespaces: readonly string[];
  readonly grant: Grant;
}

export const SCOPE_FIELDS = ["namespaces", "prefixes", "permissions"] as const;

const NAMESPACES_MAX = 256;

/**
 * Reads a scope as it is written: three lists, of which none may be missing, since what is left out must not mean "all".
 *
 * @throws SettingsError saying what is wrong.
 */
export function readScope(
  where: string,
  value: unknown,
  subject: string,
  expiresMs?: number,
): Scope {
  const table = tableAt(where, value, SCOPE_FIELDS);
  const [namespaces, prefixes, permissions] = SCOPE_FIELDS.map((name) =>
    textsAt(`${where}.${name}`, table[name]),
  ) as [readonly string[], readonly string[], readonly string[]];
  if (namespaces.length > NAMESPACES_MAX) {
    throw new SettingsError(`${where}: more than ${NAMESPACES_MAX} namespaces`);
  }
  const grant = { subject, prefixes, permissions: permissions as readonly Permission[], expiresMs };
  const fault = grantFault(grant);
  if (fault !== undefined) throw new SettingsError(`${where}: ${fault}`);
  return { namespaces, grant };
}

/** Whether a scope is for a namespace. */
export function isFor({ namespaces }: Pick<Scope, "namespaces">, namespace: string): boolean {
  return namespaces.includes("*") || namespaces.includes(namespace);
}

/**
 * What both scopes are for, as the subject of the first.
 *
 * @throws SettingsError when that is more than a grant may hold.
 */
export function narrow(scope: Scope, to: Scope): Scope {
  const namespaces = to.namespaces.includes("*")
    ? scope.namespaces
    : to.namespaces.filter((name) => isFor(scope, name));
  const grant = intersect(scope.grant, to.grant);
  const fault = grantFault(grant);
  if (fault !== undefined) throw new SettingsError(`both together: ${fault}`);
  return { namespaces, grant };
}
