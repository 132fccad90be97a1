/** `/znodes/{path}`: data and Stat of a znode. */
import * as z from "zod/mini";
import { ErrorCode } from "../../protocol/error-code.ts";
import { parseACL } from "./acl-text.ts";
import { bytes, empty, json, locationOf, type Stat, statHeaders, statJSON } from "./answer.ts";
import { toBase64 } from "./base64.ts";
import { entityTag, ifMatch, isKnown, otherZnode, type Tag } from "./entity-tag.ts";
import { type Asked, operation, type ResponseSpec } from "./operation.ts";
import { invalid } from "./problem.ts";
import { consistencyQuery, ifNoneMatch, waitForChange, waitQuery } from "./reading.ts";
import { component, createMode, described, Stat as StatSchema, znodeTtlMs } from "./schemas.ts";
import { SESSION_HEADER, sessionHeader, sessionOf } from "./session-token.ts";

const tag = "Znodes";

const Znode = component(
  "Znode",
  "A znode in JSON.",
  z.object({
    path: z.string(),
    data: described(z.nullable(z.base64()), "Its data in Base64; null for a znode without any."),
    stat: StatSchema,
  }),
);

const Put = component(
  "PutResult",
  "What a PUT did.",
  z.object({ path: z.string(), created: z.boolean(), stat: StatSchema }),
);

const Created = component(
  "CreateResult",
  "The znode that was created; a sequential one has its number in its path.",
  z.object({ path: z.string(), stat: StatSchema }),
);

const statResponseHeaders = {
  ETag: '`"version-mzxid"`, for `If-Match` and `If-None-Match`.',
  "Edgekeeper-Stat": "The Stat: `czxid=1, mzxid=1, …`.",
  "Edgekeeper-Zxid": "The zxid that the answer is of.",
};

export const notModified: ResponseSpec = {
  description: "Nothing new: the entity tag is known, or nothing changed while it waited.",
};

const ifMatchHeader = {
  "if-match": described(
    z.optional(z.string().check(z.maxLength(100))),
    'Only if the znode has this entity tag, this version (`"3"`), or exists (`*`).',
  ),
};

const parentsQuery = {
  parents: described(z.optional(z.boolean()), "Create what is missing above, as containers."),
};

function znodeHeaders(stat: Stat) {
  return { ...statHeaders(stat), etag: entityTag(stat.version, stat.mzxid) };
}

const readCacheHeaders = { "cache-control": "private, no-cache", vary: "accept, authorization" };

const get = operation(
  {
    id: "getData",
    method: "GET",
    resource: "znodes",
    target: "znode",
    tag,
    summary: "Read a znode",
    description:
      "The data as it is, or JSON with the Stat for `Accept: application/json`. With `wait` it answers when the znode changes, is created or deleted.",
    writes: false,
    query: { ...consistencyQuery, ...waitQuery },
    headers: {
      accept: described(z.optional(z.string()), "`application/json` for JSON."),
      ...ifNoneMatch,
    },
    responses: {
      200: {
        description: "The znode.",
        content: { "application/octet-stream": undefined, "application/json": Znode },
        headers: statResponseHeaders,
      },
      304: notModified,
    },
    problems: [404],
  },
  async (input) => {
    const { path, headers, perform } = input;
    const unchanged = await waitForChange("data", input);
    if (unchanged?.exists === true) return empty(304, unchanged.zxid, unchanged.headers);
    const { value, zxid } = await perform("getData", { path });
    const answered = { ...znodeHeaders(value.stat), ...readCacheHeaders };
    if (isKnown(headers["if-none-match"], answered.etag)) return empty(304, zxid, answered);
    if (!wantsJSON(headers.accept)) return bytes(value.data ?? new Uint8Array(), zxid, answered);
    const data = value.data === null ? null : toBase64(value.data);
    return json(200, { path, data, stat: statJSON(value.stat) }, zxid, answered);
  },
);

const head = operation(
  {
    id: "exists",
    method: "HEAD",
    resource: "znodes",
    target: "znode",
    tag,
    summary: "See whether a znode exists",
    writes: false,
    query: consistencyQuery,
    headers: ifNoneMatch,
    responses: {
      200: { description: "It does.", headers: statResponseHeaders },
      304: notModified,
    },
    problems: [404],
  },
  async ({ path, headers, perform }) => {
    const { value, zxid } = await perform("exists", { path });
    if (value.stat === null) return empty(404, zxid);
    const answered = { ...znodeHeaders(value.stat), ...readCacheHeaders };
    const status = isKnown(headers["if-none-match"], answered.etag) ? 304 : 200;
    return empty(status, zxid, answered);
  },
);

