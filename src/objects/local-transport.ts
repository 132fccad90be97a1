/**
 * Carries frames to a call within the object.
 */
import type { CallChannelListener } from "../services/call-host.ts";
import type { Transport } from "./transport.ts";

/** What waits for it has its turn in the next microtask: `queueMicrotask` costs many times as much in workerd. */
const settled = Promise.resolve();

export class LocalTransport implements Transport {
  readonly canWait = true;
  readonly pendingBytes = 0;
  readonly #listener: CallChannelListener;

  constructor(listener: CallChannelListener) {
    this.#listener = listener;
  }

  /**
   * Nothing of it is durable yet. What the call answers with leaves the object through the output gate, as everything does,
   * and that waits for the commit.
   */
  send(bytes: Uint8Array<ArrayBuffer>): void {
    // Later: who hears of it may send the next request, and the batch is not over.
    void settled.then(() => this.#listener.onBytes(bytes));
  }

  close(): void {
    void settled.then(() => this.#listener.onEnd());
  }

  abort(): void {
    this.close();
  }
}
