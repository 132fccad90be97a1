/**
 * `conf`, `dirs` and `envi`: how the server was set up, and where it runs.
 */
import type { AdminFields } from "./admin-json.ts";
import type { AdminView } from "./admin-view.ts";

/** ZooKeeper's word for what is not limited, or not there. */
const NONE = -1;

/** The id of a server that is in no ensemble. */
const SERVER_ID = 0;

/** The data and what a log would hold are in one database: no log is beside it. */
const LOG_DIR_SIZE = 0;

/** `conf` (`ZooKeeperServer.dumpConf`). */
export function configurationText(view: AdminView): string {
  const { settings } = view;
  return propertyLines([
    ["clientPort", settings.clientPort],
    ["secureClientPort", NONE],
    ["dataDir", settings.dataDir],
    ["dataDirSize", view.dataDirSize()],
    ["dataLogDir", settings.dataDir],
    ["dataLogSize", LOG_DIR_SIZE],
    ["tickTime", settings.tickTimeMs],
    ["maxClientCnxns", settings.maxClientCnxns],
    ["minSessionTimeout", settings.minSessionTimeoutMs],
    ["maxSessionTimeout", settings.maxSessionTimeoutMs],
    ["clientPortListenBacklog", NONE],
    ["serverId", SERVER_ID],
  ]);
}

/** The AdminServer's `configuration` (`ZooKeeperServerConf`). */
export function configurationFields(view: AdminView): AdminFields {
  const { settings } = view;
  return {
    client_port: settings.clientPort,
    data_dir: settings.dataDir,
    data_log_dir: settings.dataDir,
    tick_time: settings.tickTimeMs,
    max_client_cnxns: settings.maxClientCnxns,
    min_session_timeout: settings.minSessionTimeoutMs,
    max_session_timeout: settings.maxSessionTimeoutMs,
    server_id: SERVER_ID,
    client_port_listen_backlog: NONE,
  };
}

/** The settings as a zoo.cfg would have them; there is no such file. */
export function initialConfigurationText(view: AdminView): string {
  const { settings } = view;
  return propertyLines([
    ["tickTime", settings.tickTimeMs],
    ["minSessionTimeout", settings.minSessionTimeoutMs],
    ["maxSessionTimeout", settings.maxSessionTimeoutMs],
    ["maxClientCnxns", settings.maxClientCnxns],
    ["clientPort", settings.clientPort],
    ["dataDir", settings.dataDir],
    ["4lw.commands.whitelist", settings.fourLetterWords],
  ]);
}

/** `dirs`. */
export function dirsText(view: AdminView): string {
  return `datadir_size: ${view.dataDirSize()}\nlogdir_size: ${LOG_DIR_SIZE}\n`;
}

export function dirsFields(view: AdminView): AdminFields {
  return { datadir_size: view.dataDirSize(), logdir_size: LOG_DIR_SIZE };
}

/**
 * `envi`. The names are ZooKeeper's; not there is what only a Java runtime has (`java.*`), and what an object is not
 * told of the machine (`os.*`, `user.*`).
 */
export function environmentText(view: AdminView): string {
  return `Environment:\n${propertyLines(environment(view))}`;
}

export function environmentFields(view: AdminView): AdminFields {
  return Object.fromEntries(environment(view));
}

function environment(view: AdminView): readonly (readonly [name: string, value: string])[] {
  return [["zookeeper.version", view.version], ...view.environment];
}

function propertyLines(entries: readonly (readonly [name: string, value: unknown])[]): string {
  return entries.map(([name, value]) => `${name}=${String(value)}\n`).join("");
}
