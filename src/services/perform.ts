/**
 * The surface for callers without a connection: one value in, one value out.
 */
import { ClientErrorCode, ErrorCode, ZooKeeperError } from "../client/index.ts";
import { checkCall } from "./call-checks.ts";
import { CallContext, sessionOver } from "./call-context.ts";
import type { CallHost } from "./call-host.ts";
import type { Call, Caller, CallName, CallResult } from "./call.ts";
import { toCallError } from "./call-failure.ts";
import type { CallsOf } from "./calls-of.ts";
import { lockCalls } from "./lock-calls.ts";
import { sessionCalls } from "./session-calls.ts";
import { WaitingRoom } from "./waiting-room.ts";
import { znodeCalls } from "./znode-calls.ts";

/** Calls that may wait at a time. Each holds a client, a session or a watch, and keeps the object awake. */
const WAITING_MAX = 1_000;

const CALLS: Partial<CallsOf<CallName>> = { ...znodeCalls, ...sessionCalls, ...lockCalls };

export class CallService {
  readonly #host: CallHost;
  readonly #waitingRoom: WaitingRoom;

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
    const host = this.#host;
    const context = new CallContext({ host, caller, waitingRoom: this.#waitingRoom, signal });
    try {
      checkCall(caller, call);
      const value = await perform(context, call);
      return { ok: true, zxid: context.zxid, value };
    } catch (error) {
      const known = toCallError(isCutOff(context, error) ? sessionOver() : error);
      if (known === undefined) throw error;
      return { ok: false, zxid: context.zxid, error: known };
    } finally {
      context.end();
    }
  }
}

async function perform(context: CallContext, call: Call): Promise<ValueOf> {
  const run = CALLS[call.name] as
    | ((context: CallContext, takes: Call) => Promise<ValueOf>)
    | undefined;
  if (run === undefined) throw new Error(`not implemented: ${call.name}`);
  return await run(context, call);
}

type ValueOf = Extract<CallResult, { ok: true }>["value"];

/** Whether a request failed because the object has ended its channel: the session was over. */
function isCutOff(context: CallContext, error: unknown): boolean {
  if (!context.isCutOff || !(error instanceof ZooKeeperError)) return false;
  return error.code === ClientErrorCode.closing || error.code === ErrorCode.connectionLoss;
}
