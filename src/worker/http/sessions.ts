/** `/sessions`: sessions that live by a ttl instead of a socket. */
import * as z from "zod/mini";
import { empty, json } from "./answer.ts";
import { operation } from "./operation.ts";
import { component, described, int, sessionToken, ttlMs } from "./schemas.ts";
import { requiredSessionHeader, SESSION_HEADER, sessionOf, tokenOf } from "./session-token.ts";

const tag = "Sessions";

const OpenSession = component(
  "OpenSession",
  "What a session is to be.",
  z.strictObject({
    ttlMs: described(ttlMs(), "How long it lives without a sign of life."),
  }),
);

const Session = component(
  "Session",
  "A session. Its token is a secret: it stands in no URL.",
  z.object({
    session: sessionToken(),
    sessionId: described(int(1), "Its id, which is no secret: `ephemeralOwner` of its znodes."),
    ttlMs: int(0),
  }),
);

const Renewed = component("RenewedSession", "It lives on.", z.object({ ttlMs: int(0) }));

const open = operation(
  {
    id: "openSession",
    method: "POST",
    resource: "sessions",
    target: "none",
    tag,
    summary: "Open a session",
    description:
      "Ephemeral znodes belong to it. It ends at the first tick behind its ttl, never early, unless it is renewed.",
    writes: true,
    body: { kind: "json", schema: OpenSession },
    responses: {
      201: { description: "It is open.", content: { "application/json": Session } },
    },
    problems: [408, 413, 415],
  },
  async ({ body, perform }) => {
    const { value, zxid } = await perform("openSession", { ttlMs: body.ttlMs });
    const { session, ttlMs: granted } = value;
    const answer = { session: tokenOf(session), sessionId: session.id, ttlMs: granted };
    return json(201, answer, zxid);
  },
);

const renew = operation(
  {
    id: "renewSession",
    method: "PUT",
    resource: "sessions",
    target: "none",
    tag,
    summary: "Keep a session alive",
    writes: true,
    headers: requiredSessionHeader,
    responses: { 200: { description: "It lives on.", content: { "application/json": Renewed } } },
    problems: [409],
  },
  async ({ headers, perform }) => {
    const session = sessionOf(headers[SESSION_HEADER]);
    const { value, zxid } = await perform("renewSession", { session });
    return json(200, { ttlMs: value.ttlMs }, zxid);
  },
);

const close = operation(
  {
    id: "closeSession",
    method: "DELETE",
    resource: "sessions",
    target: "none",
    tag,
    summary: "Close a session",
    description: "Its ephemeral znodes go with it.",
    writes: true,
    headers: requiredSessionHeader,
    responses: { 204: { description: "It is closed." } },
    problems: [409],
  },
  async ({ headers, perform }) => {
    const session = sessionOf(headers[SESSION_HEADER]);
    const { zxid } = await perform("closeSession", { session });
    return empty(204, zxid);
  },
);

export const sessions = [open, renew, close];
