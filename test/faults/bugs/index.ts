/**
 * The bugs that each workload must find, by its name.
 */
import {
  barrierBugs,
  counterBugs,
  doubleBarrierBugs,
  idGeneratorBugs,
  queueBugs,
  twoPhaseCommitBugs,
} from "./coordination-bugs.ts";
import {
  leaderElectionBugs,
  leaderSelectorBugs,
  lockBugs,
  multiLockBugs,
  readWriteLockBugs,
  reentrantLockBugs,
  revocableLockBugs,
  semaphoreBugs,
} from "./lock-bugs.ts";
import type { Bugs } from "./spoilt-recipes.ts";
import {
  groupMembershipBugs,
  nodeCacheBugs,
  persistentNodeBugs,
  serviceDiscoveryBugs,
  treeCacheBugs,
} from "./view-bugs.ts";

export const BUGS: Readonly<Record<string, Bugs>> = {
  barrier: barrierBugs,
  counter: counterBugs,
  "double-barrier": doubleBarrierBugs,
  "group-membership": groupMembershipBugs,
  "id-generator": idGeneratorBugs,
  "leader-election": leaderElectionBugs,
  "leader-selector": leaderSelectorBugs,
  lock: lockBugs,
  "multi-lock": multiLockBugs,
  "node-cache": nodeCacheBugs,
  "persistent-node": persistentNodeBugs,
  queue: queueBugs,
  "read-write-lock": readWriteLockBugs,
  "reentrant-lock": reentrantLockBugs,
  "revocable-lock": revocableLockBugs,
  semaphore: semaphoreBugs,
  "service-discovery": serviceDiscoveryBugs,
  "shared-semaphore": semaphoreBugs,
  "tree-cache": treeCacheBugs,
  "two-phase-commit": twoPhaseCommitBugs,
};
