/**
 * A server in the state of {@link Scene}, as the reports see it: numbers that a real one cannot be made to repeat are
 * chosen here.
 */
import {
  type AdminView,
  type ConnectionRecord,
  DEFAULT_TRACE_MASK,
  InterestOps,
  type SessionRecord,
  type WatchRecord,
} from "../../../../src/objects/admin/admin-view.ts";
import { ConnectionStatistics } from "../../../../src/objects/admin/connection-statistics.ts";
import { ServerStatistics } from "../../../../src/objects/admin/server-statistics.ts";
import { ErrorCode } from "../../../../src/protocol/error-code.ts";
import { OpCode } from "../../../../src/protocol/op-code.ts";

/** 2026-11-24 12:00:00 UTC. */
export const NOW_MS = Date.UTC(2026, 10, 24, 12);

export const FIRST = 0x1_0000_0001;
export const SECOND = 0x1_0000_0002;

export function sampleView(changes: Partial<AdminView> = {}): AdminView {
  const statistics = new ServerStatistics();
  const connections = sceneConnections(statistics);
  return {
    version: "3.8.0-edgekeeper.0.1.0, built on 2026-11-24 08:49 UTC",
    settings: {
      clientPort: 2181,
      dataDir: "durable-object:default",
      tickTimeMs: 2_000,
      minSessionTimeoutMs: 4_000,
      maxSessionTimeoutMs: 40_000,
      maxClientCnxns: 0,
      fourLetterWords: "*",
    },
    environment: [["host.name", "<NA>"]],
    nowMs: NOW_MS,
    startedMs: NOW_MS - 90_000,
    lastZxid: 5,
    outstanding: 0,
    statistics,
    traceMask: { value: DEFAULT_TRACE_MASK },
    tree: () => ({ znodeCount: 6, approximateDataSize: 71 }),
    dataDirSize: () => 4_096,
    connections: () => connections,
    sessions: sceneSessions,
    watches: sceneWatches,
    ...changes,
  };
}

/** The two of the scene, and the one that asks. */
function sceneConnections(server: ServerStatistics): readonly ConnectionRecord[] {
  const first = new ConnectionStatistics(NOW_MS - 20_000);
  const second = new ConnectionStatistics(NOW_MS - 10_000);
  const asking = new ConnectionStatistics(NOW_MS);
  const requests: [ConnectionStatistics, type: number, xid: number, zxid: number, err?: number][] =
    [
      [first, OpCode.createSession, 0, 1],
      [first, OpCode.create, 1, 2],
      [first, OpCode.create, 2, 3],
      [second, OpCode.createSession, 0, 4],
      [second, OpCode.getData, 1, 4],
      [second, OpCode.create, 2, 5, ErrorCode.nodeExists],
      [first, OpCode.getData, 3, 5],
      [first, OpCode.exists, 4, 5],
      [first, OpCode.getChildren, 5, 5],
    ];
  for (const [connection, type, xid, zxid, err = ErrorCode.ok] of requests) {
    server.received(connection, 40);
    if (type === OpCode.createSession) {
      server.connected(connection, NOW_MS - 3, zxid, NOW_MS);
      continue;
    }
    const answer = { type, xid, readMs: NOW_MS - 3, zxid, err, bytes: 20 + xid };
    server.answered(connection, answer, NOW_MS);
  }
  server.received(asking, 4);
  const common = { interestOps: InterestOps.read, outstanding: 0, sessionTimeoutMs: 30_000 };
  return [
    {
      ...common,
      address: "127.0.0.1:50001",
      sessionId: FIRST,
      expiresMs: NOW_MS + 22_000,
      statistics: first,
    },
    {
      ...common,
      address: "127.0.0.1:50002",
      sessionId: SECOND,
      expiresMs: NOW_MS + 22_000,
      statistics: second,
    },
    {
      address: "127.0.0.1:50003",
      sessionId: 0,
      sessionTimeoutMs: 0,
      expiresMs: NOW_MS + 10_000,
      interestOps: InterestOps.none,
      outstanding: 0,
      statistics: asking,
    },
  ];
}

function sceneSessions(): readonly SessionRecord[] {
  return [
    { id: FIRST, expiresMs: NOW_MS + 22_000, ephemeralPaths: ["/scene/ephemeral"] },
    { id: SECOND, expiresMs: NOW_MS + 22_000, ephemeralPaths: [] },
  ];
}

function sceneWatches(): readonly WatchRecord[] {
  return [
    { sessionId: FIRST, data: new Set(["/scene", "/scene/missing"]), child: new Set(["/scene"]) },
    { sessionId: SECOND, data: new Set(["/scene"]), child: new Set() },
  ];
}
