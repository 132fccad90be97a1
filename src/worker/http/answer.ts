/** Answers that did not fail, and the parts that several have in common. */
import type { Calls } from "../../services/call.ts";
import { encodePath } from "./znode-path.ts";

export type Stat = Calls["getACL"]["gives"]["stat"];

/** The zxid that an answer is of, as ZooKeeper's reply headers have it. */
const ZXID_HEADER = "edgekeeper-zxid";
const STAT_HEADER = "edgekeeper-stat";

type Headers = Readonly<Record<string, string>>;

export function json(
  status: number,
  value: unknown,
  zxid: number,
  headers: Headers = {},
): Response {
  return new Response(`${JSON.stringify(value)}\n`, {
    status,
    headers: { "content-type": "application/json", [ZXID_HEADER]: String(zxid), ...headers },
  });
}

/** An answer of which headers are all. */
export function empty(status: number, zxid: number, headers: Headers = {}): Response {
  return new Response(null, { status, headers: { [ZXID_HEADER]: String(zxid), ...headers } });
}

export function bytes(data: Uint8Array, zxid: number, headers: Headers): Response {
  return new Response(data, {
    // Whatever a znode holds: a browser must not take it for a page of this server.
    headers: {
      "content-type": "application/octet-stream",
      [ZXID_HEADER]: String(zxid),
      ...headers,
    },
  });
}

/** A Stat in JSON. Our session ids are safe integers. */
export function statJSON(stat: Stat): Record<string, number> {
  return { ...stat, ephemeralOwner: Number(stat.ephemeralOwner) };
}

/** A Stat in headers. */
export function statHeaders(stat: Stat): Record<string, string> {
  const fields = Object.entries(statJSON(stat)).map(([name, value]) => `${name}=${value}`);
  return {
    [STAT_HEADER]: fields.join(", "),
    "last-modified": new Date(stat.mtime).toUTCString(),
  };
}

/** Where a znode is. */
export function locationOf(namespace: string, path: string): string {
  return `/v1/${namespace}/znodes${encodePath(path)}`;
}
