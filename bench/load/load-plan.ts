/**
 * What a load scenario does to the tree: everything under one root that is its own, new for every run, gone after it.
 */
import type { ControlClient } from "../control-client.ts";
import type { ErrorLog } from "../error-log.ts";
import type { LoadConnection } from "./load-connection.ts";
import type { Workload } from "./workload.ts";

export interface LoadPlan {
  /** Makes what the workloads need. */
  prepare(control: ControlClient): Promise<void>;

  /** One for each connection. */
  readonly workloads: readonly Workload[];

  /** Compares the tree with what the connections were told; `operations` is the number of replies of each. */
  verify(control: ControlClient, operations: readonly number[], errors: ErrorLog): Promise<void>;

  /** Removes everything. */
  clean(
    control: ControlClient,
    connections: readonly LoadConnection[],
    operations: readonly number[],
  ): Promise<void>;
}
