/**
 * Where to connect: the URL that a user gives, taken apart.
 */
export interface ConnectionString {
  readonly kind: "tcp" | "webSocket";
  /** `host:port` of each server, or the one URL of a WebSocket. */
  readonly addresses: readonly string[];
  /** Empty for none. */
  readonly chroot: string;
}

const ZOOKEEPER_PORT = 2181;
const TCP = /^zk:\/\/([^/?#]+)(\/[^?#]*)?$/;
const WEB_SOCKET = /^(ws|http)(s?):\/\/([^/?#]+)([^?#]*)(\?[^#]*)?$/;

/**
 * Reads `zk://host:2181,host2/chroot` or `wss://host/v1/namespace`; http and https stand for ws and wss.
 *
 * @throws TypeError when it is neither.
 */
export function parseConnectionString(url: string): ConnectionString {
  const tcp = TCP.exec(url);
  if (tcp !== null) {
    const [, hosts = "", chroot = ""] = tcp;
    return { kind: "tcp", addresses: hosts.split(",").map(withPort), chroot };
  }
  const webSocket = WEB_SOCKET.exec(url);
  if (webSocket === null) {
    throw new TypeError(`not an address of a server: ${url}; say wss://host/v1/name or zk://host`);
  }
  const [, , secure = "", host = "", path = "", query = ""] = webSocket;
  return {
    kind: "webSocket",
    addresses: [`ws${secure}://${host}${endpointOf(path)}${query}`],
    chroot: "",
  };
}

/** `/chroot` without a trailing slash; empty for the root. */
export function normalizeChroot(chroot: string): string {
  const path = chroot.replace(/\/$/, "");
  if (path !== "" && !path.startsWith("/")) {
    throw new TypeError(`a chroot begins with a slash: ${chroot}`);
  }
  return path;
}

function withPort(host: string): string {
  if (host === "") throw new TypeError("an empty host among the servers");
  return /:\d+$/.test(host) ? host : `${host}:${ZOOKEEPER_PORT}`;
}

/** The namespace's endpoint, whose last part may be left out. */
function endpointOf(path: string): string {
  const trimmed = path.replace(/\/$/, "");
  if (trimmed === "") return "/v1/default/zk";
  return /^\/v1\/[^/]+$/.test(trimmed) ? `${trimmed}/zk` : trimmed;
}
