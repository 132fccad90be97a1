/**
 * What operations cost, one at a time and in batches: the first shows what batching hides, the second is what a busy
 * client pays.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Address } from "../tcp-channel.ts";
import type { Budget } from "./budgets.ts";
import type { CostCase, CostPlan, CostScene, Mode } from "./cost-case.ts";
import { type Counters, readCounters, subtractCounters } from "./counters.ts";
import { lockCases } from "./lock-cases.ts";
import { costOf, type OperationCost } from "./operation-cost.ts";
import { sessionCases, textPingCase } from "./session-cases.ts";
import { openClient, type Transport, type TransportName } from "./transport.ts";
import { watchCases } from "./watch-cases.ts";
import { childrenCase, znodeCases } from "./znode-cases.ts";

export interface CostResult {
  readonly transport: TransportName;
  readonly name: string;
  readonly title: string;
  readonly budget: Budget | undefined;
  /** One request at a time. */
  readonly single: OperationCost;
  /** All requests at once; undefined where that means nothing. */
  readonly batch: OperationCost | undefined;
}

/** How long the server may take to notice that a connection has gone. */
const SETTLE_MS = 50;

/** Measures all cases; the namespace must have no other work meanwhile. */
export async function measureCases(transport: Transport, http: Address): Promise<CostResult[]> {
  const root = `/cost-${process.pid.toString(36)}-${Date.now().toString(36)}`;
  const control = await openClient(transport);
  try {
    await control.create(root, new Uint8Array(0));
    const cases = casesOf({ transport, control, root }, http);
    const single = await runCases(cases, transport, http, "single");
    const batch = await runCases(cases, transport, http, "batch");
    await control.delete(root);
    await control.close();
    return cases.flatMap(({ name, title, budget }) => {
      const alone = single.get(name) ?? batch.get(name);
      if (alone === undefined) return [];
      const together = single.has(name) ? batch.get(name) : undefined;
      return [{ transport: transport.name, name, title, budget, single: alone, batch: together }];
    });
  } finally {
    control.destroy();
  }
}

function casesOf(scene: CostScene, http: Address): CostCase[] {
  const { transport } = scene;
  return [
    ...znodeCases(scene),
    childrenCase(scene),
    textPingCase(http, transport.namespace),
    ...watchCases(scene),
    ...sessionCases(scene),
    ...lockCases(scene),
  ].filter(({ only }) => only === undefined || only === transport.name);
}

async function runCases(
  cases: readonly CostCase[],
  transport: Transport,
  http: Address,
  mode: Mode,
): Promise<Map<string, OperationCost>> {
  const results = new Map<string, OperationCost>();
  for (const costCase of cases) {
    const planned = costCase.plan(mode);
    if (planned === undefined) continue;
    const read = (): Promise<Counters> => readCounters(http, transport.namespace);
    results.set(costCase.name, await runPlan(planned, read, mode));
  }
  return results;
}

async function runPlan(
  { operations, steps, setUp, tearDown }: CostPlan,
  read: () => Promise<Counters>,
  mode: Mode,
): Promise<OperationCost> {
  await setUp?.();
  await delay(SETTLE_MS);
  const before = await read();
  const startedMs = performance.now();
  if (mode === "batch") await Promise.all(steps.map((step) => step()));
  else for (const step of steps) await step();
  // An upper bound: the object is taken to run from the first request to the last reply.
  const activeSeconds = (performance.now() - startedMs) / 1000;
  await delay(SETTLE_MS);
  const counted = subtractCounters(await read(), before);
  await tearDown?.();
  return costOf(counted, activeSeconds, operations);
}
