/** Options of `npm start`. */
import { readFileSync } from "node:fs";
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
  --host <address>    address to listen on (127.0.0.1). On loopback everybody may come in, unless a key is given;
                      elsewhere somebody must say who (docs/security.md)
  --port <number>     port for HTTP and WebSockets (8787); 0 picks a free one
  --zk-port <number>  port for ZooKeeper clients (2181); 0 picks a free one
  --data <folder>     where the data is kept (.edgekeeper); one server at a time
  --tick-time <ms>    ZooKeeper's tickTime: session timeouts are granted between 2 and 20 ticks
                      (TICK_TIME_MS of wrangler.toml), unless MIN_SESSION_TIMEOUT_MS or
                      MAX_SESSION_TIMEOUT_MS says otherwise
  --var <NAME:value>  a variable of wrangler.toml, for example ENFORCE_QUOTA:true; may be repeated.
                      What is JSON is taken as such, other text as it is
  --vars <file>       variables in a file, a JSON object: what --var gives is seen by everybody on this machine
  --help              show this

When it is ready it prints one line:
  edgekeeper ready http=http://127.0.0.1:8787 zookeeper=127.0.0.1:2181 data=.edgekeeper access=open
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
    vars: { type: "string" },
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
    vars: {
      ...(values.vars !== undefined && readVars(values.vars)),
      ...Object.fromEntries(values.var.map(parseVar)),
    },
  };
  if (options.host === "") throw new UserError("--host must not be empty");
  if (options.data === "") throw new UserError("--data must not be empty");
  if (options.port === options.zkPort && options.port !== 0) {
    throw new UserError(`--port and --zk-port must differ: both are ${options.port}`);
  }
  return options;
}

function readVars(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new UserError(`--vars ${file}: cannot read it (${code})`);
  }
  const value = parseJSON(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new UserError(`--vars ${file}: not a JSON object`);
}

/** Undefined when it is none. What is wrong with it is not said, since that would quote it. */
function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
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
