/** Waits by a clock that stands still otherwise, so that a test takes no time and never hangs. */
import type { ManualClock } from "../../../../src/testing/index.ts";

const STEP_MS = 10;
/** More than all timeouts of a test together. */
const STEPS_MAX = 20_000;

/** Lets time pass until the condition holds. */
export async function until(clock: ManualClock, condition: () => boolean): Promise<void> {
  await clock.advance(0);
  for (let steps = 0; !condition(); steps++) {
    if (steps === STEPS_MAX) throw new Error(`this never came to hold: ${String(condition)}`);
    await clock.advance(STEP_MS);
  }
}

/** Lets time pass until the promise is settled, and gives what it came to. */
export async function settled<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  promise.then(settle, settle);
  await until(clock, () => isSettled);
  return await promise;
}
