/** `/barriers/{path}`: the barrier of the Barrier recipe. */
import * as z from "zod/mini";
import { json } from "./answer.ts";
import { waitMsOf } from "./duration.ts";
import { operation } from "./operation.ts";
import { component, described, duration } from "./schemas.ts";

const tag = "Barriers";

const Raised = component(
  "RaisedBarrier",
  "Whether this is what raised it.",
  z.object({ raised: z.boolean() }),
);
const Lowered = component(
  "LoweredBarrier",
  "Whether this is what lowered it.",
  z.object({ lowered: z.boolean() }),
);
const BarrierState = component(
  "BarrierState",
  "Whether the way is free.",
  z.object({ open: z.boolean() }),
);

const wait = operation(
  {
    id: "awaitBarrier",
    method: "GET",
    resource: "barriers",
    target: "below root",
    tag,
    summary: "Wait until a barrier is lowered",
    writes: false,
    query: {
      wait: described(z.optional(duration()), "How long, up to `60s`; not unless it is given."),
    },
    responses: {
      200: { description: "Whether it is.", content: { "application/json": BarrierState } },
    },
    problems: [],
  },
  async ({ path, query, perform }) => {
    const waitMs = waitMsOf(query.wait) ?? 0;
    const { value, zxid } = await perform("awaitBarrier", { path, waitMs });
    return json(200, { open: value.open }, zxid);
  },
);

const raise = operation(
  {
    id: "raiseBarrier",
    method: "PUT",
    resource: "barriers",
    target: "below root",
    tag,
    summary: "Raise a barrier",
    writes: true,
    responses: {
      200: { description: "It is up.", content: { "application/json": Raised } },
    },
    problems: [404, 409, 507],
  },
  async ({ path, perform }) => {
    const { value, zxid } = await perform("raiseBarrier", { path });
    return json(200, { raised: value.raised }, zxid);
  },
);

const lower = operation(
  {
    id: "lowerBarrier",
    method: "DELETE",
    resource: "barriers",
    target: "below root",
    tag,
    summary: "Lower a barrier",
    writes: true,
    responses: {
      200: { description: "It is down.", content: { "application/json": Lowered } },
    },
    problems: [404, 409],
  },
  async ({ path, perform }) => {
    const { value, zxid } = await perform("lowerBarrier", { path });
    return json(200, { lowered: value.lowered }, zxid);
  },
);

export const barriers = [wait, raise, lower];
