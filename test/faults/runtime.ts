/**
 * The runtime's own time and random numbers, out of the run's clock and seed, so that a run replays whatever asks for them.
 */
import type { ManualClock, SeededRandom } from "../../src/testing/index.ts";

const START_MS = 1_700_000_000_000;

/** Replaces them until it is disposed of: one run at a time. */
export function replaceRuntime(clock: ManualClock, random: SeededRandom): Disposable {
  const { now } = Date;
  const own = Math.random;
  Date.now = () => START_MS + clock.now();
  Math.random = random.next;
  return {
    [Symbol.dispose]: () => {
      Date.now = now;
      Math.random = own;
    },
  };
}
