/**
 * Failures of calls: thrown while a call is performed, and a value for whoever asked.
 */
import { ErrorCode, TransactionError, ZooKeeperError } from "../client/index.ts";
import { type CallError, CallErrorCode } from "./call.ts";

/** A failure that ZooKeeper has no code for. */
export class CallFailure extends Error {
  readonly code: number;

  constructor(name: keyof typeof CallErrorCode, message: string) {
    super(message);
    this.name = name;
    this.code = CallErrorCode[name];
  }
}

const NAMES = new Map<number, string>([
  ...Object.entries(ErrorCode).map(([name, code]) => [code, capitalized(name)] as const),
  ...Object.entries(CallErrorCode).map(([name, code]) => [code, name] as const),
]);

/** What an error tells the caller; undefined for one that nobody expected. */
export function toCallError(error: unknown): CallError | undefined {
  if (error instanceof CallFailure) {
    const { code, name, message } = error;
    return { code, name, message };
  }
  if (!(error instanceof ZooKeeperError)) return undefined;
  const { code, message, path } = error;
  const name = NAMES.get(code);
  if (name === undefined) return undefined;
  const index = error instanceof TransactionError ? error.index : undefined;
  return { code, name, message, path, index };
}

/** As `KeeperException` spells it. */
function capitalized(name: string): string {
  return name === "apiError" ? "APIError" : name.charAt(0).toUpperCase() + name.slice(1);
}
