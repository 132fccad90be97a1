/**
 * What goes in and out, as validators; the OpenAPI document is made of the same. What is named here stands under `components`.
 * Requests are strict, so that a misspelt field is an error. Answers may get more fields later, and are open.
 */
import en from "zod/v4/locales/en.js";
import * as z from "zod/mini";
import { CallErrorCode, CREATE_MODES } from "../../services/call.ts";
import { TTL_MS_MAX } from "../../protocol/limits.ts";

// Without one, every message is "Invalid input".
z.config(en());

/** Schemas by the names that the document has for them. */
export const components = z.registry<{ id: string }>();

/** Adds what the document says of a schema. */
export function described<T extends z.core.$ZodType>(schema: T, description: string): T {
  z.globalRegistry.add(schema, { description });
  return schema;
}

export function component<T extends z.core.$ZodType>(
  id: string,
  description: string,
  schema: T,
): T {
  components.add(schema, { id });
  return described(schema, description);
}

/** Longest time that a call waits, and a session's ttl. */
export const WAIT_MS_MAX = 60_000;
const SESSION_TTL_MS = [1_000, 86_400_000] as const;

export const int = (minimum: number, maximum = Number.MAX_SAFE_INTEGER) =>
  z.int().check(z.minimum(minimum), z.maximum(maximum));

export const zxid = () => int(0);
export const version = () =>
  described(int(-1, 2 ** 31 - 1), "Expected version; -1 stands for any.");
export const ttlMs = () => int(...SESSION_TTL_MS);
export const waitMs = () => int(0, WAIT_MS_MAX);

/** Paths in bodies. ZooKeeper's rules are the object's business. */
export const path = () =>
  described(z.string().check(z.regex(/^\//), z.maxLength(8_192)), "Absolute path of a znode.");

export const base64 = () => z.base64().check(z.maxLength(1_400_000));

export const createMode = () => z.enum(CREATE_MODES);

export const znodeTtlMs = () =>
  described(int(1, TTL_MS_MAX), "Of modes with a TTL: how long the znode lives without a change.");

/** `30s`, `500ms`, or plain milliseconds. */
export const duration = () => z.string().check(z.regex(/^\d{1,6}(ms|s)?$/));

export const sessionToken = () =>
  described(
    z.string().check(z.regex(/^[1-9]\d{0,15}\.[A-Za-z0-9_-]{22}$/)),
    "A session, as `POST /v1/{namespace}/sessions` gave it. Whoever has it can use it.",
  );

export const Stat = component(
  "Stat",
  "What ZooKeeper's Stat has. Times are milliseconds since 1970.",
  z.object({
    czxid: zxid(),
    mzxid: zxid(),
    pzxid: zxid(),
    ctime: z.int(),
    mtime: z.int(),
    version: z.int32(),
    cversion: z.int32(),
    aversion: z.int32(),
    ephemeralOwner: described(int(0), "Id of the session that an ephemeral belongs to, or 0."),
    dataLength: int(0),
    numChildren: int(0),
  }),
);

export const ACLEntry = component(
  "ACLEntry",
  "Who may do what.",
  z.strictObject({
    scheme: described(z.string().check(z.minLength(1)), "`world`, `digest`, `ip`, `auth`, `jwt`."),
    id: z.string(),
    perms: described(
      z.string().check(z.regex(/^[cdrwa]{1,5}$/)),
      "Letters of create, delete, read, write, admin.",
    ),
  }),
);

export const ACLBody = component(
  "ACL",
  "An access control list.",
  z.strictObject({ acl: z.array(ACLEntry).check(z.minLength(1), z.maxLength(1_000)) }),
);

export const Problem = component(
  "Problem",
  "Problem details (RFC 9457).",
  z.object({
    type: described(z.string(), "A reference to the entry for `name` of the page at /docs."),
    title: z.string(),
    status: int(400, 599),
    detail: z.string(),
    name: described(z.string(), "What went wrong, by name: ZooKeeper's where it has one."),
    code: z.optional(
      described(
        z.int(),
        `ZooKeeper's code, or below ${CallErrorCode.invalidCall + 1} one of ours.`,
      ),
    ),
    path: z.optional(described(z.string(), "The znode that it is about.")),
    index: z.optional(described(int(0), "Which op of a transaction failed.")),
    errors: z.optional(
      z.array(
        z.object({
          in: z.enum(["path", "query", "header", "body"]),
          name: described(z.string(), "The parameter, or where in the body (`ops.0.path`)."),
          message: z.string(),
        }),
      ),
    ),
  }),
);
