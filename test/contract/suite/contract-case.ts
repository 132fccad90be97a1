/**
 * What the client and the recipes promise, as cases that run wherever they do: in Node, in workerd, in a browser. So nothing here
 * uses more than the language, timers and the package itself.
 */
import type { ConnectOptions, ZooKeeper } from "../../../src/client/index.ts";

/**
 * What the way to the server can be made to do: `cut` ends all connections, in the middle of whatever they carry, and lets new
 * ones pass; `silence` lets nothing pass any more, in either direction.
 */
export type NetworkFailure = "cut" | "silence";

/** Where a case runs. */
export interface Surroundings {
  /** Of a server that the case may do anything to. */
  readonly url: string;
  readonly fail: (failure: NetworkFailure) => Promise<void>;
}

/** What a case has to play with. */
export interface World {
  /** A client of a tree that is empty in the beginning. It is closed after the case. */
  readonly connect: (options?: ConnectOptions) => Promise<ZooKeeper>;
  /** Several of them. */
  readonly connectAll: (count: number) => Promise<ZooKeeper[]>;
  readonly fail: (failure: NetworkFailure) => Promise<void>;
}

/** By name. A case fails by throwing. */
export type ContractCases = Readonly<Record<string, (world: World) => Promise<void>>>;
