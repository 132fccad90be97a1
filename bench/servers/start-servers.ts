/**
 * All servers that take turns, started or found running.
 */
import { startEcho } from "../echo/echo-server.ts";
import { ETCD_MISSING, startEtcd } from "../etcd/etcd-server.ts";
import { webSocketPathOf } from "../namespace.ts";
import { type Server, type ServerName, startServer, useServer } from "../servers.ts";
import type { Address } from "../tcp-stream.ts";

export interface ServerChoice {
  readonly servers: readonly ServerName[];
  /** Of those that run somewhere already. */
  readonly addresses: { readonly [name in ServerName]?: Address };
  /** Where a running Edgekeeper answers HTTP. */
  readonly edgekeeperHttp: Address | undefined;
}

/**
 * Starts them one after another; `onServer` learns of each at once, so that it is stopped whatever follows.
 *
 * @throws Error with the command to run when ZooKeeper must be installed first.
 */
export async function startServers(
  choice: ServerChoice,
  onServer: (server: Server) => void,
  onNote: (note: string) => void,
): Promise<void> {
  let edgekeeper: Server | undefined;
  for (const name of choice.servers) {
    if (name === "zookeeper") onServer(await findServer(name, choice));
    if (name === "edgekeeper") onServer((edgekeeper = await findServer(name, choice)));
    if (name === "echo") onServer(await startEcho());
    if (name === "etcd") {
      const etcd = await startEtcd();
      if (etcd) onServer(etcd);
      else onNote(ETCD_MISSING);
    }
    if (name === "edgekeeper-ws") {
      if (edgekeeper === undefined) edgekeeper = await findServer("edgekeeper", choice);
      const server = overWebSocket(edgekeeper, choice.servers.includes("edgekeeper"));
      if (server) onServer(server);
      else
        onNote("Edgekeeper's WebSockets: not measured, name its address with --edgekeeper-http.");
    }
  }
}

async function findServer(
  name: "edgekeeper" | "zookeeper",
  { addresses, edgekeeperHttp }: ServerChoice,
): Promise<Server> {
  const address = addresses[name];
  if (address === undefined) return await startServer(name);
  return useServer(name, address, name === "edgekeeper" ? edgekeeperHttp : undefined);
}

/** The same process, and the same object; whoever has it on the list already stops it. */
function overWebSocket(edgekeeper: Server, isListed: boolean): Server | undefined {
  if (edgekeeper.http === undefined) return undefined;
  return {
    ...edgekeeper,
    name: "edgekeeper-ws",
    address: { ...edgekeeper.http, webSocketPath: webSocketPathOf() },
    stop: () => (isListed ? Promise.resolve() : edgekeeper.stop()),
  };
}
