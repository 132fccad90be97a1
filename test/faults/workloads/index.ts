/**
 * The recipes that are put under faults, by the names that `main.ts` knows them by.
 */
import type { StartWorkload } from "../workload.ts";
import { counterWorkload } from "./counter.ts";
import { doubleBarrierWorkload } from "./double-barrier.ts";
import { groupMembershipWorkload } from "./group-membership.ts";
import { leaderElectionWorkload } from "./leader-election.ts";
import { lockWorkload } from "./lock.ts";
import { multiLockWorkload } from "./multi-lock.ts";
import { queueWorkload } from "./queue.ts";
import { readWriteLockWorkload } from "./read-write-lock.ts";
import { semaphoreWorkload } from "./semaphore.ts";

export const WORKLOADS: Readonly<Record<string, StartWorkload>> = {
  counter: counterWorkload,
  "double-barrier": doubleBarrierWorkload,
  "group-membership": groupMembershipWorkload,
  "leader-election": leaderElectionWorkload,
  lock: lockWorkload,
  "multi-lock": multiLockWorkload,
  queue: queueWorkload,
  "read-write-lock": readWriteLockWorkload,
  semaphore: semaphoreWorkload,
};
