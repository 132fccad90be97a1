/**
 * What is counted of all connections together (`ServerStats`, `ServerMetrics`). It is on the way of every request, so it
 * is a few additions.
 */
import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/op-code.ts";
import type { Zxid } from "../../protocol/records.ts";
import type { ConnectionStatistics } from "./connection-statistics.ts";
import { LatencyCounter } from "./latency-counter.ts";
import { isUpdate, operationName } from "./operation-name.ts";

/** Bytes of replies, each with its length; -1 while there was none (`BufferStats`). */
export interface ResponseSizes {
  readonly last: number;
  readonly min: number;
  readonly max: number;
}

/** A request with its reply. */
export interface Answer {
  readonly type: number;
  readonly xid: number;
  /** When the request was read, in milliseconds since 1970. */
  readonly readMs: number;
  readonly zxid: Zxid;
  readonly err: number;
  /** Of the reply with its length. */
  readonly bytes: number;
}

export class ServerStatistics {
  packetsReceived = 0;
  packetsSent = 0;
  bytesReceived = 0;
  /** Bytes of replies to requests, each with its length. */
  responseBytes = 0;
  /** Bytes of watch events, each with its length. */
  watchBytes = 0;
  /** Handshakes that asked for a session, new or old. */
  connectionRequests = 0;
  /** Of these, those that asked for an old one. */
  connectionRevalidations = 0;
  /** Connections beyond what their address may have. */
  connectionsRejected = 0;
  /** Connections that their clients ended without closing the session. */
  connectionsDropped = 0;
  /** Sessions that were not heard of in time. */
  sessionsExpired = 0;
  /** Connections that opened no session in time. */
  sessionlessConnectionsExpired = 0;

  /** Requests that were not looked at because too many others waited. */
  operationsThrottled = 0;

  readonly readLatency = new LatencyCounter();
  readonly updateLatency = new LatencyCounter();
  #lastResponseBytes = -1;
  #minResponseBytes = -1;
  #maxResponseBytes = -1;

  /** Of every request, reads and writes. */
  get latency(): LatencyCounter {
    return LatencyCounter.sum(this.readLatency, this.updateLatency);
  }

  get responseSizes(): ResponseSizes {
    return {
      last: this.#lastResponseBytes,
      min: this.#minResponseBytes,
      max: this.#maxResponseBytes,
    };
  }

  /** Counts a frame that came in; `bytes` counts its length, too. */
  received(connection: ConnectionStatistics, bytes: number): void {
    connection.packetsReceived += 1;
    this.packetsReceived += 1;
    this.bytesReceived += bytes;
  }

  /** Counts a frame that answers no request: the reply to a handshake that resumed a session, or found it expired. */
  sent(connection: ConnectionStatistics): void {
    connection.packetsSent += 1;
    this.packetsSent += 1;
  }

  /** Counts a watch event; `bytes` counts its length, too. */
  notified(connection: ConnectionStatistics, bytes: number): void {
    this.sent(connection);
    this.watchBytes += bytes;
  }

  /** Counts the reply to a handshake that opened a session, and that was read at `readMs`. */
  connected(connection: ConnectionStatistics, readMs: number, zxid: Zxid, nowMs: number): void {
    this.sent(connection);
    const answer = { type: OpCode.createSession, xid: 0, readMs, zxid, err: ErrorCode.ok };
    this.#measure(connection, answer, nowMs);
  }

  /**
   * Counts a reply to a request. The latency ends when the reply is given: what it then waits until it is durable is
   * not in it, as ZooKeeper's sync to disk would be.
   */
  answered(connection: ConnectionStatistics, answer: Answer, nowMs: number): void {
    const { bytes, type } = answer;
    this.sent(connection);
    // These are answered on the way to where operations are counted.
    if (type === OpCode.auth || type === OpCode.sasl) return;
    this.responseBytes += bytes;
    this.#lastResponseBytes = bytes;
    if (this.#minResponseBytes < 0 || bytes < this.#minResponseBytes) {
      this.#minResponseBytes = bytes;
    }
    if (bytes > this.#maxResponseBytes) this.#maxResponseBytes = bytes;
    this.#measure(connection, answer, nowMs);
  }

  /** `srst`. Connections keep what they counted. */
  reset(): void {
    this.packetsReceived = 0;
    this.packetsSent = 0;
    this.bytesReceived = 0;
    this.responseBytes = 0;
    this.watchBytes = 0;
    this.connectionRequests = 0;
    this.connectionRevalidations = 0;
    this.connectionsRejected = 0;
    this.connectionsDropped = 0;
    this.sessionsExpired = 0;
    this.sessionlessConnectionsExpired = 0;
    this.operationsThrottled = 0;
    this.readLatency.reset();
    this.updateLatency.reset();
    this.#lastResponseBytes = -1;
    this.#minResponseBytes = -1;
    this.#maxResponseBytes = -1;
  }

  #measure(connection: ConnectionStatistics, answer: Omit<Answer, "bytes">, nowMs: number): void {
    const { type, xid, zxid, err } = answer;
    const latencyMs = Math.max(0, nowMs - answer.readMs);
    (isUpdate(type) ? this.updateLatency : this.readLatency).add(latencyMs);
    connection.answered(operationName(type, err), xid, zxid, latencyMs, nowMs);
  }
}
