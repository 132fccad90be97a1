/** The cases as tests, of some runtime. */
import { afterAll, beforeAll, test } from "vitest";
import type { ContractRuntime } from "./runtimes/contract-runtime.ts";
import { cases } from "./suite/cases.ts";

/** Starts the runtime before the first case, and ends it after the last. */
export function describeContract(start: () => Promise<ContractRuntime>): void {
  let runtime: ContractRuntime | undefined;
  beforeAll(async () => {
    runtime = await start();
  });
  afterAll(async () => {
    await runtime?.[Symbol.asyncDispose]();
  });
  test.each(Object.keys(cases))("%s", async (name) => {
    if (runtime === undefined) throw new Error("the runtime has not started");
    const problem = await runtime.run(name);
    if (problem !== undefined) throw new Error(problem);
  });
}
