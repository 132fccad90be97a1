/**
 * Errors that faults lead to, and what asks again after them.
 */
import {
  isRetryable,
  isSessionFatal,
  OperationTimeoutError,
  ZooKeeperError,
} from "../../src/client/index.ts";
import type { World } from "./world.ts";

const PAUSE_MS = 5;

/** Whether an error is what faults lead to. */
export function isExplained(error: unknown): error is ZooKeeperError {
  if (!(error instanceof ZooKeeperError)) return false;
  return isRetryable(error) || isSessionFatal(error);
}

/** Waits for what promises to go on whatever happens, until its time is up: any other error is a problem. */
export async function unfailing<T>(
  { world, name }: { readonly world: World; readonly name: string },
  waiting: Promise<T>,
): Promise<T> {
  try {
    return await waiting;
  } catch (error) {
    if (!(error instanceof OperationTimeoutError)) {
      world.report(`${name} could not go on waiting: ${String(error)}`);
    }
    throw error;
  }
}

/** Asks for something again, in one session after another, until it is done: for what may be asked for twice. */
export async function untilDone<T>(world: World, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isExplained(error)) throw error;
    }
    await world.sleep(PAUSE_MS);
  }
}

/** Lets time pass until something holds. What never comes to hold shows in the calm time: its client gets nothing done. */
export async function until(world: World, holds: () => boolean): Promise<void> {
  while (!holds()) await world.sleep(PAUSE_MS);
}
