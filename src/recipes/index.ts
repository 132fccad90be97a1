/**
 * Recipes: coordination on top of a client.
 */
export { type Held, type HoldOptions, NotHeldError } from "./held.ts";
export { type Leader, LeaderElection, type LeaderElectionOptions } from "./leader-election.ts";
export { type AcquireOptions, Lock, type LockOptions } from "./lock.ts";
export { type Acquirable, type MultiHeld, MultiLock } from "./multi-lock.ts";
export type { WaitOptions } from "./patience.ts";
export { ReadWriteLock, type ReadWriteLockOptions } from "./read-write-lock.ts";
export { Semaphore, type SemaphoreOptions } from "./semaphore.ts";
