/**
 * Opens the runtime's own WebSocket, with a token if there is one.
 */
import type { WebSocketLike } from "./web-socket.ts";

const WORKER_USER_AGENT = "Cloudflare-Workers";

type Headers = Readonly<Record<string, string>>;

type WebSocketConstructor = new (
  url: string,
  options?: { readonly headers: Headers },
) => WebSocketLike;

/** What Workers add to a response. */
interface UpgradeResponse {
  readonly status: number;
  readonly webSocket?: WebSocketLike | null;
}

/**
 * @throws Error in browsers when there is a token, since they let nobody set a header.
 */
export function openRuntimeWebSocket(
  url: string,
  token: string | undefined,
): WebSocketLike | Promise<WebSocketLike> {
  const Constructor = WebSocket as WebSocketConstructor;
  if (token === undefined) return new Constructor(url);
  const headers = { authorization: `Bearer ${token}` };
  const isWorker = typeof navigator !== "undefined" && navigator.userAgent === WORKER_USER_AGENT;
  if (isWorker) return upgrade(url, headers);
  // Headers are an addition of Node, Bun and Deno; a browser takes them for a protocol and throws.
  return new Constructor(url, { headers });
}

/** As Workers do it. */
async function upgrade(url: string, headers: Headers): Promise<WebSocketLike> {
  const response: UpgradeResponse = await fetch(url.replace(/^ws/, "http"), {
    headers: { ...headers, upgrade: "websocket" },
  });
  const { status, webSocket } = response;
  if (!webSocket) throw new Error(`the upgrade was answered with ${status}`);
  return webSocket;
}
