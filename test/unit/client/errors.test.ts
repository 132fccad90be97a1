import { describe, expect, it } from "vitest";
import {
  ClientErrorCode,
  errorOf,
  isRetryable,
  isSessionFatal,
  ZooKeeperError,
} from "../../../src/client/errors.ts";
import { ErrorCode } from "../../../src/protocol/error-code.ts";

/** Known to the protocol, but nothing that a client of ours is ever told. */
const WITHOUT_CLASS = new Set<number>([
  ErrorCode.ok,
  ErrorCode.unknownSession,
  ErrorCode.ephemeralOnLocalSession,
  ErrorCode.requestTimeout,
  ErrorCode.sessionClosedRequireSaslAuth,
]);

describe("errors", () => {
  it.each(Object.entries(ErrorCode))("%s has its class", (name, code) => {
    const error = errorOf(code, { path: "/a" });
    expect(error).toBeInstanceOf(ZooKeeperError);
    expect(error).toMatchObject({ code, path: "/a", outcome: "notApplied" });
    expect(error.constructor === ZooKeeperError).toBe(WITHOUT_CLASS.has(code));
    if (WITHOUT_CLASS.has(code)) return;
    // The table's names are those of the classes, and of the protocol.
    expect(error.name).toBe(error.constructor.name);
    const known = name.replace(/Error$|OnCall$/, "").toLowerCase();
    expect(error.name.toLowerCase()).toContain(known);
    expect(error.message).toMatch(/^.+: \/a$/);
  });

  it("of a code that nobody knows are of the base class", () => {
    const error = errorOf(-99_999);
    expect(error.constructor).toBe(ZooKeeperError);
    expect(error.name).toBe("ZooKeeperError");
    expect(error.message).toBe("error -99999");
  });

  it("keep what they are told", () => {
    const cause = new Error("why");
    const error = errorOf(ErrorCode.connectionLoss, { outcome: "unknown", cause });
    expect(error).toMatchObject({ outcome: "unknown", cause, path: undefined });
  });

  it("are classified by code", () => {
    const codes = [...Object.values(ErrorCode), ...Object.values(ClientErrorCode)];
    const of = (is: (error: unknown) => boolean): number[] =>
      codes.filter((code) => is(errorOf(code))).sort((a, b) => b - a);
    expect(of(isRetryable)).toEqual([-4, -7, -118, -122, -127]);
    expect(of(isSessionFatal)).toEqual([-12, -112, -115, -116]);
    expect(isRetryable(new Error("no"))).toBe(false);
  });
});
