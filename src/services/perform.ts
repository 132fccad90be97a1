/**
 * The surface for callers without a connection: one value in, one value out.
 */
import { ClientErrorCode, ErrorCode, ZooKeeperError } from "../client/index.ts";
import { barrierCalls } from "./barrier-calls.ts";
import { checkCall } from "./call-checks.ts";
import { CallContext, sessionOver } from "./call-context.ts";
import { CallFailure, toCallError } from "./call-failure.ts";
import type { CallHost } from "./call-host.ts";
import { CallJournal, type CallKey, callKeyOf } from "./call-journal.ts";
import type { Call, Caller, CallName, CallResult } from "./call.ts";
import type { CallsOf } from "./calls-of.ts";
import { changeCalls } from "./change-calls.ts";
import { ContendedPaths } from "./contended-paths.ts";
import { counterCalls } from "./counter-calls.ts";
import { lockCalls } from "./lock-calls.ts";
import { queueCalls } from "./queue-calls.ts";
import { sessionCalls } from "./session-calls.ts";
import { WaitingRoom } from "./waiting-room.ts";
import { znodeCalls } from "./znode-calls.ts";

/** Calls that may wait at a time. Each holds a client, a session or a watch, and keeps the object awake. */
const WAITING_MAX = 1_000;

const CALLS: CallsOf<CallName> = {
  ...znodeCalls,
  ...changeCalls,
  ...sessionCalls,
  ...lockCalls,
  ...counterCalls,
  ...barrierCalls,
  ...queueCalls,
};

type CallValue = Extract<CallResult, { ok: true }>["value"];

export class CallService {
  readonly #host: CallHost;
  readonly #waitingRoom: WaitingRoom;
  readonly #contended = new ContendedPaths();
  /** Calls with an idempotency key that are under way. */
  readonly #keyed = new Map<
    string,
    { readonly hash: number; readonly result: Promise<CallResult> }
  >();

  constructor(host: CallHost, waitingMax: number = WAITING_MAX) {
    this.#host = host;
    this.#waitingRoom = new WaitingRoom(waitingMax);
  }

  /**
   * Performs a call. Rejects with what nobody expected; expected failures are results.
   *
   * A signal that is aborted says that the caller has gone away: a call that waits gives up then.
   */
  async perform(caller: Caller, call: Call, signal?: AbortSignal): Promise<CallResult> {
    try {
      checkCall(caller, call);
    } catch (error) {
      return this.#failed(error);
    }
    const key = callKeyOf(caller, call);
    return await (key === undefined
      ? this.#run(caller, call, signal)
      : this.#runOnce(key, caller, call, signal));
  }

  /** Performs a call with an idempotency key, unless that has been done, or is being done. */
  async #runOnce(
    key: CallKey,
    caller: Caller,
    call: Call,
    signal: AbortSignal | undefined,
  ): Promise<CallResult> {
    const { prefix, hash } = key;
    const running = this.#keyed.get(prefix);
    if (running !== undefined)
      return await (running.hash === hash ? running.result : this.#reused());
    const journal = new CallJournal(this.#host, key, call.name);
    if (journal.isReused) return this.#reused();
    const { answer } = journal;
    if (answer !== undefined) {
      return { ok: true, zxid: this.#host.lastZxid, value: answer as CallValue };
    }
    const result = this.#run(caller, call, signal, journal);
    this.#keyed.set(prefix, { hash, result });
    try {
      return await result;
    } finally {
      this.#keyed.delete(prefix);
    }
  }

  async #run(
    caller: Caller,
    call: Call,
    signal: AbortSignal | undefined,
    journal?: CallJournal,
  ): Promise<CallResult> {
    const context = new CallContext({
      host: this.#host,
      waitingRoom: this.#waitingRoom,
      contended: this.#contended,
      caller,
      signal,
      journal,
    });
    try {
      const value = await perform(context, call);
      return { ok: true, zxid: context.zxid, value };
    } catch (error) {
      return this.#failed(isCutOff(context, error) ? sessionOver() : error, context.zxid);
    } finally {
      context.end();
    }
  }

  #reused(): CallResult {
    return this.#failed(
      new CallFailure("idempotencyKeyReused", "the idempotency key was used for another call"),
    );
  }

  /** @throws what nobody expected. */
  #failed(error: unknown, zxid = this.#host.lastZxid): CallResult {
    const known = toCallError(error);
    if (known === undefined) throw error;
    return { ok: false, zxid, error: known };
  }
}

async function perform(context: CallContext, call: Call): Promise<CallValue> {
  const run = CALLS[call.name] as (context: CallContext, takes: Call) => Promise<CallValue>;
  return await run(context, call);
}

/** Whether a request failed because the object has ended its channel: the session was over. */
function isCutOff(context: CallContext, error: unknown): boolean {
  if (!context.isCutOff || !(error instanceof ZooKeeperError)) return false;
  return error.code === ClientErrorCode.closing || error.code === ErrorCode.connectionLoss;
}
