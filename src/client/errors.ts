/**
 * The one table of errors: code, class, name, message. Codes are the server's, and two of the client's own.
 */
import { ErrorCode } from "../protocol/error-code.ts";

/** Codes that no server sends: the C client's name for a closed handle, and one beyond ZooKeeper's range. */
export const ClientErrorCode = { closing: -116, aborted: 1 } as const;

/** Whether a failed request surely did nothing, or may have been done. */
export type Outcome = "notApplied" | "unknown";

export interface ErrorDetails {
  readonly path?: string | undefined;
  readonly outcome?: Outcome | undefined;
  readonly cause?: unknown;
  /** Instead of the table's, and of the path behind it. */
  readonly message?: string | undefined;
}

/** What a request came to that did not succeed. A code without a class of its own has this one. */
export class ZooKeeperError extends Error {
  readonly code: number;
  /** What the request was about, as the caller named it. */
  readonly path: string | undefined;
  readonly outcome: Outcome;

  constructor(code: number, details: ErrorDetails = {}) {
    const { path, outcome = "notApplied", cause } = details;
    const entry = entryOf(code);
    const text = entry?.[3] ?? entry?.[2] ?? `error ${code}`;
    super(details.message ?? (path === undefined ? text : `${text}: ${path}`), { cause });
    this.name = entry?.[2] ?? "ZooKeeperError";
    this.code = code;
    this.path = path;
    this.outcome = outcome;
  }
}

export class SystemError extends ZooKeeperError {}
export class RuntimeInconsistencyError extends ZooKeeperError {}
export class DataInconsistencyError extends ZooKeeperError {}
export class ConnectionLossError extends ZooKeeperError {}
export class MarshallingError extends ZooKeeperError {}
export class UnimplementedError extends ZooKeeperError {}
export class OperationTimeoutError extends ZooKeeperError {}
export class BadArgumentsError extends ZooKeeperError {}
export class NewConfigNoQuorumError extends ZooKeeperError {}
export class ReconfigInProgressError extends ZooKeeperError {}
export class APIError extends ZooKeeperError {}
export class NoNodeError extends ZooKeeperError {}
export class NoAuthError extends ZooKeeperError {}
export class BadVersionError extends ZooKeeperError {}
export class NoChildrenForEphemeralsError extends ZooKeeperError {}
export class NodeExistsError extends ZooKeeperError {}
export class NotEmptyError extends ZooKeeperError {}
export class SessionExpiredError extends ZooKeeperError {}
export class InvalidCallbackError extends ZooKeeperError {}
export class InvalidACLError extends ZooKeeperError {}
export class AuthFailedError extends ZooKeeperError {}
export class ConnectionClosedError extends ZooKeeperError {}
export class SessionMovedError extends ZooKeeperError {}
export class NotReadOnlyCallError extends ZooKeeperError {}
export class NoWatcherError extends ZooKeeperError {}
export class ReconfigDisabledError extends ZooKeeperError {}
export class QuotaExceededError extends ZooKeeperError {}
export class ThrottledOpError extends ZooKeeperError {}
export class RequestAbortedError extends ZooKeeperError {}

type Entry = readonly [
  code: number,
  type: typeof ZooKeeperError,
  name: string,
  /** Where the name does not say it. */
  message?: string,
];

