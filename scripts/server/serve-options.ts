/** Options of `npm start`. */
import { parseInteger, parseOptions, parsePort, UserError } from "../command.ts";

export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly zkPort: number;
  readonly data: string;
  /** Overrides wrangler.toml's TICK_TIME_MS. */
  readonly tickTimeMs: number | undefined;
  /** Override variables of wrangler.toml. */
  readonly vars: Readonly<Record<string, unknown>>;
}

export const serveHelp = `Usage: npm start -- [options]

Serves Edgekeeper on this machine: ZooKeeper's protocol on a TCP port, HTTP and WebSockets on another.

Options:
  --host <address>    address to listen on (127.0.0.1); whoever reaches it has access
  --port <number>     port for HTTP and WebSockets (8787); 0 picks a free one
  --zk-port <number>  port for ZooKeeper clients (2181); 0 picks a free one
  --data <folder>     where the data is kept (.edgekeeper); one server at a time
  --tick-time <ms>    ZooKeeper's tickTime: session timeouts are granted between 2 and 20 ticks
                      (TICK_TIME_MS of wrangler.toml), unless MIN_SESSION_TIMEOUT_MS or
                      MAX_SESSION_TIMEOUT_MS says otherwise
  --var <NAME:value>  a variable of wrangler.toml, for example ENFORCE_QUOTA:true; may be repeated.
                      What is JSON is taken as such, other text as it is
  --help              show this

When it is ready it prints one line:
  edgekeeper ready http=http://127.0.0.1:8787 zookeeper=127.0.0.1:2181 data=.edgekeeper
Ctrl-C or SIGTERM ends it, with exit code 0.
`;

/** Twenty ticks, the longest session timeout, must fit the protocol's 32-bit milliseconds. */
const tickTimeMsMax = Math.floor((2 ** 31 - 1) / 20);

/** Returns undefined when help was asked for. */
export function parseServeOptions(args: readonly string[]): ServeOptions | undefined {
  const values = parseOptions(args, {
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "8787" },
    "zk-port": { type: "string", default: "2181" },
    data: { type: "string", default: ".edgekeeper" },
    "tick-time": { type: "string" },
    var: { type: "string", multiple: true, default: [] },
    help: { type: "boolean", default: false },
  });
  if (values.help) return undefined;
  const tickTime = values["tick-time"];
  const options = {
    host: values.host,
    port: parsePort("--port", values.port),
    zkPort: parsePort("--zk-port", values["zk-port"]),
    data: values.data,
    tickTimeMs:
      tickTime === undefined ? undefined : parseInteger("--tick-time", tickTime, 1, tickTimeMsMax),
    vars: Object.fromEntries(values.var.map(parseVar)),
  };
  if (options.host === "") throw new UserError("--host must not be empty");
  if (options.data === "") throw new UserError("--data must not be empty");
  if (options.port === options.zkPort && options.port !== 0) {
    throw new UserError(`--port and --zk-port must differ: both are ${options.port}`);
  }
  return options;
}

/** `NAME:value`, as wrangler's own option has it. */
function parseVar(text: string): [name: string, value: unknown] {
  const [, name, value] = /^([A-Z][A-Z0-9_]*):(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new UserError(`--var must be NAME:value, not "${text}"`);
  }
  try {
    return [name, JSON.parse(value)];
  } catch {
    return [name, value]; // Text, which needs no quotes.
  }
}
