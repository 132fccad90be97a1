/**
 * What a load scenario does to the tree: everything under one root that is its own, new for every run, gone after it.
 */
import type { ErrorLog } from "../error-log.ts";
import type { LoadTarget } from "./load-target.ts";
import type { Workload } from "./workload.ts";

export interface LoadPlan<Control> {
  /** Makes what the workloads need. */
  prepare(control: Control): Promise<void>;

  /** One for each connection. */
  readonly workloads: readonly Workload[];

  /** Compares the tree with what the connections were told; `operations` is the number of replies of each. */
  verify(control: Control, operations: readonly number[], errors: ErrorLog): Promise<void>;

  /** Removes everything. */
  clean(
    control: Control,
    connections: readonly LoadTarget[],
    operations: readonly number[],
  ): Promise<void>;
}
