/**
 * A call whose caller may go away: while it waits, or while it holds what it got. The platform drops what a caller had of
 * an object when the caller's event is over, however it ended. That is not so for what the Worker in between had given out: it is
 * cancelled without a word (seen with workerd 1.20261023.1). So what notices is here.
 */
import { RpcTarget } from "cloudflare:workers";
import type { Call, CallResult } from "../services/call.ts";

export type Perform = (call: Call, signal?: AbortSignal) => Promise<CallResult>;

/** Whether what a call got goes back when its guard is dropped, or only the waiting ends. */
export type GuardMode = "giveBack" | "keep";

/** Two stubs, since a stub with a call under way is not dropped before that is answered. */
export interface GuardedCall {
  readonly guard: CallGuard;
  readonly outcome: () => Promise<CallResult>;
}

export class CallGuard extends RpcTarget {
  readonly #controller = new AbortController();
  readonly #perform: Perform;
  readonly #mode: GuardMode;
  readonly #outcome: Promise<CallResult>;
  #isReleased = false;

  private constructor(call: Call, mode: GuardMode, perform: Perform) {
    super();
    this.#perform = perform;
    this.#mode = mode;
    this.#outcome = perform(call, this.#controller.signal);
  }

  static begin(call: Call, mode: GuardMode, perform: Perform): GuardedCall {
    const guard = new CallGuard(call, mode, perform);
    return { guard, outcome: () => guard.#outcome };
  }

  /** Gives back what the call got; undefined when it got nothing. */
  async release(): Promise<CallResult | undefined> {
    const undo = undoOf(await this.#outcome);
    if (undo === undefined) return undefined;
    const released = await this.#perform(undo);
    this.#isReleased = true;
    return released;
  }

  [Symbol.dispose](): void {
    this.#controller.abort();
    if (this.#mode === "keep" || this.#isReleased) return;
    // Nobody is there any more to be told: what does not go back now ends with its ttl.
    this.release().catch((error: unknown) => console.error("cannot give back:", error));
  }
}

/** The call that gives back what another one got. */
function undoOf(result: CallResult): Call | undefined {
  if (!result.ok) return undefined;
  const { value } = result;
  if ("lock" in value && "acquired" in value) return { name: "releaseLock", lock: value.lock.id };
  if ("taken" in value && value.taken !== null) {
    return { name: "returnItem", claim: value.taken.claim };
  }
  return undefined;
}
