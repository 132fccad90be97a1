/**
 * The commands of ZooKeeper's AdminServer (`Commands.java` of 3.8.0), by all their names. What concerns an ensemble is
 * answered as a standalone ZooKeeper answers it.
 */
import { adminJSON, type AdminFields } from "./admin-json.ts";
import type { AdminView } from "./admin-view.ts";
import {
  configurationFields,
  dirsFields,
  environmentFields,
  initialConfigurationText,
} from "./configuration-report.ts";
import { connectionLists, resetConnectionStatistics } from "./connection-report.ts";
import { monitorFields } from "./monitor-report.ts";
import { serverFields, statFields } from "./server-report.ts";
import { dumpFields } from "./session-report.ts";
import { watchesByPathFields, watchesBySessionFields, watchSummaryFields } from "./watch-report.ts";

/** An answer over HTTP. */
export interface AdminResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** The query of the URL. */
export type AdminArguments = ReadonlyMap<string, string>;

type RunCommand = (view: AdminView, args: AdminArguments) => AdminFields;

/** Each command under its names, the one that it answers with first. */
const COMMANDS: readonly (readonly [names: readonly [string, ...string[]], run: RunCommand])[] = [
  [["configuration", "conf", "config"], configurationFields],
  [["connection_stat_reset", "crst"], resetConnections],
  [["connections", "cons"], (view) => connectionLists(view, false)],
  [["dirs"], dirsFields],
  [["dump"], dumpFields],
  [["environment", "env", "envi"], environmentFields],
  [["get_trace_mask", "gtmk"], (view) => ({ tracemask: view.traceMask.value })],
  [["hash"], () => ({ digests: [] })],
  [["initial_configuration", "icfg"], initialConfiguration],
  [["is_read_only", "isro"], () => ({ read_only: false })],
  [["last_snapshot", "lsnp"], lastSnapshot],
  [["leader", "lead"], () => ({ error: "server is not initialized" })],
  [["monitor", "mntr"], monitorFields],
  [["observer_connection_stat_reset", "orst"], () => ({})],
  [["observers", "obsr"], () => ({ synced_observers: 0, observers: [] })],
  [["ruok"], () => ({})],
  [["server_stats", "srvr"], serverFields],
  [["set_trace_mask", "stmk"], setTraceMask],
  [["stat_reset", "srst"], resetStatistics],
  [["stats", "stat"], statFields],
  // Java's system properties; there are none.
  [["system_properties", "sysp"], () => ({})],
  [["voting_view"], () => ({ current_config: {} })],
  [["watch_summary", "wchs"], watchSummaryFields],
  [["watches", "wchc"], watchesBySessionFields],
  [["watches_by_path", "wchp"], watchesByPathFields],
  [["zabstate"], () => ({ voting: false, zabstate: "" })],
];

const BY_NAME = new Map(
  COMMANDS.flatMap(([names, run]) =>
    names.map((name) => [name, { primaryName: names[0], run }] as const),
  ),
);

/** Answers `/commands/<name>`. As with ZooKeeper, what goes wrong is said in the body alone. */
export function runAdminCommand(
  name: string,
  args: AdminArguments,
  view: AdminView,
): AdminResponse {
  const command = BY_NAME.get(name);
  if (command === undefined) {
    return response({ command: name, error: `Unknown command: ${name}` });
  }
  const fields = command.run(view, args);
  // A command's own error takes the place of none.
  return response({ ...fields, command: command.primaryName, error: fields["error"] ?? null });
}

/** Answers `/commands`: a page with a link to each command, below the path that it is served at. */
export function listAdminCommands(path: string): AdminResponse {
  const links = COMMANDS.map(([[name]]) => `<a href="${path}/${name}">${name}</a>\n<br/>\n`);
  return { status: 200, contentType: "text/html;charset=utf-8", body: links.join("") };
}

function response(fields: AdminFields): AdminResponse {
  return {
    status: 200,
    contentType: "application/json",
    body: adminJSON(fields),
  };
}

function resetConnections(view: AdminView): AdminFields {
  resetConnectionStatistics(view);
  return {};
}

function resetStatistics(view: AdminView): AdminFields {
  view.statistics.reset();
  return {};
}

function initialConfiguration(view: AdminView): AdminFields {
  return { initial_configuration: initialConfigurationText(view) };
}

/** There are no snapshots. ZooKeeper says the same of a server that has none: zxid -1, in hexadecimal. */
function lastSnapshot(): AdminFields {
  return { zxid: "ffffffffffffffff", timestamp: -1 };
}

function setTraceMask(view: AdminView, args: AdminArguments): AdminFields {
  const text = args.get("traceMask");
  const needed = "setTraceMask requires long traceMask argument";
  if (text === undefined) return { error: needed };
  const mask = parseLong(text);
  if (mask === undefined) return { error: `${needed}, got ${text}` };
  view.traceMask.value = mask;
  return { tracemask: mask };
}

/** `Long.parseLong`: a decimal number of 64 bits. */
function parseLong(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ""));
  return BigInt.asIntN(64, value) === value ? value : undefined;
}
