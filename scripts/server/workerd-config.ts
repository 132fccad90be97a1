/**
 * The configuration of workerd, as Cap'n Proto text (the schema is workerd.capnp in the package `workerd`).
 */
import type { WranglerConfig } from "./wrangler-config.ts";

/** The names of the two listeners. */
export type SocketName = "http" | "zookeeper";

export interface WorkerdConfig {
  readonly wrangler: WranglerConfig;
  /** The bundle's name, in the folder that the configuration is in. */
  readonly bundle: string;
  /** Override those of wrangler.toml. */
  readonly vars: Readonly<Record<string, unknown>>;
  /** `address:port` of each listener. */
  readonly sockets: Readonly<Record<SocketName, string>>;
  readonly dataPath: string;
}

export function formatWorkerdConfig(config: WorkerdConfig): string {
  const { wrangler, sockets } = config;
  const vars = Object.entries({ ...wrangler.vars, ...config.vars });
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .mainWorker),
    (name = "disk", disk = (path = ${text(config.dataPath)}, writable = true)),
  ],
  sockets = [
    (name = "http", address = ${text(sockets.http)}, http = (), service = "main"),
    (name = "zookeeper", address = ${text(sockets.zookeeper)}, tcp = (), service = "main"),
  ],
);

const mainWorker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed ${text(config.bundle)})],
  compatibilityDate = ${text(wrangler.compatibilityDate)},
  compatibilityFlags = [${wrangler.compatibilityFlags.map(text).join(", ")}],
  bindings = [
${lines(vars, ([name, value]) => `(name = ${text(name)}, json = ${text(JSON.stringify(value))})`)}
${lines(
  wrangler.durableObjects,
  ({ binding, className }) =>
    `(name = ${text(binding)}, durableObjectNamespace = ${text(className)})`,
)}
  ],
  durableObjectNamespaces = [
${lines(
  wrangler.durableObjects,
  ({ className }) =>
    `(className = ${text(className)}, uniqueKey = ${text(uniqueKey(className))}, enableSql = true)`,
)}
  ],
  durableObjectStorage = (localDisk = "disk"),
);
`;
}

/** Object ids derive from it, and so do the names of the files: with another one all data would be out of reach. */
function uniqueKey(className: string): string {
  return `edgekeeper-${className}`;
}

function lines<Item>(items: readonly Item[], format: (item: Item) => string): string {
  return items.map((item) => `    ${format(item)},`).join("\n");
}

/** A string literal: Cap'n Proto escapes as C does, and takes other UTF-8 as it is. */
function text(value: string): string {
  // oxlint-disable-next-line no-control-regex -- Control characters are what has to be escaped.
  const escaped = value.replace(/["\\\u0000-\u001f\u007f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `"${escaped}"`;
}
