/**
 * The little of `node:net` that the TCP transport uses. Node, Bun and Deno have it; Node's own types would bring Node's
 * globals along.
 */
declare module "node:net" {
  export interface Socket {
    setNoDelay(on: boolean): this;
    write(bytes: Uint8Array): boolean;
    destroySoon(): void;
    on(event: "connect" | "end" | "close", listener: () => void): this;
    on(event: "data", listener: (bytes: Uint8Array) => void): this;
    on(event: "error", listener: (error: Error) => void): this;
  }
  export function connect(options: { host: string; port: number }): Socket;
}
