/** `/counters/{path}`: the shared counter of the Counter recipe. */
import * as z from "zod/mini";
import { json } from "./answer.ts";
import { operation } from "./operation.ts";
import { problem } from "./problem.ts";
import { component, described, Problem } from "./schemas.ts";

const tag = "Counters";

const CounterValue = component(
  "CounterValue",
  "What a counter stands at; 0 where there is none.",
  z.object({ value: z.int() }),
);

const AddToCounter = component("AddToCounter", "What to add.", z.strictObject({ delta: z.int() }));

const CounterSum = component(
  "CounterSum",
  "The counter after and before it was added to.",
  z.object({ value: z.int(), previous: z.int() }),
);

const SetCounter = component(
  "SetCounter",
  "What to set it to.",
  z.strictObject({
    value: z.int(),
    expected: z.optional(described(z.int(), "Only if the counter stands at this.")),
  }),
);

const CounterProblem = component(
  "CounterProblem",
  "The counter stands at something else.",
  z.object({ ...Problem.shape, value: z.optional(described(z.int(), "What it stands at.")) }),
);

const get = operation(
  {
    id: "getCounter",
    method: "GET",
    resource: "counters",
    target: "below root",
    tag,
    summary: "Read a counter",
    writes: false,
    responses: {
      200: { description: "Its value.", content: { "application/json": CounterValue } },
    },
    problems: [409],
  },
  async ({ path, perform }) => {
    const { value, zxid } = await perform("getCounter", { path });
    return json(200, { value: value.value }, zxid);
  },
);

const add = operation(
  {
    id: "addToCounter",
    method: "POST",
    resource: "counters",
    target: "below root",
    tag,
    summary: "Add to a counter",
    description: "Give an `Idempotency-Key`, and a repeated request does not count twice.",
    writes: true,
    body: { kind: "json", schema: AddToCounter },
    responses: {
      200: { description: "It is added.", content: { "application/json": CounterSum } },
    },
    problems: [404, 408, 409, 413, 415, 507],
  },
  async ({ path, body, perform }) => {
    const { value, zxid } = await perform("addToCounter", { path, delta: body.delta });
    return json(200, { value: value.value, previous: value.previous }, zxid);
  },
);

const set = operation(
  {
    id: "setCounter",
    method: "PUT",
    resource: "counters",
    target: "below root",
    tag,
    summary: "Set a counter",
    writes: true,
    body: { kind: "json", schema: SetCounter },
    responses: {
      200: { description: "It is set.", content: { "application/json": CounterValue } },
      409: {
        description: "It stands at something else than expected.",
        content: { "application/problem+json": CounterProblem },
      },
    },
    problems: [404, 408, 413, 415, 507],
  },
  async ({ path, body, perform }) => {
    const { value: wanted, expected } = body;
    const { value, zxid } = await perform("setCounter", { path, value: wanted, expected });
    if (value.set) return json(200, { value: value.value }, zxid);
    const detail = `the counter stands at ${value.value}`;
    throw problem("counterChanged", detail, { path, more: { value: value.value } });
  },
);

export const sharedCounters = [get, add, set];
