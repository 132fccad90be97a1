/**
 * Waiting for a connection.
 */
import { ErrorCode } from "../protocol/error-code.ts";
import { ClientErrorCode, errorOf } from "./errors.ts";
import type { OperationOptions } from "./operation-options.ts";
import type { SessionKeeper, State } from "./session-keeper.ts";
import type { Session } from "./session.ts";

export function whenConnected(keeper: SessionKeeper, options: OperationOptions): Promise<Session> {
  const { signal, timeoutMs = keeper.options.requestTimeoutMs } = options;
  return new Promise((resolve, reject) => {
    const settle = (state: State, session: Session | undefined): boolean => {
      if (state === "connected" && session !== undefined) resolve(session);
      else if (state === "closed") reject(errorOf(ClientErrorCode.closing));
      else if (state === "authFailed") reject(errorOf(ErrorCode.authFailed));
      else return false;
      return true;
    };
    if (settle(keeper.state, keeper.session)) return;
    const cleanUps: (() => void)[] = [];
    const fail = (code: number, cause: unknown): void => {
      for (const cleanUp of cleanUps) cleanUp();
      const problem = keeper.problem ?? "no answer yet";
      reject(errorOf(code, { message: `cannot connect (${problem})`, cause }));
    };
    const onAbort = (): void => fail(ClientErrorCode.aborted, signal?.reason);
    if (signal?.aborted) {
      onAbort();
      return;
    }
    signal?.addEventListener("abort", onAbort);
    cleanUps.push(
      () => signal?.removeEventListener("abort", onAbort),
      keeper.on("state", ({ state, session }) => {
        if (settle(state, session)) for (const cleanUp of cleanUps) cleanUp();
      }),
    );
    if (timeoutMs === Infinity) return;
    const { clock } = keeper.options;
    cleanUps.push(clock.startTimer(() => fail(ErrorCode.connectionLoss, undefined), timeoutMs));
  });
}
