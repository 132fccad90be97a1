/**
 * Options of a client.
 */
import type { Clock } from "./clock.ts";
import type { WebSocketLike } from "./transport/web-socket.ts";
import type { OpenTransport } from "./transport/transport.ts";

export interface Credential {
  readonly scheme: string;
  /** A string is its UTF-8; of scheme `digest` it is `user:password`. */
  readonly auth: Uint8Array | string;
}

export interface ConnectOptions {
  /** What to ask for; the server grants what is within its limits. Default: 10,000. */
  readonly sessionTimeoutMs?: number | undefined;
  /** How long an operation may take unless it says otherwise, and `connect` itself. Default: 30,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Gives up connecting. Afterwards it has no meaning: `close` ends a client. */
  readonly signal?: AbortSignal | undefined;
  /** A path that all paths are below, invisibly; it is not created. Behind the address in a `zk://` URL as well. */
  readonly chroot?: string | undefined;
  /** Proven on every connection before anything else. */
  readonly auth?: readonly Credential[] | undefined;
  /** Sent as `Authorization: Bearer` with the WebSocket's upgrade. Browsers cannot send it. */
  readonly token?: string | undefined;
  /** Pauses between attempts to connect. Default: 100 and 5,000. */
  readonly reconnect?: { readonly initialMs?: number; readonly maxMs?: number } | undefined;
  /** Largest request in bytes, the server's `jute.maxbuffer`. Default: 1,048,575. */
  readonly requestBytesMax?: number | undefined;
  /** Opens WebSockets instead of the runtime's own: a service binding's, say. */
  readonly webSocket?: ((url: string) => WebSocketLike | Promise<WebSocketLike>) | undefined;
  /** Opens connections instead of all the above: for tests. */
  readonly transport?: OpenTransport | undefined;
  readonly clock?: Clock | undefined;
  /** At least 0 and below 1. Default: `Math.random`. */
  readonly random?: (() => number) | undefined;
}
