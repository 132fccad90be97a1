/**
 * The testing kit's clock, which also counts its timers.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { ManualClock } from "../../../../src/testing/index.ts";

export class FakeClock extends ManualClock {
  /** Timers that were started, and of those that are to go off. */
  started = 0;
  running = 0;

  override startTimer(callback: () => void, delayMs: number): () => void {
    this.started++;
    this.running++;
    let isRunning = true;
    const end = (): void => {
      if (isRunning) this.running--;
      isRunning = false;
    };
    const stop = super.startTimer(() => {
      end();
      callback();
    }, delayMs);
    return () => {
      end();
      stop();
    };
  }
}

/** Until everything has happened that needs no time and no input. */
export async function settle(): Promise<void> {
  await nextTurn();
}
