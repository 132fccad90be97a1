/**
 * Requests that nobody sends: they hang a real 3.8.0, or kill it for good, since the transaction that does is replayed at
 * every start. Each was seen or is plain from the source named.
 */
import type { RequestStep } from "./steps.ts";

const QUOTA = "/zookeeper/quota";
const QUOTA_NAMES = ["zookeeper_limits", "zookeeper_stats"];
/** Data that `StatsTrack` can parse. */
const PARSABLE = /^count=-?\d+,bytes=-?\d+(=(;(byteHardLimit|countHardLimit)=-?\d+)+)?$/;
/** `check` outside a multi is never answered; a client that says it opens or ends sessions is the server itself. */
const RAW_TYPES: ReadonlySet<number> = new Set([13, -10]);

/** Whether a request must not be sent. `resolve` turns a step's path into the one that is sent. */
export function isFatal(request: RequestStep, resolve: (path: string) => string): boolean {
  switch (request.op) {
    case "check":
      return true;
    // It would be kept, and comparing it with another path of the same hash fails.
    case "addWatch":
      return request.path === null;
    case "raw":
      return RAW_TYPES.has(request.type);
    case "create":
    case "create2":
    case "createContainer":
    case "createTTL":
    case "setData":
    case "multi":
      return isFatalWrite(request, resolve, false);
    default:
      return false;
  }
}

function isFatalWrite(
  request: RequestStep,
  resolve: (path: string) => string,
  isInMulti: boolean,
): boolean {
  switch (request.op) {
    case "multi":
      return request.ops.some((op) => isFatalWrite(op, resolve, true));
    case "setData":
      return isUnparsableQuota(request.path, request.data, resolve);
    case "create":
    case "create2":
    case "createContainer":
    case "createTTL": {
      const isTTL = request.flags === 5 || request.flags === 6;
      // `EphemeralType.TTL.toEphemeralOwner` throws in the one thread that applies transactions.
      if (request.op === "createTTL" && !isTTL && (request.ttl ?? -1) < 0) return true;
      // The multi fails as malformed, but not before some of its changes are pending.
      if (isInMulti && isTTL && request.op !== "createTTL") return true;
      const path = request.path === null ? "" : resolve(request.path);
      // `PathTrie.addPath` of the empty path throws there, too.
      if (QUOTA_NAMES.some((name) => path === `${QUOTA}/${name}`)) return true;
      return isUnparsableQuota(request.path, request.data, resolve);
    }
    default:
      return false;
  }
}

function isUnparsableQuota(
  path: string | null,
  data: string | null,
  resolve: (path: string) => string,
): boolean {
  if (path === null) return false;
  const resolved = resolve(path);
  const name = resolved.slice(resolved.lastIndexOf("/") + 1);
  if (!resolved.startsWith(QUOTA) || !QUOTA_NAMES.includes(name)) return false;
  return data === null || !PARSABLE.test(data);
}
