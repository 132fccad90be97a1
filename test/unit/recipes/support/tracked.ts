/**
 * A promise that can be asked whether it is settled.
 */
export interface Tracked<T> {
  readonly promise: Promise<T>;
  readonly isSettled: boolean;
}

export function track<T>(promise: Promise<T>): Tracked<T> {
  const tracked = { promise, isSettled: false };
  const onSettled = (): void => void (tracked.isSettled = true);
  promise.then(onSettled, onSettled);
  return tracked;
}
