import { describe, expect, it } from "vitest";
import { ConnectionStatistics } from "../../../../src/objects/admin/connection-statistics.ts";
import { LatencyCounter } from "../../../../src/objects/admin/latency-counter.ts";
import { operationName } from "../../../../src/objects/admin/operation-name.ts";
import { ServerStatistics } from "../../../../src/objects/admin/server-statistics.ts";
import { ErrorCode } from "../../../../src/protocol/error-code.ts";
import { OpCode } from "../../../../src/protocol/op-code.ts";

const READ_MS = 1_000_000;

function answerOf(type: number, xid: number): Parameters<ServerStatistics["answered"]>[1] {
  return { type, xid, readMs: READ_MS, zxid: 9, err: ErrorCode.ok, bytes: 100 };
}

describe("LatencyCounter", () => {
  it("has the least, the mean to four places and the greatest", () => {
    const counter = new LatencyCounter();
    for (const latency of [4, 1, 2]) counter.add(latency);
    expect([counter.minMs, counter.meanMs, counter.maxMs]).toEqual([1, 2.3333, 4]);
    expect([counter.count, counter.totalMs]).toEqual([3, 7]);
  });

  it("has zeros before anything is counted, and after a reset", () => {
    const counter = new LatencyCounter();
    const zeros = { minMs: 0, meanMs: 0, maxMs: 0, count: 0, totalMs: 0 };
    expect(counter).toMatchObject(zeros);
    counter.add(5);
    expect(counter).not.toMatchObject(zeros);
    counter.reset();
    expect(counter).toMatchObject(zeros);
  });

  it("adds up with one that has counted nothing", () => {
    const counter = new LatencyCounter();
    counter.add(3);
    const sum = LatencyCounter.sum(new LatencyCounter(), counter);
    expect([sum.minMs, sum.meanMs, sum.maxMs, sum.count]).toEqual([3, 3, 3, 1]);
  });
});

describe("ServerStatistics", () => {
  it("counts packets and bytes for the server and for the connection", () => {
    const server = new ServerStatistics();
    const [one, other] = [new ConnectionStatistics(0), new ConnectionStatistics(0)];
    server.received(one, 48);
    server.sent(one);
    server.received(other, 20);
    server.answered(other, answerOf(OpCode.getData, 1), READ_MS);
    server.notified(one, 60);
    expect([server.packetsReceived, server.packetsSent]).toEqual([2, 3]);
    expect([one.packetsReceived, one.packetsSent]).toEqual([1, 2]);
    expect([other.packetsReceived, other.packetsSent]).toEqual([1, 1]);
    expect([server.bytesReceived, server.responseBytes, server.watchBytes]).toEqual([68, 100, 60]);
  });

  it("keeps latencies of reads and updates apart, and shows them together", () => {
    const server = new ServerStatistics();
    const connection = new ConnectionStatistics(0);
    server.answered(connection, answerOf(OpCode.setData, 1), READ_MS + 8);
    server.answered(connection, answerOf(OpCode.exists, 2), READ_MS + 2);
    expect([server.updateLatency.totalMs, server.readLatency.totalMs]).toEqual([8, 2]);
    expect([server.latency.minMs, server.latency.meanMs, server.latency.maxMs]).toEqual([2, 5, 8]);
    expect([connection.lastLatencyMs, connection.latency.maxMs]).toEqual([2, 8]);
  });

  it("counts no latency below zero when the clock was set back", () => {
    const server = new ServerStatistics();
    server.answered(new ConnectionStatistics(0), answerOf(OpCode.exists, 1), READ_MS - 5);
    expect([server.latency.minMs, server.latency.totalMs]).toEqual([0, 0]);
  });

  it("measures a handshake as an update, and not the size of its reply", () => {
    const server = new ServerStatistics();
    const connection = new ConnectionStatistics(0);
    server.connected(connection, READ_MS, 4, READ_MS + 6);
    expect(server.updateLatency.totalMs).toBe(6);
    expect([server.packetsSent, connection.packetsSent, server.responseBytes]).toEqual([1, 1, 0]);
    expect(server.responseSizes.last).toBe(-1);
    expect(connection).toMatchObject({ lastOperation: "SESS", lastCxid: 0, lastZxid: 4 });
  });

  it("counts an auth request as a packet, and not as an operation", () => {
    const server = new ServerStatistics();
    const connection = new ConnectionStatistics(0);
    server.answered(connection, answerOf(OpCode.getData, 7), READ_MS);
    server.answered(connection, answerOf(OpCode.auth, -4), READ_MS + 50);
    expect([server.packetsSent, connection.packetsSent]).toEqual([2, 2]);
    expect([server.latency.count, server.responseBytes]).toEqual([1, 100]);
    expect(connection).toMatchObject({ lastOperation: "GETD", lastCxid: 7 });
  });

  it("knows the least, the greatest and the last reply", () => {
    const server = new ServerStatistics();
    const connection = new ConnectionStatistics(0);
    expect(server.responseSizes).toEqual({ last: -1, min: -1, max: -1 });
    for (const bytes of [30, 90, 60]) {
      server.answered(connection, { ...answerOf(OpCode.getData, 1), bytes }, READ_MS);
    }
    expect(server.responseSizes).toEqual({ last: 60, min: 30, max: 90 });
  });

  it("forgets on a reset all but what connections counted", () => {
    const server = new ServerStatistics();
    const connection = new ConnectionStatistics(0);
    server.received(connection, 40);
    server.answered(connection, answerOf(OpCode.getData, 1), READ_MS + 1);
    server.notified(connection, 40);
    server.connectionRequests += 1;
    server.connectionRevalidations += 1;
    server.connectionsDropped += 1;
    server.sessionsExpired += 1;
    server.sessionlessConnectionsExpired += 1;
    server.connectionsRejected += 1;
    server.operationsThrottled += 1;
    server.reset();
    expect(server).toEqual(new ServerStatistics());
    expect(server.latency.count).toBe(0);
    expect(server.responseSizes).toEqual({ last: -1, min: -1, max: -1 });
    expect(connection.packetsReceived).toBe(1);
  });
});

describe("ConnectionStatistics", () => {
  it("keeps the client's own last xid when a ping comes", () => {
    const connection = new ConnectionStatistics(0);
    connection.answered("GETD", 7, 3, 1, READ_MS);
    connection.answered("PING", -2, 4, 0, READ_MS + 9);
    expect(connection).toMatchObject({
      lastOperation: "PING",
      lastCxid: 7,
      lastZxid: 4,
      lastLatencyMs: 0,
      lastResponseMs: READ_MS + 9,
    });
  });
});

describe("operationName", () => {
  it("is ZooKeeper's", () => {
    expect(operationName(OpCode.createSession, ErrorCode.ok)).toBe("SESS");
    expect(operationName(OpCode.getChildren2, ErrorCode.ok)).toBe("GETC");
    expect(operationName(OpCode.getAllChildrenNumber, ErrorCode.ok)).toBe("GETACN");
    expect(operationName(OpCode.exists, ErrorCode.noNode)).toBe("EXIS");
  });

  it("is missing of a write that failed, except of a multi", () => {
    expect(operationName(OpCode.setData, ErrorCode.noNode)).toBe("NA");
    expect(operationName(OpCode.multi, ErrorCode.noNode)).toBe("MULT");
  });

  it("is missing of an operation that nobody knows", () => {
    expect(operationName(4711, ErrorCode.ok)).toBe("NA");
  });
});
