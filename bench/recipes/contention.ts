/**
 * Clients that contend for one lock all the time. Whoever has it lets go at once: what is measured is the hand-off.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Sink } from "../meter.ts";
import { within } from "./deadline.ts";
import { type Held, LockReferee } from "./lock-referee.ts";

export const LOCK_CLIENTS = 8;

const HAND_OFF_TIMEOUT_MS = 30_000;

/** What one client does: whatever the recipe, it gets a turn and gives it back. */
export interface Contender<Lock extends Held> {
  acquire(): Promise<Lock>;
  /** Resolves with the release's place in the server's order. */
  release(lock: Lock): Promise<number>;
}

/** Contends until the time is over and nobody waits any more; resolves with the number of hand-offs. */
export async function contend<Lock extends Held>(
  contenders: readonly Contender<Lock>[],
  seconds: number,
  { latencies, errors }: Sink,
): Promise<number> {
  const referee = new LockReferee(errors);
  const endAtMs = performance.now() + seconds * 1000;
  const clients = contenders.map(async (contender, client) => {
    while (performance.now() < endAtMs) {
      const askedAtMs = performance.now();
      const lock = await within(HAND_OFF_TIMEOUT_MS, "a hand-off", contender.acquire());
      latencies.record(performance.now() - askedAtMs);
      const handOff = referee.enter(client, lock);
      await nextTurn(); // Whatever has arrived for the others is heard before this one lets go.
      referee.leave(client);
      referee.released(handOff, await contender.release(lock));
    }
  });
  await Promise.all(clients);
  return referee.handOffs;
}
