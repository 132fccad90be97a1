/**
 * Recipes: coordination on top of a client.
 */
export type { BarrierMember } from "./barrier-member.ts";
export { Barrier } from "./barrier.ts";
export { CounterDataError, CounterRangeError } from "./counter-format.ts";
export { Counter, type CounterOptions } from "./counter.ts";
export { DoubleBarrier } from "./double-barrier.ts";
export * from "./group-membership.ts";
export { type Held, type HoldOptions, NotHeldError } from "./held.ts";
export { IdGenerator, type IdGeneratorOptions } from "./id-generator.ts";
export { type Leader, LeaderElection, type LeaderElectionOptions } from "./leader-election.ts";
export { type AcquireOptions, Lock, type LockOptions } from "./lock.ts";
export { type Acquirable, type MultiHeld, MultiLock } from "./multi-lock.ts";
export * from "./node-cache.ts";
export type { WaitOptions } from "./patience.ts";
export * from "./persistent-node.ts";
export type { QueueClaim } from "./queue-claim.ts";
export { ItemTooLargeError, QueueFullError } from "./queue-errors.ts";
export { type PutOptions, Queue, type QueueOptions } from "./queue.ts";
export { ReadWriteLock, type ReadWriteLockOptions } from "./read-write-lock.ts";
export { Semaphore, type SemaphoreOptions } from "./semaphore.ts";
export * from "./service-discovery.ts";
export type { ServiceInstance, ServiceType, UriSpec } from "./service-instance.ts";
export { ServiceProvider, type ServiceProviderOptions } from "./service-provider.ts";
export * from "./service-strategies.ts";
export * from "./tree-cache.ts";
export type { TreeChange, TreeEntry } from "./tree-entries.ts";
export {
  AlreadyVotedError,
  type TwoPhaseTransaction,
  TwoPhaseCommit,
  type Vote,
} from "./two-phase-commit.ts";
