/**
 * What every scenario is, whatever it measures.
 */
import type { ErrorLog } from "./error-log.ts";
import type { Server } from "./servers.ts";

export interface Scenario {
  /** For `--scenario` and the JSON report. */
  readonly name: string;
  /** For the table. */
  readonly title: string;
  /** Ratio to ZooKeeper that Edgekeeper is to reach; undefined for information only. */
  readonly goal: number | undefined;

  /** Runs once. `root` names a znode that does not exist yet, for whatever the scenario needs. */
  measure(server: Server, root: string, seconds: number): Promise<Measurement>;
}

export interface Measurement {
  readonly operations: number;
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Share of the time that the generator's thread was computing. */
  readonly generatorBusy: number;
  /** Processor time that the server used per operation, in microseconds; undefined when unknown. */
  readonly serverUsPerOp: number | undefined;
  readonly errors: ErrorLog;
}
