/**
 * ZooKeeper's lock recipe under contention.
 */
import { ControlClient } from "../control-client.ts";
import { ErrorLog } from "../error-log.ts";
import { LatencyHistogram } from "../latency-histogram.ts";
import { measurementOf, meter } from "../meter.ts";
import type { Measurement } from "../scenario.ts";
import type { Server } from "../servers.ts";
import { contend, LOCK_CLIENTS } from "./contention.ts";
import { LockContender } from "./lock-contender.ts";

export async function lockRun(server: Server, root: string, seconds: number): Promise<Measurement> {
  const sink = { latencies: new LatencyHistogram(), errors: new ErrorLog() };
  const sessions = await Promise.all(
    Array.from({ length: LOCK_CLIENTS + 1 }, () => ControlClient.open(server.address)),
  );
  try {
    const [control, ...clients] = sessions as [ControlClient, ...ControlClient[]];
    await control.create(root, new Uint8Array(0));
    const contenders = clients.map((session) => new LockContender(session, root));
    const metered = await meter(server, () => contend(contenders, seconds, sink));
    const handOffs = metered.result;
    const stat = await control.exists(root);
    // It counts creations and deletions alike.
    if (stat?.cversion !== 2 * handOffs || stat.numChildren !== 0) {
      sink.errors.add(
        `after ${handOffs} hand-offs ${root} has cversion ${stat?.cversion} and ${stat?.numChildren} children`,
      );
    }
    await control.delete(root);
    await Promise.all(sessions.map((session) => session.close()));
    return measurementOf(metered, handOffs, sink);
  } finally {
    for (const session of sessions) session.destroy();
  }
}
