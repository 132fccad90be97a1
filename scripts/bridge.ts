/**
 * `npm run bridge`: a TCP port for ZooKeeper clients, in front of an Edgekeeper that offers WebSockets.
 */
import { bridgeHelp, parseBridgeOptions } from "./bridge/bridge-options.ts";
import { type Bridge, startBridge } from "./bridge/start-bridge.ts";
import { runCommand, UserError } from "./command.ts";
import { formatEndpoint, isLoopback, resolveHost } from "./server/host-address.ts";

const name = "edgekeeper bridge";

await runCommand(name, async (stop) => {
  const options = parseBridgeOptions(process.argv.slice(2), process.env);
  if (options === undefined) {
    process.stdout.write(bridgeHelp);
    return;
  }
  const { url, token } = options;
  const address = await resolveHost(options.host);
  const say = (line: string): void => void process.stderr.write(`${name}: ${line}\n`);
  let bridge: Bridge;
  try {
    bridge = await startBridge({ url, token, host: address, port: options.zkPort, report: say });
  } catch (error) {
    throw new UserError(describeListenFailure(error, options.host, options.zkPort));
  }
  if (!isLoopback(address)) {
    say(`warning: ${options.host} is not loopback: whoever reaches this port has full access`);
  }
  const endpoint = formatEndpoint(options.host, bridge.port);
  process.stdout.write(`${name} ready zookeeper=${endpoint} url=${url}\n`);
  await new Promise((resolve) => stop.addEventListener("abort", resolve));
  await bridge.close();
});

function describeListenFailure(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  if (code === "EADDRINUSE") return `--zk-port ${port}: in use by another program`;
  if (code === "EADDRNOTAVAIL") return `--host ${host}: not an address of this machine`;
  return `--zk-port ${port}: cannot listen there (${code})`;
}
