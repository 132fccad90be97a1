/**
 * Sessions that live by a ttl.
 */
import { OpCode } from "../protocol/op-code.ts";
import { sessionOver, wantedOf } from "./call-context.ts";
import type { CallsOf } from "./calls-of.ts";
import { toBase64url } from "./base64url.ts";

export const sessionCalls: CallsOf<"openSession" | "renewSession" | "closeSession"> = {
  async openSession(context, { ttlMs }) {
    const { session } = await context.open({ ttlMs });
    if (session === undefined) throw sessionOver();
    const { id, passwd, timeoutMs } = session;
    const answer = { session: { id, passwd: toBase64url(passwd) }, ttlMs: timeoutMs };
    // The session is not written yet.
    context.journal?.keepAnswer(answer);
    return answer;
  },

  /** To attach to it is a sign of life. */
  async renewSession(context, { session }) {
    const client = await context.open(wantedOf(session));
    return { ttlMs: client.session?.timeoutMs ?? 0 };
  },

  async closeSession(context, { session }) {
    const client = await context.open(wantedOf(session));
    context.journal?.noteAnswer({}, OpCode.closeSession);
    await client.closeSession();
    return {};
  },
};
