/**
 * Turns of the event loop. After one, every promise that could be settled without I/O and without a timer is, and all that
 * followed from it has happened.
 */

/** Resolves in the next turn, in less time than any timer takes. */
export function nextTurn(): Promise<void> {
  // First, although it takes Workers a millisecond: their message ports do not wait until all promises are settled.
  if (typeof setImmediate === "function") {
    return new Promise((resolve) => void setImmediate(resolve));
  }
  if (typeof MessageChannel === "function") {
    const { port1, port2 } = new MessageChannel();
    return new Promise((resolve) => {
      port1.addEventListener("message", () => {
        port1.close();
        resolve();
      });
      port1.start();
      port2.postMessage(null);
    });
  }
  return new Promise((resolve) => void setTimeout(resolve, 0));
}
