/** `/children/{path}` and `/count/{path}`: what is below a znode. */
import * as z from "zod/mini";
import { empty, json, statJSON } from "./answer.ts";
import { entityTag, isKnown } from "./entity-tag.ts";
import { operation } from "./operation.ts";
import { consistencyQuery, ifNoneMatch, waitForChange, waitQuery } from "./reading.ts";
import { component, described, int, Stat } from "./schemas.ts";
import { encodePath } from "./znode-path.ts";
import { notModified } from "./znodes.ts";

const tag = "Children";

const Children = component(
  "Children",
  "A page of a znode's children, in order of their names' UTF-16 code units, and the Stat of the znode.",
  z.object({
    children: z.array(z.object({ name: z.string(), stat: z.optional(Stat) })),
    next: described(
      z.nullable(z.string()),
      "`after` of the next page; null when this is the last.",
    ),
    stat: Stat,
  }),
);

const Count = component(
  "Count",
  "A number of znodes.",
  z.object({ count: described(int(0), "All below the znode, at any depth.") }),
);

const list = operation(
  {
    id: "getChildren",
    method: "GET",
    resource: "children",
    target: "znode",
    tag,
    summary: "List children, page by page",
    description:
      "A page is of one moment, several pages may not be: `cversion` of the Stat tells. With `wait` it answers when a child is created or deleted.",
    writes: false,
    query: {
      limit: described(z.optional(int(1, 10_000)), "Names in a page; 1,000 unless it is given."),
      after: described(
        z.optional(z.string().check(z.maxLength(8_192))),
        "Only names behind this one: `next` of the page before.",
      ),
      stats: described(z.optional(z.boolean()), "Whether each child comes with its Stat."),
      ...consistencyQuery,
      ...waitQuery,
    },
    headers: ifNoneMatch,
    responses: {
      200: {
        description: "A page.",
        content: { "application/json": Children },
        headers: {
          ETag: '`"cversion-pzxid"`; none with `stats`, since those change without it.',
          Link: '`rel="next"`, when there is one.',
        },
      },
      304: notModified,
    },
    problems: [404],
  },
  async (input) => {
    const { namespace, path, query, headers, perform } = input;
    const unchanged = await waitForChange("children", input);
    if (unchanged?.exists === true) return empty(304, unchanged.zxid, unchanged.headers);
    const { limit, after, stats } = query;
    const { value, zxid } = await perform("getChildren", { path, limit, after, withStats: stats });
    const { stat, next } = value;
    const etag = entityTag(stat.cversion, stat.pzxid);
    const answered: Record<string, string> = { "cache-control": "private, no-cache" };
    if (stats !== true) answered.etag = etag;
    if (stats !== true && isKnown(headers["if-none-match"], etag)) {
      return empty(304, zxid, answered);
    }
    if (next !== null) answered.link = nextLink(namespace, path, query, next);
    const children = value.children.map((child) => ({
      name: child.name,
      ...(child.stat && { stat: statJSON(child.stat) }),
    }));
    return json(200, { children, next, stat: statJSON(stat) }, zxid, answered);
  },
);

const count = operation(
  {
    id: "countChildren",
    method: "GET",
    resource: "count",
    target: "znode",
    tag,
    summary: "Count all znodes below a znode",
    writes: false,
    query: consistencyQuery,
    responses: { 200: { description: "How many.", content: { "application/json": Count } } },
    problems: [404],
  },
  async ({ path, perform }) => {
    const { value, zxid } = await perform("countChildren", { path });
    return json(200, { count: value.count }, zxid);
  },
);

export const children = [list, count];

function nextLink(
  namespace: string,
  path: string,
  { limit, stats }: { readonly limit?: number | undefined; readonly stats?: boolean | undefined },
  next: string,
): string {
  const query = new URLSearchParams({ after: next });
  if (limit !== undefined) query.set("limit", String(limit));
  if (stats !== undefined) query.set("stats", String(stats));
  return `</v1/${namespace}/children${encodePath(path)}?${query.toString()}>; rel="next"`;
}
