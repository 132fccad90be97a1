/** Options of `npm run bridge`. */
import { parseOptions, parsePort, UserError } from "../command.ts";

export interface BridgeCommandOptions {
  readonly url: string;
  readonly host: string;
  readonly zkPort: number;
  readonly token: string | undefined;
}

export const bridgeHelp = `Usage: npm run bridge -- --url <url> [options]

Lets ZooKeeper clients, which speak TCP, reach an Edgekeeper that only offers WebSockets.

Options:
  --url <url>         wss://host/v1/{namespace}/zk
  --zk-port <number>  port for ZooKeeper clients (2181); 0 picks a free one
  --host <address>    address to listen on (127.0.0.1); whoever reaches it has the token's access
  --token <token>     what the server asks for; better put into the environment as EDGEKEEPER_TOKEN
  --help              show this
`;

/** Returns undefined when help was asked for. */
export function parseBridgeOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): BridgeCommandOptions | undefined {
  const values = parseOptions(args, {
    url: { type: "string" },
    host: { type: "string", default: "127.0.0.1" },
    "zk-port": { type: "string", default: "2181" },
    token: { type: "string" },
    help: { type: "boolean", default: false },
  });
  if (values.help) return undefined;
  const { url, host } = values;
  if (url === undefined) throw new UserError("--url is missing (see --help)");
  if (!/^wss?:$/.test(URL.parse(url)?.protocol ?? "")) {
    throw new UserError(`--url takes a ws:// or wss:// address, not "${url}"`);
  }
  const token = values.token ?? environment["EDGEKEEPER_TOKEN"];
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new UserError("the token may hold neither spaces nor anything beyond ASCII");
  }
  return { url, host, zkPort: parsePort("--zk-port", values["zk-port"]), token };
}
