/** All operations, in the order of the document. */
import { acl } from "./acl.ts";
import { barriers } from "./barriers.ts";
import { children } from "./children.ts";
import { events } from "./events.ts";
import { locks } from "./locks.ts";
import type { Operation } from "./operation.ts";
import { queues } from "./queues.ts";
import { sessions } from "./sessions.ts";
import { sharedCounters } from "./shared-counters.ts";
import { transactions } from "./transactions.ts";
import { znodes } from "./znodes.ts";

export const operations: readonly Operation[] = [
  ...znodes,
  ...children,
  ...acl,
  ...transactions,
  ...events,
  ...sessions,
  ...locks,
  ...sharedCounters,
  ...barriers,
  ...queues,
];
