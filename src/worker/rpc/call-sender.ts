/**
 * Sends calls to a namespace's object, through the door. What can be asked again safely is asked once more when the object
 * started over or could not be reached.
 */
import type { Env } from "../../objects/env.ts";
import type { GuardMode } from "../../objects/guarded-call.ts";
import type { Call, Caller, CallName, CallResult, Calls } from "../../services/call.ts";
import { authorize } from "../access/door.ts";
import { NAMESPACE } from "../http/chain.ts";
import { connectionLoss, EdgekeeperError, invalidCall, RefusedError } from "./errors.ts";

export type CallOf<N extends CallName> = { readonly name: N } & Readonly<Calls[N]["takes"]>;

export interface WriteOptions {
  /** 1 to 128 characters: the same key again gets the first answer again, for ten minutes at least. */
  readonly idempotencyKey?: string | undefined;
}

/** Calls that may be done twice: they change nothing, or nothing more the second time. */
const REPEATABLE: ReadonlySet<CallName> = new Set([
  "getData",
  "exists",
  "getChildren",
  "countChildren",
  "getACL",
  "awaitChange",
  "inspectLock",
  "getCounter",
  "awaitBarrier",
  "renewSession",
  "renewLock",
  "releaseLock",
] satisfies CallName[]);

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
    const result = await this.#repeat<N, unknown>(call, caller, () =>
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
    const { result, begun } = await this.#repeat(call, caller, () =>
      this.#begin(caller, call, "giveBack"),
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
    const { result, begun } = await this.#begin(caller, call, "keep");
    begun[Symbol.dispose]();
    return result;
  }

  /** In one round trip: the outcome is asked for before there is an answer to the beginning. */
  async #begin<N extends CallName>(caller: Caller, call: CallOf<N>, mode: GuardMode) {
    const beginning = this.#object().begin(caller, widened(call), mode);
    const [begun, result] = await Promise.all([beginning, beginning.outcome()]);
    return { begun, result };
  }

  async #repeat<N extends CallName, T>(
    { name }: CallOf<N>,
    { idempotencyKey }: Caller,
    ask: () => Promise<T>,
  ): Promise<T> {
    const mayRepeat = REPEATABLE.has(name) || idempotencyKey !== undefined;
    try {
      return await ask();
    } catch (error) {
      console.error(`${name} failed:`, error);
      // An object that has too much to do would only have more.
      if (!mayRepeat || isOverloaded(error)) throw connectionLoss(name);
    }
    try {
      return await ask();
    } catch (error) {
      console.error(`${name} failed again:`, error);
      throw connectionLoss(name);
    }
  }

  /** Anew for every call: after a reset, an old stub is of no use. */
  #object() {
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
export type BegunCall = Awaited<ReturnType<ReturnType<Env["SUBTREE"]["getByName"]>["begin"]>>;

/** It is one of the calls, whichever its name is; the compiler cannot tell. */
function widened<N extends CallName>(call: CallOf<N>): Call {
  return call as unknown as Call;
}

function valueOf<N extends CallName>(_call: CallOf<N>, result: unknown): Calls[N]["gives"] {
  const answer = result as CallResult<N>;
  if (!answer.ok) throw new EdgekeeperError(answer.error);
  return answer.value;
}

function isOverloaded(error: unknown): boolean {
  return error instanceof Error && "overloaded" in error && error.overloaded === true;
}