/** A minifier renames classes, so their names stand here as well. */
const TABLE: readonly Entry[] = [
  [ErrorCode.systemError, SystemError, "SystemError"],
  [ErrorCode.runtimeInconsistency, RuntimeInconsistencyError, "RuntimeInconsistencyError"],
  [ErrorCode.dataInconsistency, DataInconsistencyError, "DataInconsistencyError"],
  [ErrorCode.connectionLoss, ConnectionLossError, "ConnectionLossError", "the connection was lost"],
  [ErrorCode.marshallingError, MarshallingError, "MarshallingError", "malformed or too large"],
  [ErrorCode.unimplemented, UnimplementedError, "UnimplementedError", "unknown to the server"],
  [ErrorCode.operationTimeout, OperationTimeoutError, "OperationTimeoutError", "no reply in time"],
  [ErrorCode.badArguments, BadArgumentsError, "BadArgumentsError", "refused arguments"],
  [ErrorCode.newConfigNoQuorum, NewConfigNoQuorumError, "NewConfigNoQuorumError"],
  [ErrorCode.reconfigInProgress, ReconfigInProgressError, "ReconfigInProgressError"],
  [ErrorCode.apiError, APIError, "APIError"],
  [ErrorCode.noNode, NoNodeError, "NoNodeError", "no such znode"],
  [ErrorCode.noAuth, NoAuthError, "NoAuthError", "the ACL does not permit it"],
  [ErrorCode.badVersion, BadVersionError, "BadVersionError", "the znode has another version"],
  [
    ErrorCode.noChildrenForEphemerals,
    NoChildrenForEphemeralsError,
    "NoChildrenForEphemeralsError",
    "an ephemeral znode has no children",
  ],
  [ErrorCode.nodeExists, NodeExistsError, "NodeExistsError", "the znode exists"],
  [ErrorCode.notEmpty, NotEmptyError, "NotEmptyError", "the znode has children"],
  [ErrorCode.sessionExpired, SessionExpiredError, "SessionExpiredError", "the session is lost"],
  [ErrorCode.invalidCallback, InvalidCallbackError, "InvalidCallbackError"],
  [ErrorCode.invalidACL, InvalidACLError, "InvalidACLError", "refused ACL"],
  [ErrorCode.authFailed, AuthFailedError, "AuthFailedError", "refused credentials"],
  [ErrorCode.sessionMoved, SessionMovedError, "SessionMovedError"],
  [ErrorCode.notReadOnly, NotReadOnlyCallError, "NotReadOnlyCallError"],
  [ErrorCode.noWatcher, NoWatcherError, "NoWatcherError", "nobody watches it"],
  [ErrorCode.reconfigDisabled, ReconfigDisabledError, "ReconfigDisabledError"],
  [ErrorCode.quotaExceeded, QuotaExceededError, "QuotaExceededError", "the quota is used up"],
  [ErrorCode.throttledOp, ThrottledOpError, "ThrottledOpError", "the server has too much to do"],
  [ClientErrorCode.closing, ConnectionClosedError, "ConnectionClosedError", "the client is closed"],
  [ClientErrorCode.aborted, RequestAbortedError, "AbortError", "aborted"],
];

function entryOf(code: number): Entry | undefined {
  return TABLE.find(([known]) => known === code);
}

/** The error of a code, of the class that the table names; the base class for a code that is not there. */
export function errorOf(code: number, details?: ErrorDetails): ZooKeeperError {
  const type = entryOf(code)?.[1] ?? ZooKeeperError;
  return new type(code, details);
}

/**
 * Whether asking again may help: the connection or the time was not enough. Look at `outcome` first: a write whose
 * outcome is unknown may be done twice.
 */
export function isRetryable(error: unknown): error is ZooKeeperError {
  return hasCode(
    error,
    ErrorCode.connectionLoss,
    ErrorCode.operationTimeout,
    ErrorCode.throttledOp,
    ErrorCode.sessionMoved,
    ErrorCode.requestTimeout,
  );
}

/** Whether the session is over, and with it all that belongs to it. */
export function isSessionFatal(error: unknown): error is ZooKeeperError {
  return hasCode(
    error,
    ErrorCode.sessionExpired,
    ErrorCode.authFailed,
    ErrorCode.unknownSession,
    ClientErrorCode.closing,
  );
}

function hasCode(error: unknown, ...codes: readonly number[]): boolean {
  return error instanceof ZooKeeperError && codes.includes(error.code);
}

/** A transaction that did nothing, because one of its operations could not be done. */
export class TransactionError extends ZooKeeperError {
  /** Position of the operation that failed, from 0. */
  readonly index: number;
  /** Its error. */
  override readonly cause: ZooKeeperError;

  constructor(index: number, failure: ZooKeeperError) {
    super(failure.code, {
      path: failure.path,
      message: `operation ${index} of the transaction: ${failure.message}`,
      cause: failure,
    });
    this.name = "TransactionError";
    this.index = index;
    this.cause = failure;
  }
}
