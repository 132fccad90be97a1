/**
 * Whether `npm start` lets everybody in. On loopback it does unless keys are given; elsewhere somebody has to say so.
 */
import { isConfigured, policyOf } from "../../src/access/policy.ts";
import type { AccessVariables } from "../../src/access/settings.ts";
import { UserError } from "../command.ts";

export type Access = AccessVariables["ACCESS"];

const KEYS = ["EDGEKEEPER_TOKEN", "JWT_KEYS", "API_KEYS"];

/**
 * @throws UserError when nobody has said who may come in, or what was said is wrong.
 */
export async function chooseAccess(
  vars: Readonly<Record<string, unknown>>,
  host: string,
  isLoopback: boolean,
): Promise<Access> {
  const hasKeys = KEYS.some((name) => vars[name] !== undefined);
  const access = vars["ACCESS"] ?? (hasKeys ? "token" : "open");
  if (access !== "open" && access !== "token") {
    throw new UserError("ACCESS must be open or token");
  }
  if (access === "open" && vars["ACCESS"] === undefined && !isLoopback) {
    throw new UserError(
      `--host ${host} is not loopback, and nobody has said who may come in: give a key, as --var EDGEKEEPER_TOKEN:<secret>` +
        " or in a file (--vars), or let everybody in with --var ACCESS:open (docs/security.md)",
    );
  }
  const outcome = await policyOf({ ...vars, ACCESS: access });
  if (!outcome.ok) throw new UserError(outcome.fault);
  if (access === "token" && !isConfigured(outcome.policy)) {
    throw new UserError(`ACCESS:token lets nobody in without one of ${KEYS.join(", ")}`);
  }
  return access;
}
