/**
 * Failures as problem details (RFC 9457). One table says which status each has.
 */
import { ErrorCode } from "../../protocol/error-code.ts";
import { CallErrorCode, type CallError } from "../../services/call.ts";

export interface FieldError {
  readonly in: "path" | "query" | "header" | "body";
  readonly name: string;
  readonly message: string;
}

export interface ProblemDetails {
  readonly name: string;
  readonly detail: string;
  readonly code?: number | undefined;
  readonly path?: string | undefined;
  readonly index?: number | undefined;
  readonly errors?: readonly FieldError[] | undefined;
  /** Members that one operation adds. */
  readonly more?: Readonly<Record<string, unknown>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Thrown inside a route, and an answer outside of it. */
export class ProblemError extends Error {
  readonly status: number;
  readonly details: ProblemDetails;

  constructor(status: number, details: ProblemDetails) {
    super(details.detail);
    this.name = "ProblemError";
    this.status = status;
    this.details = details;
  }

  toResponse(): Response {
    const { name, detail, headers, more, ...rest } = this.details;
    const title = TITLES[this.status] ?? "Error";
    const body = {
      type: `/docs#${name}`,
      title,
      status: this.status,
      detail,
      name,
      ...rest,
      ...more,
    };
    return new Response(`${JSON.stringify(body)}\n`, {
      status: this.status,
      headers: { ...headers, "content-type": "application/problem+json" },
    });
  }
}

/** Failures that are found before the object is asked, or after. Names of ours begin with a small letter, ZooKeeper's with a capital. */
export const STATUS_OF_NAME = {
  invalidNamespace: 400,
  unauthorized: 401,
  forbidden: 403,
  noSuchRoute: 404,
  methodNotAllowed: 405,
  requestTimeout: 408,
  counterChanged: 409,
  contentTooLarge: 413,
  uriTooLong: 414,
  unsupportedMediaType: 415,
  locked: 423,
  upgradeRequired: 426,
  tooManyRequests: 429,
  internalError: 500,
  unavailable: 503,
} as const;

export function problem(
  name: keyof typeof STATUS_OF_NAME,
  detail: string,
  more: Omit<ProblemDetails, "name" | "detail"> = {},
): ProblemError {
  return new ProblemError(STATUS_OF_NAME[name], { name, detail, ...more });
}

/** Malformed parameters, each with what is wrong with it. */
export function invalid(...errors: readonly FieldError[]): ProblemError {
  const detail = errors.map((error) => `${error.name}: ${error.message}`).join("; ");
  const code = CallErrorCode.invalidCall;
  return new ProblemError(400, { name: "invalidCall", code, detail, errors });
}

/** Seconds after which to try again, when nothing better is known. */
const RETRY_AFTER = { "retry-after": "1" };

export function unavailable(): ProblemError {
  const detail = "the namespace's object could not be reached, or started over: try again";
  return problem("unavailable", detail, { headers: RETRY_AFTER });
}

/** Statuses of ZooKeeper's errors, and of ours. What is missing here is 500. */
export const STATUS_OF_CODE: ReadonlyMap<number, number> = new Map<number, number>([
  [ErrorCode.badArguments, 400],
  [ErrorCode.invalidACL, 400],
  [CallErrorCode.invalidCall, 400],
  [ErrorCode.authFailed, 401],
  [ErrorCode.noAuth, 403],
  [ErrorCode.noNode, 404],
  [ErrorCode.nodeExists, 409],
  [ErrorCode.badVersion, 409],
  [ErrorCode.notEmpty, 409],
  [ErrorCode.noChildrenForEphemerals, 409],
  [ErrorCode.sessionExpired, 409],
  [ErrorCode.unknownSession, 409],
  [ErrorCode.sessionMoved, 409],
  [CallErrorCode.notHeld, 409],
  [ErrorCode.marshallingError, 413],
  [CallErrorCode.idempotencyKeyReused, 422],
  [ErrorCode.throttledOp, 429],
  [CallErrorCode.tooManyCalls, 429],
  [ErrorCode.connectionLoss, 503],
  [ErrorCode.operationTimeout, 503],
  [ErrorCode.requestTimeout, 503],
  [ErrorCode.quotaExceeded, 507],
]);

/** `statuses` are those of the operation, where they differ: a failed precondition is one only if one was asked for. */
export function problemOf(
  error: CallError,
  statuses: Readonly<Record<number, number>> = {},
): ProblemError {
  const { code, name, message, path, index } = error;
  const status = statuses[code] ?? STATUS_OF_CODE.get(code) ?? 500;
  const headers = status === 429 || status === 503 ? RETRY_AFTER : undefined;
  return new ProblemError(status, { name, detail: message, code, path, index, headers });
}

/** Reason phrases (RFC 9110 and its relatives). */
export const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  412: "Precondition Failed",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  423: "Locked",
  426: "Upgrade Required",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
  507: "Insufficient Storage",
};
