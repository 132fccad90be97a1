/**
 * Everything that is measured about cost, as plain data.
 */
import type { Address } from "../tcp-channel.ts";
import { budgets, findExcesses, type Spending } from "./budgets.ts";
import { type IdleHour, idleHours, IDLE_TIMEOUT_MS } from "./idle-hour.ts";
import { type IdleWindow, measureIdle } from "./idle-window.ts";
import { type CostResult, measureCases } from "./measure-cost.ts";
import { prices } from "./prices.ts";
import { tcpTransport, webSocketTransport } from "./transport.ts";

export interface CostReport {
  readonly prices: typeof prices;
  readonly operations: readonly CostResult[];
  readonly idleTimeoutMs: number;
  readonly idleHours: readonly IdleHour[];
  /** What the hours are extrapolated from. */
  readonly idleWindows: readonly IdleWindow[];
  /** What was over its budget; each is a failure of the run. */
  readonly excesses: readonly string[];
}

export interface CostOptions {
  readonly zookeeper: Address;
  readonly http: Address;
  readonly onProgress: (line: string) => void;
}

/** Measures a server that has no other work meanwhile; idle sessions on servers of their own. */
export async function measureCost(options: CostOptions): Promise<CostReport> {
  const { zookeeper, http, onProgress } = options;
  // A namespace of its own: the TCP listener's has what the scenarios of load left in memory.
  const namespace = `cost-${process.pid.toString(36)}`;
  const operations: CostResult[] = [];
  for (const transport of [webSocketTransport(http, namespace), tcpTransport(zookeeper)]) {
    onProgress(`cost of operations, ${transport.name}`);
    operations.push(...(await measureCases(transport, http)));
  }
  onProgress("cost of idle sessions");
  const idleWindows = await measureIdle();
  const idle = idleWindows.map(({ sessions, counted }) => ({
    title: `${sessions} idle sessions`,
    budget: budgets.idle,
    single: counted,
    batch: undefined,
  }));
  return {
    prices,
    operations,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    idleHours: idleHours(idleWindows, operations),
    idleWindows,
    excesses: findExcesses([...operations.map(named), ...idle]),
  };
}

function named(result: CostResult): Spending {
  return { ...result, title: `${result.title} (${result.transport})` };
}
