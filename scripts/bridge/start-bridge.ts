/**
 * Lets ZooKeeper clients, which speak TCP, reach an Edgekeeper that only offers WebSockets.
 */
import { createServer, type Socket } from "node:net";
import { BridgedConnection } from "./bridged-connection.ts";
import { Upstream } from "./upstream.ts";

export interface BridgeOptions {
  /** `wss://host/v1/{namespace}/zk` */
  readonly url: string;
  /** The address to listen on. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** What the server asks for, unless it is open to everybody. */
  readonly token?: string | undefined;
  /** Takes one line about each connection that failed. */
  readonly report?: (line: string) => void;
}

export interface Bridge {
  readonly port: number;
  /** Closes everything at once. */
  close(): Promise<void>;
}

/** Resolves when it listens; rejects with the system's error when it cannot. Each client gets a WebSocket of its own. */
export async function startBridge(options: BridgeOptions): Promise<Bridge> {
  const upstream = new Upstream(options.url, options.token);
  const report = options.report ?? (() => {});
  const connections = new Set<BridgedConnection>();
  const accept = (client: Socket): void => {
    const connection = new BridgedConnection(client, upstream, report);
    connections.add(connection);
    client.once("close", () => connections.delete(connection));
  };
  const server = createServer({ noDelay: true, pauseOnConnect: true }, accept);
  const port = await new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      const address = server.address();
      if (typeof address === "object" && address !== null) resolve(address.port);
    });
  });
  return {
    port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };
}
