/**
 * Rows that Edgekeeper writes per operation. One request at a time shows the cost that batching hides; pipelined is
 * what a busy client pays.
 */
import { ControlClient } from "./control-client.ts";
import { readCounters, subtractCounters } from "./counters.ts";
import { idleCase, type RowsCase, sessionCases, znodeCases } from "./rows-cases.ts";
import type { Server } from "./servers.ts";
import type { Address } from "./tcp-channel.ts";

export interface RowsResult {
  readonly title: string;
  readonly budget: number | undefined;
  /** One request at a time. */
  readonly single: RowsPerOperation;
  /** All requests at once; undefined where that means nothing. */
  readonly pipelined: RowsPerOperation | undefined;
  readonly withinBudget: boolean | undefined;
}

export interface RowsPerOperation {
  readonly rowsWritten: number;
  /** Null when the server does not count them. */
  readonly rowsRead: number | null;
  /** By all operations together: the object's one alarm is set as time goes by, not per session. */
  readonly alarmsSet: number;
  /** 0 when the server applied no batch. */
  readonly requestsPerBatch: number;
}

/** Measures all cases; the server must have no other work meanwhile. */
export async function measureRows(server: Server, http: Address): Promise<RowsResult[]> {
  const root = `/bench-rows-${process.pid.toString(36)}-${Date.now().toString(36)}`;
  const control = await ControlClient.open(server.address);
  try {
    await control.create(root, new Uint8Array(0));
    const cases = [...znodeCases(control, root), ...sessionCases(server.address, root)];
    const single = await runCases(cases, http, false);
    const pipelined = await runCases(cases, http, true);
    await control.delete(root);
    await control.close();
    const idle = idleCase(server.address);
    const idleRows = await runCase(idle, http, false);
    return [
      ...single.map((rows, index) => resultOf(cases[index] as RowsCase, rows, pipelined[index])),
      resultOf(idle, idleRows, undefined),
    ];
  } finally {
    control.destroy();
  }
}

async function runCases(
  cases: readonly RowsCase[],
  http: Address,
  atOnce: boolean,
): Promise<RowsPerOperation[]> {
  const results: RowsPerOperation[] = [];
  for (const rowsCase of cases) results.push(await runCase(rowsCase, http, atOnce));
  return results;
}

async function runCase(
  rowsCase: RowsCase,
  http: Address,
  atOnce: boolean,
): Promise<RowsPerOperation> {
  await rowsCase.setUp?.();
  const before = await readCounters(http);
  if (atOnce) await Promise.all(rowsCase.steps.map((step) => step()));
  else for (const step of rowsCase.steps) await step();
  const delta = subtractCounters(await readCounters(http), before);
  await rowsCase.tearDown?.();
  return {
    rowsWritten: delta.rowsWritten / rowsCase.operations,
    rowsRead: delta.rowsRead === null ? null : delta.rowsRead / rowsCase.operations,
    alarmsSet: delta.alarmsSet,
    requestsPerBatch: delta.batches === 0 ? 0 : delta.requests / delta.batches,
  };
}

function resultOf(
  { title, budget }: RowsCase,
  single: RowsPerOperation,
  pipelined: RowsPerOperation | undefined,
): RowsResult {
  const most = Math.max(single.rowsWritten, pipelined?.rowsWritten ?? 0);
  const withinBudget = budget === undefined ? undefined : most <= budget;
  return { title, budget, single, pipelined, withinBudget };
}
