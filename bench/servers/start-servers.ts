/**
 * All servers that take turns, started or found running.
 */
import { type Server, type ServerName, startServer, useServer } from "../servers.ts";
import type { Address } from "../tcp-channel.ts";

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
  void onNote;
  const { servers, addresses, edgekeeperHttp } = choice;
  for (const name of servers) {
    if (name !== "edgekeeper" && name !== "zookeeper") continue;
    const address = addresses[name];
    const http = name === "edgekeeper" ? edgekeeperHttp : undefined;
    onServer(address ? useServer(name, address, http) : await startServer(name));
  }
}
