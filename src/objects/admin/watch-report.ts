/**
 * `wchs`, `wchc` and `wchp`: the watches. As in ZooKeeper these show the watches on data and existence, and not those
 * on children; only the watch count of `mntr` has both (`DataTree`).
 */
import type { SessionId } from "../../protocol/records.ts";
import type { AdminFields } from "./admin-json.ts";
import type { AdminView } from "./admin-view.ts";
import { javaHex } from "./java-text.ts";

interface WatchSummary {
  readonly connections: number;
  readonly paths: number;
  readonly watches: number;
}

/** `wchs`. */
export function watchSummaryText(view: AdminView): string {
  const { connections, paths, watches } = summaryOf(view);
  return `${connections} connections watching ${paths} paths\nTotal watches:${watches}\n`;
}

export function watchSummaryFields(view: AdminView): AdminFields {
  const { connections, paths, watches } = summaryOf(view);
  return { num_connections: connections, num_paths: paths, num_total_watches: watches };
}

/** `wchc`: paths by session. */
export function watchesBySessionText(view: AdminView): string {
  return groupsText(
    watchers(view).map(({ sessionId, data }) => [hexId(sessionId), [...data.keys()]] as const),
  );
}

export function watchesBySessionFields(view: AdminView): AdminFields {
  const groups = watchers(view).map(
    ({ sessionId, data }) => [sessionId, [...data.keys()]] as const,
  );
  return { session_id_to_watched_paths: new Map(groups) };
}

/** `wchp`: sessions by path. */
export function watchesByPathText(view: AdminView): string {
  return groupsText(
    [...sessionsByPath(view)].map(([path, ids]) => [path, ids.map(hexId)] as const),
  );
}

export function watchesByPathFields(view: AdminView): AdminFields {
  return { path_to_session_ids: sessionsByPath(view) };
}

/** Watches of both kinds. */
export function watchCount(view: AdminView): number {
  return view.watches().reduce((sum, { data, child }) => sum + data.size + child.size, 0);
}

function watchers(view: AdminView): ReturnType<AdminView["watches"]> {
  return view.watches().filter(({ data }) => data.size > 0);
}

function summaryOf(view: AdminView): WatchSummary {
  const records = watchers(view);
  return {
    connections: records.length,
    paths: sessionsByPath(view).size,
    watches: records.reduce((sum, { data }) => sum + data.size, 0),
  };
}

function sessionsByPath(view: AdminView): Map<string, SessionId[]> {
  const byPath = new Map<string, SessionId[]>();
  for (const { sessionId, data } of watchers(view)) {
    for (const path of data.keys()) {
      const ids = byPath.get(path);
      if (ids === undefined) byPath.set(path, [sessionId]);
      else ids.push(sessionId);
    }
  }
  return byPath;
}

/** Each title on a line, with its entries indented below, and an empty line at the end. */
function groupsText(groups: readonly (readonly [title: string, entries: string[]])[]): string {
  const lines = groups.flatMap(([title, entries]) => [
    title,
    ...entries.map((entry) => `\t${entry}`),
  ]);
  return `${lines.map((line) => `${line}\n`).join("")}\n`;
}

function hexId(id: SessionId): string {
  return `0x${javaHex(id)}`;
}
