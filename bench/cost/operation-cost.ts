/**
 * What one operation costs, of the many that were counted together.
 */
import type { Counters } from "./counters.ts";
import { dollarsOf } from "./prices.ts";
import { scaleUsage, type Usage, usageOf } from "./usage.ts";

export interface OperationCost extends Usage {
  readonly dollarsPerMillion: number;
  /** WebSocket messages that the object received. */
  readonly messages: number;
  readonly requestsPerBatch: number;
}

export function costOf(
  counted: Counters,
  activeSeconds: number,
  operations: number,
): OperationCost {
  const usage = scaleUsage(usageOf(counted, activeSeconds), 1 / operations);
  return {
    ...usage,
    dollarsPerMillion: dollarsOf(usage) * 1e6,
    messages: counted.webSocketMessages / operations,
    requestsPerBatch: counted.batches === 0 ? 0 : counted.requests / counted.batches,
  };
}
