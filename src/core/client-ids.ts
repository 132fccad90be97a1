/** The identities that a connection has proven. */
import type { Id } from "../protocol/records.ts";
import type { Client } from "./outcome.ts";

/** UTF-16 units that the identities of a connection may take; one more is refused like a bad credential. */
export const AUTH_IDS_UNITS_MAX = 2_048;

/** Adds identities to those of a client; false when it would have too many. */
export function addIds(client: Client, proven: readonly Id[]): boolean {
  const isNew = ({ scheme, id }: Id): boolean =>
    !client.authIds.some((known) => known.scheme === scheme && known.id === id);
  const authIds = [...client.authIds, ...proven.filter(isNew)];
  if (sizeOf(authIds) > AUTH_IDS_UNITS_MAX) return false;
  if (authIds.length > client.authIds.length) client.authIds = authIds;
  return true;
}

function sizeOf(ids: readonly Id[]): number {
  return ids.reduce((sum, { scheme, id }) => sum + scheme.length + id.length, 0);
}
