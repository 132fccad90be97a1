import type { CallName } from "./call.ts";

/** Calls that do no harm when they are made again: they change nothing, or nothing more the second time. */
export const HARMLESS_CALLS: ReadonlySet<CallName> = new Set<CallName>([
  "getData",
  "exists",
  "getChildren",
  "countChildren",
  "getACL",
  "awaitChange",
  "renewSession",
  "renewLock",
  "inspectLock",
  "getCounter",
  "awaitBarrier",
]);
