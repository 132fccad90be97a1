/** `/acl/{path}`: who may do what with a znode. */
import * as z from "zod/mini";
import { ErrorCode } from "../../protocol/error-code.ts";
import { aclJSON, aclOf } from "./acl-text.ts";
import { json, type Stat as StatType, statJSON } from "./answer.ts";
import { entityTag, ifMatch, otherZnode } from "./entity-tag.ts";
import { operation } from "./operation.ts";
import { consistencyQuery } from "./reading.ts";
import { ACLBody, ACLEntry, component, described, Stat } from "./schemas.ts";

const tag = "ACLs";

const ACLResult = component(
  "ACLResult",
  "A znode's ACL. Who does not have the permission admin sees no digests.",
  z.object({ acl: z.array(ACLEntry), stat: Stat }),
);

const StatResult = component("StatResult", "A znode's Stat.", z.object({ stat: Stat }));

/** Every new ACL has a new aversion; the czxid tells znodes of the same path apart. */
function aclTag(stat: StatType): string {
  return entityTag(stat.aversion, stat.czxid);
}

const get = operation(
  {
    id: "getACL",
    method: "GET",
    resource: "acl",
    target: "znode",
    tag,
    summary: "Read an ACL",
    writes: false,
    query: consistencyQuery,
    responses: {
      200: {
        description: "The ACL.",
        content: { "application/json": ACLResult },
        headers: { ETag: '`"aversion-czxid"`, for `If-Match`.' },
      },
    },
    problems: [404],
  },
  async ({ path, perform }) => {
    const { value, zxid } = await perform("getACL", { path });
    const { acl, stat } = value;
    const headers = { etag: aclTag(stat) };
    return json(200, { acl: aclJSON(acl), stat: statJSON(stat) }, zxid, headers);
  },
);

const set = operation(
  {
    id: "setACL",
    method: "PUT",
    resource: "acl",
    target: "znode",
    tag,
    summary: "Replace an ACL",
    writes: true,
    headers: {
      "if-match": described(
        z.optional(z.string().check(z.maxLength(100))),
        'Only if the ACL has this entity tag, or this aversion (`"3"`).',
      ),
    },
    body: { kind: "json", schema: ACLBody },
    responses: {
      200: {
        description: "The ACL is set.",
        content: { "application/json": StatResult },
        headers: { ETag: '`"aversion-czxid"`.' },
      },
    },
    problems: [404, 408, 412, 413, 415],
  },
  async ({ path, headers, body, perform, idempotencyKey }) => {
    const match = ifMatch(headers["if-match"]);
    if (match !== undefined && match !== "*" && match.zxid !== undefined && !idempotencyKey) {
      const { value } = await perform("exists", { path });
      if (value.stat !== null && value.stat.czxid !== match.zxid) throw otherZnode(path);
    }
    const version = match === "*" ? undefined : match?.version;
    const { value, zxid } = await perform(
      "setACL",
      { path, acl: aclOf(body.acl), version },
      { [ErrorCode.badVersion]: 412 },
    );
    return json(200, { stat: statJSON(value.stat) }, zxid, { etag: aclTag(value.stat) });
  },
);

export const acl = [get, set];
