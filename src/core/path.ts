/**
 * Paths of znodes: validation as in ZooKeeper's `PathUtils`, and the parts of a path.
 */

/** Path of the root znode. */
export const ROOT = "/";

/**
 * Whether a path may name a znode: it is absolute and has neither a trailing slash, nor empty, `.` or `..`
 * segments, nor a character that ZooKeeper forbids (controls, surrogates, private use, U+FFF0 to U+FFFF).
 */
export function isValidPath(path: string): boolean {
  if (path.length === 0 || path.charCodeAt(0) !== SLASH) return false;
  if (path.length === 1) return true;
  if (path.charCodeAt(path.length - 1) === SLASH) return false;
  let segmentStart = 1;
  for (let i = 1; i <= path.length; i++) {
    const unit = i === path.length ? SLASH : path.charCodeAt(i);
    if (unit === SLASH) {
      if (isEmptyOrRelative(path, segmentStart, i)) return false;
      segmentStart = i + 1;
    } else if (isForbidden(unit)) {
      return false;
    }
  }
  return true;
}

/** Everything before the last slash; the root for a top-level znode. Undefined for a path without a slash. */
export function parentPath(path: string): string | undefined {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return undefined;
  return slash === 0 ? ROOT : path.slice(0, slash);
}

/** Everything behind the last slash. */
export function nodeName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Path of the child of that name. */
export function childPath(parent: string, name: string): string {
  return parent === ROOT ? `/${name}` : `${parent}/${name}`;
}

/**
 * Suffix of a sequential znode: the parent's counter as Java's `%010d` prints it, so that a counter that wrapped
 * gives the same (negative) names as ZooKeeper's.
 */
export function sequenceSuffix(counter: number): string {
  return counter < 0 ? `-${String(-counter).padStart(9, "0")}` : String(counter).padStart(10, "0");
}

const SLASH = 0x2f;
const DOT = 0x2e;

function isEmptyOrRelative(path: string, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0) return true;
  if (path.charCodeAt(start) !== DOT) return false;
  return length === 1 || (length === 2 && path.charCodeAt(start + 1) === DOT);
}

function isForbidden(unit: number): boolean {
  return (
    unit <= 0x1f ||
    (unit >= 0x7f && unit <= 0x9f) ||
    (unit >= 0xd800 && unit <= 0xf8ff) ||
    unit >= 0xfff0
  );
}