const put = operation(
  {
    id: "put",
    method: "PUT",
    resource: "znodes",
    target: "znode",
    tag,
    summary: "Create a znode, or set its data",
    description:
      "Whichever it takes. `If-None-Match: *` only creates; `If-Match` only sets, and only what the caller knows.",
    writes: true,
    query: parentsQuery,
    headers: {
      ...ifMatchHeader,
      "if-none-match": described(z.optional(z.enum(["*"])), "`*`: only if there is no such znode."),
    },
    body: { kind: "bytes", description: "The data, of any content type." },
    responses: {
      200: {
        description: "The data is set.",
        content: { "application/json": Put },
        headers: statResponseHeaders,
      },
      201: {
        description: "The znode is created.",
        content: { "application/json": Put },
        headers: { ...statResponseHeaders, Location: "Where the znode is." },
      },
    },
    problems: [404, 408, 409, 412, 413, 507],
  },
  async (input) => {
    const { namespace, path, query, headers, body, perform } = input;
    const match = ifMatch(headers["if-match"]);
    const createOnly = headers["if-none-match"] !== undefined;
    if (match !== undefined && createOnly) {
      throw invalid({ in: "header", name: "if-match", message: "not with If-None-Match" });
    }
    const version = await expectedVersion(match, input);
    const only = createOnly ? "create" : match === undefined ? undefined : "set";
    const { parents } = query;
    const { value, zxid } = await perform(
      "put",
      { path, data: body, version, only, parents },
      { [ErrorCode.badVersion]: 412, [ErrorCode.nodeExists]: createOnly ? 412 : 409 },
    );
    const { created, stat } = value;
    const location = created ? { location: locationOf(namespace, path) } : undefined;
    return json(created ? 201 : 200, { path, created, stat: statJSON(stat) }, zxid, {
      ...znodeHeaders(stat),
      ...location,
    });
  },
);

const create = operation(
  {
    id: "create",
    method: "POST",
    resource: "znodes",
    target: "znode",
    tag,
    summary: "Create a znode in any mode",
    description: "A sequential znode gets a number behind the path: `Location` says where it is.",
    writes: true,
    query: {
      mode: described(z.optional(createMode()), "`persistent` unless it is given."),
      ttlMs: z.optional(znodeTtlMs()),
      ...parentsQuery,
    },
    headers: {
      ...sessionHeader,
      "edgekeeper-acl": described(
        z.optional(z.string().check(z.minLength(1), z.maxLength(4_096))),
        "The ACL as zkCli writes it: `world:anyone:r,digest:user:hash:cdrwa`. Open to everybody unless it is given.",
      ),
    },
    body: { kind: "bytes", description: "The data, of any content type." },
    responses: {
      201: {
        description: "The znode is created.",
        content: { "application/json": Created },
        headers: { ...statResponseHeaders, Location: "Where the znode is." },
      },
    },
    problems: [404, 408, 409, 413, 507],
  },
  async ({ namespace, path, query, headers, body, perform }) => {
    const { mode = "persistent", ttlMs, parents } = query;
    const token = headers[SESSION_HEADER];
    const isEphemeral = mode.startsWith("ephemeral");
    if (isEphemeral !== (token !== undefined)) {
      const message = isEphemeral ? "an ephemeral znode needs a session" : "only of ephemerals";
      throw invalid({ in: "header", name: SESSION_HEADER, message });
    }
    if (mode.endsWith("WithTTL") !== (ttlMs !== undefined)) {
      throw invalid({
        in: "query",
        name: "ttlMs",
        message: "of modes with a TTL, and of no other",
      });
    }
    const acl = parseACL(headers["edgekeeper-acl"]);
    const session = token === undefined ? undefined : sessionOf(token);
    const { value, zxid } = await perform("create", {
      path,
      data: body,
      mode,
      ttlMs,
      acl,
      session,
      parents,
    });
    return json(201, { path: value.path, stat: statJSON(value.stat) }, zxid, {
      ...znodeHeaders(value.stat),
      location: locationOf(namespace, value.path),
    });
  },
);

const remove = operation(
  {
    id: "delete",
    method: "DELETE",
    resource: "znodes",
    target: "znode",
    tag,
    summary: "Delete a znode",
    writes: true,
    headers: ifMatchHeader,
    responses: { 204: { description: "It is gone." } },
    problems: [404, 409, 412],
  },
  async (input) => {
    const { path, headers, perform } = input;
    const version = await expectedVersion(ifMatch(headers["if-match"]), input);
    const { zxid } = await perform("delete", { path, version }, { [ErrorCode.badVersion]: 412 });
    return empty(204, zxid);
  },
);

export const znodes = [get, head, put, create, remove];

/**
 * The version that a precondition asks for. ZooKeeper compares versions only; that the znode is the one that the tag was given
 * for, and not one that was created anew in its place, is looked at first. Not of a request with an idempotency key: it may be done already, and
 * the tag is an old one then.
 */
async function expectedVersion(
  match: Tag | "*" | undefined,
  { path, perform, idempotencyKey }: Pick<Asked, "path" | "perform" | "idempotencyKey">,
): Promise<number | undefined> {
  if (match === undefined || match === "*") return undefined;
  if (match.zxid !== undefined && idempotencyKey === undefined) {
    const { value } = await perform("exists", { path });
    if (value.stat !== null && value.stat.mzxid !== match.zxid) throw otherZnode(path);
  }
  return match.version;
}

/** Whether JSON is asked for by name: `*` is what every client sends. */
function wantsJSON(accept: string | undefined): boolean {
  return /(^|,)\s*application\/json\s*(;(?!\s*q=0(\.0*)?\s*(,|$))|,|$)/i.test(accept ?? "");
}
