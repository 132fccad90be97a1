/**
 * A TCP proxy that a test can make fail: cut what is connected, refuse what comes, or swallow everything in silence.
 */
import { connect, createServer, type Server, type Socket } from "node:net";

export class FaultyProxy implements AsyncDisposable {
  /** `refuse` ends new connections at once; `silence` passes nothing on, in either direction. */
  mode: "pass" | "refuse" | "silence" = "pass";
  /** Connections that came so far. */
  accepted = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(host: string, port: number): Promise<FaultyProxy> {
    const server = createServer();
    const proxy = new FaultyProxy(server);
    server.on("connection", (client) => proxy.#accept(client, host, port));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    return address.port;
  }

  /** Ends all connections, in the middle of whatever they carry. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket, host: string, port: number): void {
    this.accepted++;
    if (this.mode === "refuse") {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ host, port });
    this.#join(client, upstream);
    this.#join(upstream, client);
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on("data", (bytes) => {
      if (this.mode !== "silence") to.write(bytes);
    });
    from.on("error", () => {
      // A reset: "close" follows.
    });
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
