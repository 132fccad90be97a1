/**
 * Clients that contend for one lock all the time. Whoever holds it lets go at once: what is measured is the hand-off.
 */
import { ControlClient } from "../control-client.ts";
import { ErrorLog } from "../error-log.ts";
import { LatencyHistogram } from "../latency-histogram.ts";
import { measurementOf, meter, type Sink } from "../meter.ts";
import type { Measurement } from "../scenario.ts";
import type { Server } from "../servers.ts";
import { within } from "./deadline.ts";
import { LockContender } from "./lock-contender.ts";
import { LockReferee } from "./lock-referee.ts";

export const LOCK_CLIENTS = 8;

const HAND_OFF_TIMEOUT_MS = 30_000;

/** What one client does: whatever the recipe, it gets a turn and gives it back. */
export interface Contender<Held extends { readonly turn: number }> {
  acquire(): Promise<Held>;
  release(held: Held): Promise<void>;
}

/** Contends until the time is over and nobody waits any more; resolves with the number of hand-offs. */
export async function contend<Held extends { readonly turn: number }>(
  contenders: readonly Contender<Held>[],
  seconds: number,
  { latencies, errors }: Sink,
): Promise<number> {
  const referee = new LockReferee(errors);
  const endAtMs = performance.now() + seconds * 1000;
  const clients = contenders.map(async (contender, client) => {
    while (performance.now() < endAtMs) {
      const askedAtMs = performance.now();
      const held = await within(HAND_OFF_TIMEOUT_MS, "a hand-off", contender.acquire());
      latencies.record(performance.now() - askedAtMs);
      referee.enter(client, held.turn);
      referee.leave(client);
      await contender.release(held);
    }
  });
  await Promise.all(clients);
  return referee.handOffs;
}

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
