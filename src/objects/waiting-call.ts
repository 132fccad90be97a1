/**
 * A call that waits, as its caller has it: a handle over RPC, which ends with whoever has it.
 */
import { RpcTarget } from "cloudflare:workers";
import type { CallResult } from "../services/call.ts";

export class WaitingCall extends RpcTarget {
  readonly #controller = new AbortController();
  readonly #result: Promise<CallResult>;

  constructor(perform: (signal: AbortSignal) => Promise<CallResult>) {
    super();
    this.#result = perform(this.#controller.signal);
    // Whoever asks hears of a failure; nobody may be there any more.
    this.#result.catch(() => {});
  }

  result(): Promise<CallResult> {
    return this.#result;
  }

  /** Ends the waiting. What the call has come to by then is its result. */
  giveUp(): void {
    this.#controller.abort();
  }

  /** Nobody has the handle any more, nor waits for the result. */
  [Symbol.dispose](): void {
    this.giveUp();
  }
}
