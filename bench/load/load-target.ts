/**
 * What load is put on: one connection, whatever protocol it speaks.
 */
import type { Sink } from "../meter.ts";
import type { Workload } from "./workload.ts";

export interface LoadLimits {
  readonly inFlight: number;
  /** No request leaves after this moment of `performance.now()`. */
  readonly endAtMs: number;
  /** No more requests than this. */
  readonly operationsMax: number;
}

export interface LoadTarget {
  /**
   * Loads until a limit is reached and every reply is there; resolves with the number of replies. What goes wrong is
   * counted in `sink.errors`, unanswered requests of a lost connection included; it never rejects.
   */
  run(workload: Workload, limits: LoadLimits, sink: Sink): Promise<number>;

  /** Gives up a run that does not end by itself. */
  abort(reason: string): void;

  /** Ends the connection in order, and resolves when the server has. */
  close(): Promise<void>;

  /** Drops the connection. */
  destroy(): void;
}
