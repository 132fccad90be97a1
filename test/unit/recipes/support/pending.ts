/** Promises that a test looks at while time stands still. */
import { expect } from "vitest";
import type { ManualClock, TestServer } from "../../../../src/testing/index.ts";

export interface Pending<T> {
  value?: T;
  error?: unknown;
}

const settling = new WeakMap<object, Promise<void>>();

/** Everything happens that needs no time. */
export async function settle(server: TestServer<ManualClock>): Promise<void> {
  let settled = settling.get(server);
  if (settled === undefined) {
    settled = server.clock.advance(0).finally(() => settling.delete(server));
    settling.set(server, settled);
  }
  await settled;
}

/** What becomes of a promise that should not be settled without anything more happening. */
export async function pending<T>(
  server: TestServer<ManualClock>,
  promise: Promise<T>,
): Promise<Pending<T>> {
  const result: Pending<T> = {};
  promise.then(
    (value) => (result.value = value),
    (error: unknown) => (result.error = error),
  );
  await settle(server);
  expect(result).toEqual({});
  return result;
}
