/**
 * The recipes that are put under faults, by the names that `main.ts` knows them by.
 */
import type { StartWorkload } from "../workload.ts";
import { barrierWorkload } from "./barrier.ts";
import { counterWorkload } from "./counter.ts";
import { doubleBarrierWorkload } from "./double-barrier.ts";
import { groupMembershipWorkload } from "./group-membership.ts";
import { idGeneratorWorkload } from "./id-generator.ts";
import { leaderElectionWorkload } from "./leader-election.ts";
import { leaderSelectorWorkload } from "./leader-selector.ts";
import { lockWorkload } from "./lock.ts";
import { multiLockWorkload } from "./multi-lock.ts";
import { nodeCacheWorkload } from "./node-cache.ts";
import { persistentNodeWorkload } from "./persistent-node.ts";
import { queueWorkload } from "./queue.ts";
import { readWriteLockWorkload } from "./read-write-lock.ts";
import { reentrantLockWorkload } from "./reentrant-lock.ts";
import { revocableLockWorkload } from "./revocable-lock.ts";
import { semaphoreWorkload, sharedSemaphoreWorkload } from "./semaphore.ts";
import { serviceDiscoveryWorkload } from "./service-discovery.ts";
import { treeCacheWorkload } from "./tree-cache.ts";
import { twoPhaseCommitWorkload } from "./two-phase-commit.ts";

export const WORKLOADS: Readonly<Record<string, StartWorkload>> = {
  barrier: barrierWorkload,
  counter: counterWorkload,
  "double-barrier": doubleBarrierWorkload,
  "group-membership": groupMembershipWorkload,
  "id-generator": idGeneratorWorkload,
  "leader-election": leaderElectionWorkload,
  "leader-selector": leaderSelectorWorkload,
  lock: lockWorkload,
  "multi-lock": multiLockWorkload,
  "node-cache": nodeCacheWorkload,
  "persistent-node": persistentNodeWorkload,
  queue: queueWorkload,
  "read-write-lock": readWriteLockWorkload,
  "reentrant-lock": reentrantLockWorkload,
  "revocable-lock": revocableLockWorkload,
  semaphore: semaphoreWorkload,
  "service-discovery": serviceDiscoveryWorkload,
  "shared-semaphore": sharedSemaphoreWorkload,
  "tree-cache": treeCacheWorkload,
  "two-phase-commit": twoPhaseCommitWorkload,
};
