/**
 * `dump`: when sessions and connections are over, and whose ephemerals there are (`ExpiryQueue`, `DataTree`).
 */
import type { AdminFields } from "./admin-json.ts";
import type { AdminView } from "./admin-view.ts";
import { javaAddress, javaDate, javaHex } from "./java-text.ts";

/** `dump`. */
export function dumpText(view: AdminView): string {
  const sessions = view.sessions().map(({ id, expiresMs }) => ({ at: expiresMs, text: hexId(id) }));
  const connections = view.connections().map(({ address, sessionId, expiresMs }) => ({
    at: expiresMs,
    text: `ip: ${javaAddress(address)} sessionId: ${hexId(sessionId)}`,
  }));
  const parts = [
    "SessionTracker dump:\nSession ",
    expiryText(sessions),
    "ephemeral nodes dump:\n",
    ephemeralsText(view),
    "Connections dump:\nConnections ",
    expiryText(connections),
  ];
  return parts.join("");
}

/** The AdminServer's `dump`. */
export function dumpFields(view: AdminView): AdminFields {
  const sessions = view.sessions();
  const byExpiry = groupBy(sessions, ({ expiresMs }) => expiresMs);
  return {
    expiry_time_to_session_ids: new Map(
      byExpiry.map(([expiresMs, group]) => [expiresMs, group.map(({ id }) => id)]),
    ),
    session_id_to_ephemeral_paths: new Map(
      withEphemerals(view).map(({ id, ephemeralPaths }) => [id, ephemeralPaths]),
    ),
  };
}

function ephemeralsText(view: AdminView): string {
  const owners = withEphemerals(view);
  const lines = owners.flatMap(({ id, ephemeralPaths }) => [
    `${hexId(id)}:\n`,
    ...ephemeralPaths.map((path) => `\t${path}\n`),
  ]);
  return `Sessions with Ephemerals (${owners.length}):\n${lines.join("")}`;
}

function withEphemerals(view: AdminView): ReturnType<AdminView["sessions"]> {
  return view.sessions().filter(({ ephemeralPaths }) => ephemeralPaths.length > 0);
}

/** What is over at the same time stands together, the earliest first. */
function expiryText(elements: readonly { readonly at: number; readonly text: string }[]): string {
  const groups = groupBy(elements, ({ at }) => at);
  const lines = groups.flatMap(([at, group]) => [
    `${group.length} expire at ${javaDate(at)}:\n`,
    ...group.map(({ text }) => `\t${text}\n`),
  ]);
  return `Sets (${groups.length})/(${elements.length}):\n${lines.join("")}`;
}

/** Groups in ascending order of their keys. */
function groupBy<T>(
  elements: readonly T[],
  keyOf: (element: T) => number,
): (readonly [key: number, group: readonly T[]])[] {
  const groups = Map.groupBy(elements, keyOf);
  return [...groups].toSorted(([left], [right]) => left - right);
}

function hexId(id: number): string {
  return `0x${javaHex(id)}`;
}
