/**
 * What is counted of one connection (`ServerCnxn`).
 */
import type { Zxid } from "../../protocol/records.ts";
import { LatencyCounter } from "./latency-counter.ts";

export class ConnectionStatistics {
  /** In milliseconds since 1970. */
  readonly establishedMs: number;
  readonly latency = new LatencyCounter();
  packetsReceived = 0;
  packetsSent = 0;
  /** ZooKeeper's name of the last operation; null before the first. */
  lastOperation: string | null = null;
  /** xid of the last request that was numbered by the client; -1 after a reset. */
  lastCxid = 0;
  /** zxid in the last reply; -1 after a reset. */
  lastZxid: Zxid = 0;
  /** When the last reply was given, in milliseconds since 1970; 0 when there is none. */
  lastResponseMs = 0;
  lastLatencyMs = 0;

  constructor(establishedMs: number) {
    this.establishedMs = establishedMs;
  }

  answered(operation: string, xid: number, zxid: Zxid, latencyMs: number, nowMs: number): void {
    // Pings and the like have reserved xids, which say nothing of how far the client is.
    if (xid >= 0) this.lastCxid = xid;
    this.lastZxid = zxid;
    this.lastOperation = operation;
    this.lastResponseMs = nowMs;
    this.lastLatencyMs = latencyMs;
    this.latency.add(latencyMs);
  }

  reset(): void {
    this.latency.reset();
    this.packetsReceived = 0;
    this.packetsSent = 0;
    this.lastOperation = "NA";
    this.lastCxid = -1;
    this.lastZxid = -1;
    this.lastResponseMs = 0;
    this.lastLatencyMs = 0;
  }
}
