/**
 * The way in: a client of the server that a URL names.
 */
import { FRAME_BYTES_MAX } from "../protocol/limits.ts";
import { Chroot } from "./chroot.ts";
import { systemClock } from "./clock.ts";
import type { ConnectOptions } from "./connect-options.ts";
import {
  type ConnectionString,
  normalizeChroot,
  parseConnectionString,
} from "./connection-string.ts";
import { SessionKeeper } from "./session-keeper.ts";
import { openRuntimeWebSocket } from "./transport/runtime-web-socket.ts";
import type { OpenTransport } from "./transport/transport.ts";
import { webSocketTransport } from "./transport/web-socket.ts";
import { whenConnected } from "./when-connected.ts";
import { ZooKeeper } from "./zookeeper.ts";

const SESSION_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const BACKOFF_INITIAL_MS = 100;
const BACKOFF_MAX_MS = 5_000;

/**
 * Connects to a server: `wss://host/v1/namespace` (also `ws`, `https`, `http`), or `zk://host:2181,host2:2181/chroot` where
 * there is TCP. Resolves when the first session is open, which the client then keeps up by itself.
 *
 * @throws TypeError for a URL that is neither; ConnectionLossError when there was no session within `requestTimeoutMs`;
 * AuthFailedError; RequestAbortedError.
 *
 * @example
 * await using zk = await connect("wss://edgekeeper.example.com/v1/default");
 * await zk.create("/greeting", "hello");
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<ZooKeeper> {
  const { reconnect, signal } = options;
  const target = parseConnectionString(url);
  const chroot = new Chroot(normalizeChroot(target.chroot) + normalizeChroot(options.chroot ?? ""));
  const keeper = new SessionKeeper({
    addresses: target.addresses,
    openTransport: options.transport ?? (await transportOf(target, options)),
    sessionTimeoutMs: options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS,
    requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    requestBytesMax: options.requestBytesMax ?? FRAME_BYTES_MAX,
    backoff: {
      initialMs: reconnect?.initialMs ?? BACKOFF_INITIAL_MS,
      maxMs: reconnect?.maxMs ?? BACKOFF_MAX_MS,
    },
    credentials: options.auth ?? [],
    chroot,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  });
  const zk = new ZooKeeper(keeper, chroot);
  try {
    await whenConnected(keeper, { signal });
  } catch (error) {
    await zk.close();
    throw error;
  }
  return zk;
}

async function transportOf(
  { kind }: ConnectionString,
  { webSocket, token }: ConnectOptions,
): Promise<OpenTransport> {
  if (kind === "webSocket") {
    return webSocketTransport(webSocket ?? ((url) => openRuntimeWebSocket(url, token)));
  }
  // Not part of what is loaded where it is not used.
  return (await import("./transport/tcp-node.ts")).openTcp;
}
