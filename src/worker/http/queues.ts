/** `/queues/{path}` and `/claims/{path}`: the queue of the Queue recipe. */
import * as z from "zod/mini";
import { empty, json } from "./answer.ts";
import { toBase64 } from "./base64.ts";
import { operation } from "./operation.ts";
import { component, described, int, ttlMs, waitMs } from "./schemas.ts";

const tag = "Queues";

const CLAIM_HEADER = "edgekeeper-claim";

const Item = component(
  "QueueItem",
  "An item in a queue.",
  z.object({ item: described(z.string(), "Its name.") }),
);

const TakeItem = component(
  "TakeItem",
  "How long to work on an item, and how long to wait for one.",
  z.strictObject({
    ttlMs: described(ttlMs(), "When this is over, the item is anybody's again."),
    waitMs: z.optional(described(waitMs(), "0 unless it is given.")),
  }),
);

const Claim = component(
  "Claim",
  "An item that the caller has to itself for a while.",
  z.object({
    claim: described(z.string(), "For completing it. A secret: it stands in no URL."),
    item: z.string(),
    data: described(z.base64(), "In Base64."),
  }),
);

const put = operation(
  {
    id: "putItem",
    method: "POST",
    resource: "queues",
    target: "below root",
    tag,
    summary: "Put an item into a queue",
    writes: true,
    query: {
      priority: described(z.optional(int(0, 999)), "Lower ones are taken first."),
      delayMs: described(z.optional(int(0, 31_536_000_000)), "Not before this is over."),
    },
    body: { kind: "bytes", description: "The item, of any content type." },
    responses: { 201: { description: "It is there.", content: { "application/json": Item } } },
    problems: [404, 408, 409, 413, 507],
  },
  async ({ path, query, body, perform }) => {
    const { priority, delayMs } = query;
    const { value, zxid } = await perform("putItem", { path, data: body, priority, delayMs });
    return json(201, { item: value.item }, zxid);
  },
);

const take = operation(
  {
    id: "takeItem",
    method: "POST",
    resource: "claims",
    target: "below root",
    tag,
    summary: "Take an item of a queue",
    description:
      "The item stays in the queue, claimed, until it is completed; at its ttl another may take it. So each is worked on at least once.",
    writes: true,
    body: { kind: "json", schema: TakeItem },
    responses: {
      200: { description: "An item.", content: { "application/json": Claim } },
      204: { description: "There was none in time." },
    },
    problems: [404, 408, 409, 413, 415],
  },
  async ({ path, body, perform }) => {
    const { value, zxid } = await perform("takeItem", { path, ...body });
    if (value.taken === null) return empty(204, zxid);
    const { claim, item, data } = value.taken;
    return json(200, { claim, item, data: toBase64(data) }, zxid);
  },
);

const settle = operation(
  {
    id: "settleItem",
    method: "DELETE",
    resource: "claims",
    target: "below root",
    tag,
    summary: "Complete an item, or give it back",
    writes: true,
    query: {
      outcome: described(
        z.enum(["completed", "returned"]),
        "`completed` removes the item for good, `returned` leaves it to others.",
      ),
    },
    headers: {
      [CLAIM_HEADER]: described(
        z.string().check(z.regex(/^[\x21-\x7e]{1,8000}$/)),
        "The `claim` that taking it gave.",
      ),
    },
    responses: { 204: { description: "Done." } },
    problems: [404, 409],
  },
  async ({ query, headers, perform }) => {
    const claim = headers[CLAIM_HEADER];
    const { zxid } = await perform(query.outcome === "completed" ? "completeItem" : "returnItem", {
      claim,
    });
    return empty(204, zxid);
  },
);

export const queues = [put, take, settle];
