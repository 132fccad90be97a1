/**
 * How often the alarm wakes an object whose sessions have ZooKeeper's default timeouts. One alarm serves all sessions,
 * so that few and many must cost the same.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { PartContext, ReportBuilder } from "../scale-part.ts";
import { startCountedServer } from "./counted-server.ts";
import { changedFiles, readDatabaseState } from "./database-state.ts";
import { IdleClients } from "./idle-clients.ts";

/** Twenty ticks of 2 s, the longest that the defaults grant. */
const TIMEOUT_MS = 40_000;
const HEARTBEAT_INTERVAL_MS = 10_000;
const HIBERNATION_MS = 13_000;
const GROUPS = [10, 1_000] as const;

/** Longer than the heartbeats of the other measurement: alarms are rare. */
const TIMES_AS_LONG = 1.5;

export async function measureAlarms(
  { sizes, errors }: PartContext,
  report: ReportBuilder,
): Promise<void> {
  const server = await startCountedServer({});
  const groups = GROUPS.map((count) => ({
    count,
    namespace: `alarms-${count}`,
    clients: new IdleClients(server.http, `alarms-${count}`, TIMEOUT_MS),
  }));
  try {
    for (const { count, clients } of groups) await clients.open(count);
    await delay(HIBERNATION_MS);
    const seconds = sizes["idle-seconds"] * TIMES_AS_LONG;
    const before = groups.map(({ namespace }) => server.invocations(namespace).get("alarm") ?? 0);
    const stateBefore = readDatabaseState(server.dataPath);
    const results = await Promise.all(
      groups.map(({ clients }) => clients.beat(seconds, HEARTBEAT_INTERVAL_MS)),
    );
    groups.forEach(({ count, namespace }, index) => {
      const alive = results[index]?.alive;
      if (alive !== count) errors.add(`${namespace}: ${alive} of ${count} sessions are alive`);
      const alarms = (server.invocations(namespace).get("alarm") ?? 0) - (before[index] ?? 0);
      const what = `alarms a minute, ${count} sessions of ${TIMEOUT_MS / 1000} s`;
      report.measured("edgekeeper", what, (alarms / seconds) * 60);
    });
    const changed = changedFiles(stateBefore, readDatabaseState(server.dataPath));
    report.note(
      `alarms were counted for ${seconds} s; each sets the next, which changed ${changed.length} files`,
    );
  } finally {
    for (const { clients } of groups) clients.stop();
    await server.stop();
  }
}
