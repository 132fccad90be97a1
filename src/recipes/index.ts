/**
 * Recipes: coordination on top of a client.
 */
export { Barrier } from "./barrier.ts";
export type { BarrierMember } from "./barrier-member.ts";
export { Counter, type CounterOptions } from "./counter.ts";
export { CounterDataError, CounterRangeError } from "./counter-format.ts";
export { DoubleBarrier } from "./double-barrier.ts";
export { IdGenerator, type IdGeneratorOptions } from "./id-generator.ts";
export { type PutOptions, Queue, type QueueOptions } from "./queue.ts";
export type { QueueClaim } from "./queue-claim.ts";
export { ItemTooLargeError, QueueFullError } from "./queue-errors.ts";
export type { WaitOptions } from "./time-limit.ts";
export {
  AlreadyVotedError,
  type TwoPhaseTransaction,
  TwoPhaseCommit,
  type Vote,
} from "./two-phase-commit.ts";
