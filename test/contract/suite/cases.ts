/**
 * All cases.
 */
import { contentionCases } from "./contention-cases.ts";
import type { ContractCases } from "./contract-case.ts";
import { coordinationCases } from "./coordination-cases.ts";
import { failureCases } from "./failure-cases.ts";
import { lockCases } from "./lock-cases.ts";
import { operationCases } from "./operation-cases.ts";
import { viewCases } from "./view-cases.ts";
import { watchCases } from "./watch-cases.ts";

export const cases: ContractCases = {
  ...operationCases,
  ...watchCases,
  ...failureCases,
  ...lockCases,
  ...coordinationCases,
  ...viewCases,
  ...contentionCases,
};
