/**
 * What calls over RPC throw. Classes do not survive RPC: a caller sees an `Error` with the properties that are set here, if
 * both Workers have `enhanced_error_serialization` (on by default from compatibility date 2026-04-21), and otherwise one whose message
 * begins with the name. So names are for looking at, and `instanceof` is not.
 */
import { ErrorCode } from "../../protocol/error-code.ts";
import { CallErrorCode, type CallError, type LockContender } from "../../services/call.ts";
import type { Refusal } from "../access/door.ts";

/** Codes that only callers over RPC see. */
export const RPCErrorCode = {
  /** The lock was not to be had in time. */
  lockNotAcquired: -2101,
  /** The door refused the caller. */
  refused: -2102,
} as const;

export class EdgekeeperError extends Error {
  /** ZooKeeper's, or one of `CallErrorCode` and `RPCErrorCode`. */
  readonly code: number;
  declare readonly path?: string;
  /** Of the op of a transaction that failed. */
  declare readonly index?: number;

  constructor({ code, name, message, path, index }: CallError) {
    super(message);
    this.name = name;
    this.code = code;
    if (path !== undefined) this.path = path;
    if (index !== undefined) this.index = index;
  }
}

/** `name` is `lockNotAcquired`. */
export class LockNotAcquiredError extends EdgekeeperError {
  /** Who had it at the end. */
  readonly holders: readonly LockContender[];
  /** How many were ahead. */
  readonly ahead: number;
  /** When the first of the holders' leases ends, unless it is renewed; null when that is a connected session's. */
  readonly retryAfterMs: number | null;

  constructor(
    path: string,
    found: {
      readonly holders: readonly LockContender[];
      readonly ahead: number;
      readonly retryAfterMs: number | null;
    },
  ) {
    const message = `the lock was not to be had in time: ${path}`;
    super({ code: RPCErrorCode.lockNotAcquired, name: "lockNotAcquired", message, path });
    this.holders = found.holders;
    this.ahead = found.ahead;
    this.retryAfterMs = found.retryAfterMs;
  }
}

/** `name` is `refused`. */
export class RefusedError extends EdgekeeperError {
  /** What HTTP would have answered: 403, 429, ... */
  readonly status: number;
  readonly retryAfterMs: number | null;

  constructor({ status, message, headers }: Refusal) {
    super({ code: RPCErrorCode.refused, name: "refused", message });
    const seconds = Object.entries(headers).find(([name]) => name.toLowerCase() === "retry-after");
    this.status = status;
    this.retryAfterMs = seconds === undefined ? null : Number(seconds[1]) * 1_000;
  }
}

/** The object started over, or could not be reached: what the call came to is unknown. */
export function connectionLoss(callName: string): EdgekeeperError {
  return new EdgekeeperError({
    code: ErrorCode.connectionLoss,
    name: "ConnectionLoss",
    message: `${callName}: the namespace's object started over or could not be reached, and whether it was done is unknown`,
  });
}

export function invalidCall(message: string): EdgekeeperError {
  return new EdgekeeperError({ code: CallErrorCode.invalidCall, name: "invalidCall", message });
}
