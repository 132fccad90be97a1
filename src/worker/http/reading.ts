/** What reads have in common: consistency, waiting for a change, and what is known already. */
import * as z from "zod/mini";
import { waitMsOf } from "./duration.ts";
import { knownZxid } from "./entity-tag.ts";
import type { Asked } from "./operation.ts";
import { invalid } from "./problem.ts";
import { described, duration, zxid } from "./schemas.ts";

/** There is one owner of a tree, and every read is answered there. */
export const consistencyQuery = {
  consistency: described(
    z.optional(z.enum(["strong"])),
    "Every read is linearizable: it is answered by the one object that owns the tree. There is nothing weaker to ask for.",
  ),
};

export const waitQuery = {
  wait: described(
    z.optional(duration()),
    "Long poll: how long to wait for a change, up to `60s`. Needs `since`, or `If-None-Match` with the entity tag of the last answer.",
  ),
  since: described(
    z.optional(zxid()),
    "The zxid that the caller knows: `mzxid` of data, `pzxid` of children, 0 for a znode that does not exist.",
  ),
};

export const ifNoneMatch = {
  "if-none-match": described(
    z.optional(z.string().check(z.maxLength(1_000))),
    "Entity tags that the caller has: 304 when it is one of them.",
  ),
};

interface Unchanged {
  readonly zxid: number;
  readonly exists: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

interface Waiting {
  readonly query: { readonly wait?: string | undefined; readonly since?: number | undefined };
  readonly headers: { readonly "if-none-match"?: string | undefined };
}

/**
 * Waits for a change if the caller wants that. Returns the zxid of the answer when there was none, with whether the znode exists; undefined when
 * it is time to read.
 */
export async function waitForChange(
  of: "data" | "children",
  { query, headers, path, perform }: Waiting & Pick<Asked, "path" | "perform">,
): Promise<Unchanged | undefined> {
  if (query.wait === undefined && query.since === undefined) return undefined;
  const waitMs = waitMsOf(query.wait) ?? 0;
  const since = query.since ?? knownZxid(headers["if-none-match"]);
  if (since === undefined) {
    const message = "with `since`, or with one entity tag in `If-None-Match`";
    throw invalid({ in: "query", name: "wait", message });
  }
  const { value, zxid: answered } = await perform("awaitChange", { path, of, since, waitMs });
  if (value.changed) return undefined;
  const tag = headers["if-none-match"];
  const isTagOfIt = tag !== undefined && knownZxid(tag) === since;
  return { zxid: answered, exists: value.exists, headers: isTagOfIt ? { etag: tag } : {} };
}
