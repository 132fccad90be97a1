/** A session as callers hold it: one opaque word, `id.passwd`. */
import type { SessionKey } from "../../services/call.ts";
import { invalid } from "./problem.ts";
import { sessionToken } from "./schemas.ts";
import * as z from "zod/mini";

export const SESSION_HEADER = "edgekeeper-session";

export const sessionHeader = { [SESSION_HEADER]: z.optional(sessionToken()) };
export const requiredSessionHeader = { [SESSION_HEADER]: sessionToken() };

export function tokenOf({ id, passwd }: SessionKey): string {
  return `${id}.${passwd}`;
}

/** Of a token that the schema let through. */
export function sessionOf(token: string): SessionKey {
  const dot = token.indexOf(".");
  const id = Number(token.slice(0, dot));
  if (!Number.isSafeInteger(id)) {
    throw invalid({ in: "header", name: SESSION_HEADER, message: "not a session" });
  }
  return { id, passwd: token.slice(dot + 1) };
}
