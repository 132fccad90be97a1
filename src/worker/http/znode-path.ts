/**
 * From a URL to the path of a znode. Each segment is decoded once, and ZooKeeper's rules decide about the rest: no empty
 * segments, no `.` and `..`, no controls. An encoded slash is refused, since no name has one, and whoever looks
 * at the URL before us (a proxy, a log) may see another path in it.
 *
 * What comes here is the URL as the runtime hands it over. Where that has resolved `..` already, the namespace and the path are both read from what
 * is left, as is everything that decides about access: there is no second reading.
 */
import { isValidPath, ROOT } from "../../core/path.ts";
import { invalid } from "./problem.ts";

/** Behind `/v1/{namespace}/{resource}`, still encoded, with its slash; empty for no path. */
export function rawPathOf(url: string): string {
  const pathname = rawPathnameOf(url);
  let end = 0;
  for (let segments = 0; segments < 3; segments++) {
    end = pathname.indexOf("/", end + 1);
    if (end < 0) return "";
  }
  return pathname.slice(end);
}

/**
 * @throws ProblemError 400.
 */
export function znodePathOf(url: string): string {
  const raw = rawPathOf(url);
  if (raw === "" || raw === ROOT) return ROOT;
  const path = raw.split("/").map(decodeSegment).join("/");
  if (!isValidPath(path)) throw invalidPath(`not a path of a znode: ${JSON.stringify(path)}`);
  return path;
}

/** The path of a URL for a znode, encoded. */
export function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

function decodeSegment(segment: string): string {
  let name: string;
  try {
    name = decodeURIComponent(segment);
  } catch {
    throw invalidPath(`not UTF-8 in percent-encoding: ${segment}`);
  }
  if (name.includes("/"))
    throw invalidPath("an encoded slash: the slashes of a path stay as they are");
  return name;
}

function invalidPath(message: string) {
  return invalid({ in: "path", name: "path", message });
}

/**
 * What routes are matched with, the door in front of them and the paths of znodes: the URL's path as it came, not decoded, and without the
 * normalisation that `URL` would do. Line ends are what a route's patterns would stop at.
 */
export function rawPathnameOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const end = url.slice(start).search(/[?#]/);
  const path = end < 0 ? url.slice(start) : url.slice(start, start + end);
  return path.replace(/[\n\r\u2028\u2029]/g, encodeURIComponent);
}
