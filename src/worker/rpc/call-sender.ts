/**
 * Sends calls to a namespace's object, through the door.
 */
import type { Env } from "../../objects/env.ts";
import type { Caller, CallName, CallResult, Calls } from "../../services/call.ts";
import { authorize } from "../access/door.ts";
import { askAgain, begin, type CallOf, type SubtreeStub, widened } from "../calls/ask-object.ts";
import { NAMESPACE } from "../http/chain.ts";
import { connectionLoss, EdgekeeperError, invalidCall, RefusedError } from "./errors.ts";

export interface WriteOptions {
  /** 1 to 128 characters: the same key again gets the first answer again, for ten minutes at least. */
  readonly idempotencyKey?: string | undefined;
}

export interface CallSenderOptions {
  readonly env: Env;
  readonly namespace: string;
  /** Of the service binding. */
  readonly props: unknown;
  readonly token: string | undefined;
  /** Keeps the caller's event alive for a promise. */
  readonly waitUntil: (promise: Promise<void>) => void;
}

export class CallSender {
  readonly #options: CallSenderOptions;

  constructor(options: CallSenderOptions) {
    this.#options = options;
  }

  waitUntil(promise: Promise<void>): void {
    this.#options.waitUntil(promise);
  }

  /** @throws EdgekeeperError when the call fails. */
  async perform<N extends CallName>(
    call: CallOf<N>,
    { idempotencyKey }: WriteOptions = {},
  ): Promise<Calls[N]["gives"]> {
    const caller = await this.#caller(idempotencyKey);
    const result = await this.#repeat<unknown>(call.name, caller, () =>
      "waitMs" in call ? this.#wait(caller, call) : this.#object().perform(caller, widened(call)),
    );
    return valueOf(call, result);
  }

  /**
   * Begins a call whose result goes back when the caller goes away. Whoever calls has the stub, and disposes of it.
   *
   * @throws EdgekeeperError when the call fails.
   */
  async hold<N extends "acquireLock" | "takeItem">(
    call: CallOf<N>,
    { idempotencyKey }: WriteOptions = {},
  ): Promise<{ readonly value: Calls[N]["gives"]; readonly begun: BegunCall }> {
    const caller = await this.#caller(idempotencyKey);
    const { result, begun } = await this.#repeat(call.name, caller, () =>
      begin(this.#object(), caller, widened(call), "giveBack"),
    );
    try {
      return { value: valueOf(call, result), begun };
    } catch (error) {
      begun[Symbol.dispose]();
      throw error;
    }
  }

  /** A call that stops waiting when the caller goes away. */
  async #wait<N extends CallName>(caller: Caller, call: CallOf<N>): Promise<unknown> {
    const { result, begun } = await begin(this.#object(), caller, widened(call), "keep");
    begun[Symbol.dispose]();
    return result;
  }

  #repeat<T>(name: CallName, caller: Caller, ask: () => Promise<T>): Promise<T> {
    return askAgain(name, caller, ask, () => connectionLoss(name));
  }

  /** Anew for every call: after a reset, an old stub is of no use. */
  #object(): SubtreeStub {
    const { env, namespace } = this.#options;
    return env.SUBTREE.getByName(namespace);
  }

  async #caller(idempotencyKey: string | undefined): Promise<Caller> {
    const { env, namespace, props, token } = this.#options;
    if (typeof namespace !== "string" || !NAMESPACE.test(namespace)) {
      throw invalidCall(`not a namespace: it must match ${NAMESPACE.source}`);
    }
    const answer = await authorize({ via: "binding", props, token }, namespace, env);
    if (!answer.ok) throw new RefusedError(answer);
    return { address: answer.address, grant: answer.grant, idempotencyKey };
  }
}

/** What the object keeps for a call, until it is disposed of. */
export type BegunCall = Awaited<ReturnType<SubtreeStub["begin"]>>;

function valueOf<N extends CallName>(_call: CallOf<N>, result: unknown): Calls[N]["gives"] {
  const answer = result as CallResult<N>;
  if (!answer.ok) throw new EdgekeeperError(answer.error);
  return answer.value;
}
