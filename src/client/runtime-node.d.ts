/**
 * The little of `node:net` that the TCP transport uses. Node, Bun and Deno have it; Node's own types would bring Node's
 * globals along.
 */
declare module "node:net" {
  export interface Socket {
    write(bytes: Uint8Array): boolean;
    destroySoon(): void;
    on(event: "connect" | "close", listener: () => void): this;
    on(event: "error", listener: (error: Error) => void): this;
  }
  export interface ConnectOptions {
    readonly host: string;
    readonly port: number;
    readonly noDelay: boolean;
    /** Reads into the buffer, and calls back; goes on reading when that returns true. */
    readonly onread: {
      readonly buffer: Uint8Array;
      readonly callback: (length: number, buffer: Uint8Array) => boolean;
    };
  }
  export function connect(options: ConnectOptions): Socket;
}
