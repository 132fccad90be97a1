/**
 * A crowd of sessions that arrives, each with an ephemeral, and leaves again.
 */
import { CreateFlags } from "../../src/protocol/op-code.ts";
import { ControlClient } from "../control-client.ts";
import { ErrorLog } from "../error-log.ts";
import { LatencyHistogram } from "../latency-histogram.ts";
import { measurementOf, meter, type Sink, Stopwatch } from "../meter.ts";
import type { Measurement } from "../scenario.ts";
import type { Server } from "../servers.ts";
import { znodeName } from "../znode.ts";
import { someAtOnce } from "./some-at-once.ts";

export const CROWD = 500;

/** Of the crowd so many come, or go, at the same time. */
const AT_ONCE = 32;

const NOTHING = new Uint8Array(0);

export async function sessionsRun(
  server: Server,
  root: string,
  seconds: number,
): Promise<Measurement> {
  const sink = { latencies: new LatencyHistogram(), errors: new ErrorLog() };
  const control = await ControlClient.open(server.address);
  try {
    await control.create(root, NOTHING);
    const stopwatch = new Stopwatch();
    let crowds = 0;
    const metered = await meter(server, async () => {
      do {
        await comeAndGo(server, root, control, stopwatch, sink);
        crowds++;
      } while (stopwatch.elapsedMs < seconds * 1000 && sink.errors.count === 0);
    });
    await control.delete(root);
    await control.close();
    const { elapsedMs, generatorBusy } = stopwatch;
    return measurementOf({ ...metered, elapsedMs, generatorBusy }, crowds * CROWD, sink);
  } finally {
    control.destroy();
  }
}

async function comeAndGo(
  server: Server,
  root: string,
  control: ControlClient,
  stopwatch: Stopwatch,
  { latencies, errors }: Sink,
): Promise<void> {
  const paths = Array.from({ length: CROWD }, (_, number) => `${root}/${znodeName(number)}`);
  const sessions: ControlClient[] = [];
  const arrive = async (path: string): Promise<void> => {
    const cameAtMs = performance.now();
    const session = await ControlClient.open(server.address);
    sessions.push(session);
    await session.create(path, NOTHING, CreateFlags.ephemeral);
    latencies.record(performance.now() - cameAtMs);
  };
  try {
    await stopwatch.time(() => someAtOnce(paths, AT_ONCE, arrive));
    await checkPresence(control, paths, errors);
    await stopwatch.time(() => someAtOnce(sessions, AT_ONCE, (session) => session.close()));
    const left = await control.getChildren(root);
    if (left.length > 0)
      errors.add(`${left.length} ephemerals outlived their sessions`, left.length);
  } finally {
    for (const session of sessions) session.destroy();
  }
}

/** Every session's znode must be there, and be an ephemeral. Which one's it is is too large a number to tell. */
export async function checkPresence(
  control: Pick<ControlClient, "exists">,
  paths: readonly string[],
  errors: ErrorLog,
): Promise<void> {
  const stats = await Promise.all(paths.map((path) => control.exists(path)));
  const missing = stats.filter((stat) => (stat?.ephemeralOwner ?? 0) === 0).length;
  if (missing > 0) errors.add(`${missing} sessions have no ephemeral`, missing);
}
