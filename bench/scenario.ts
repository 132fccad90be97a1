/**
 * What every scenario is, whatever it measures.
 */
import type { ErrorLog } from "./error-log.ts";
import type { Protocol, Server } from "./servers.ts";

export interface Scenario {
  /** For `--scenario` and the JSON report. */
  readonly name: string;
  /** For the table. */
  readonly title: string;
  /** What its figure is: operations per second by default. */
  readonly figure: Figure;
  /** Ratios that Edgekeeper is to reach; none for information only. */
  readonly goals: Goals;
  /** Whether Edgekeeper's p99 may not be above ZooKeeper's. */
  readonly limitsP99: boolean;
  /** How it runs on servers of each protocol; those of a protocol that is missing are left out. */
  readonly runs: { readonly [protocol in Protocol]?: Run };
}

/** Runs once. `root` names a znode that does not exist yet, for whatever the scenario needs. */
export type Run = (server: Server, root: string, seconds: number) => Promise<Measurement>;

export interface Figure {
  readonly unit: string;
  readonly better: "higher" | "lower";
  /** Digits behind the point. */
  readonly digits: number;
}

/** By the name of the server that Edgekeeper is compared with. */
export interface Goals {
  readonly zookeeper?: number;
  readonly echo?: number;
}

export const operationsPerSecond: Figure = { unit: "op/s", better: "higher", digits: 0 };

export interface Measurement {
  readonly operations: number;
  /** In the unit of the scenario's figure. */
  readonly value: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Share of the time that the generator's thread was computing: well below 1, or it is the bottleneck. */
  readonly generatorBusy: number;
  /** Processor time that the server used per operation, in microseconds; undefined when unknown. */
  readonly serverUsPerOp: number | undefined;
  readonly errors: ErrorLog;
}
