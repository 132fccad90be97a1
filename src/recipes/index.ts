/**
 * Recipes: coordination on top of a client.
 */
export { Barrier } from "./barrier.ts";
export type { BarrierMember } from "./barrier-member.ts";
export { DoubleBarrier } from "./double-barrier.ts";
export type { WaitOptions } from "./time-limit.ts";
