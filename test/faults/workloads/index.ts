/**
 * The recipes that are put under faults, by the names that `main.ts` knows them by.
 */
import type { StartWorkload } from "../workload.ts";
import { lockWorkload } from "./lock.ts";

export const WORKLOADS: Readonly<Record<string, StartWorkload>> = {
  lock: lockWorkload,
};
