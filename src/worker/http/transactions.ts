/** `/transactions`: several writes, all or nothing. */
import * as z from "zod/mini";
import type { TransactionOp } from "../../services/call.ts";
import { aclOf } from "./acl-text.ts";
import { json, statJSON } from "./answer.ts";
import { fromBase64 } from "./base64.ts";
import { operation } from "./operation.ts";
import {
  ACLEntry,
  base64,
  component,
  createMode,
  described,
  path,
  Stat,
  version,
  znodeTtlMs,
} from "./schemas.ts";
import { SESSION_HEADER, sessionHeader, sessionOf } from "./session-token.ts";

/** ZooKeeper has no limit but that of the frame; the object looks at each in turn, and everybody waits. */
const OPS_MAX = 1_000;

const data = () => z.optional(described(base64(), "In Base64; empty unless it is given."));

const TransactionOpSchema = component(
  "TransactionOp",
  "One write, or a check.",
  z.discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("create"),
      path: path(),
      data: data(),
      mode: z.optional(createMode()),
      ttlMs: z.optional(znodeTtlMs()),
      acl: z.optional(z.array(ACLEntry).check(z.minLength(1), z.maxLength(1_000))),
    }),
    z.strictObject({
      type: z.literal("setData"),
      path: path(),
      data: data(),
      version: z.optional(version()),
    }),
    z.strictObject({
      type: z.enum(["delete", "check"]),
      path: path(),
      version: z.optional(version()),
    }),
  ]),
);

const Transaction = component(
  "Transaction",
  "Writes in their order.",
  z.strictObject({
    ops: z.array(TransactionOpSchema).check(z.minLength(1), z.maxLength(OPS_MAX)),
  }),
);

const Result = component(
  "TransactionResult",
  "What each op gave, in the same order.",
  z.object({
    results: z.array(
      z.object({
        type: z.enum(["create", "setData", "delete", "check"]),
        path: z.optional(described(z.string(), "Of the znode that was created.")),
        stat: z.optional(Stat),
      }),
    ),
  }),
);

const commit = operation(
  {
    id: "transaction",
    method: "POST",
    resource: "transactions",
    target: "none",
    tag: "Transactions",
    summary: "Write several znodes, all or nothing",
    description:
      "The status of a failure is that of the first op that failed, and `index` says which it was. Nothing is done then.",
    writes: true,
    headers: sessionHeader,
    body: { kind: "json", schema: Transaction },
    responses: { 200: { description: "All is done.", content: { "application/json": Result } } },
    problems: [404, 408, 409, 413, 415, 507],
  },
  async ({ headers, body, perform }) => {
    const token = headers[SESSION_HEADER];
    const ops = body.ops.map(opOf);
    const session = token === undefined ? undefined : sessionOf(token);
    const { value, zxid } = await perform("transaction", { ops, session });
    const results = value.results.map(({ stat, ...rest }) => ({
      ...rest,
      ...(stat && { stat: statJSON(stat) }),
    }));
    return json(200, { results }, zxid);
  },
);

export const transactions = [commit];

function opOf(op: z.output<typeof TransactionOpSchema>): TransactionOp {
  switch (op.type) {
    case "create":
      return { ...op, data: dataOf(op.data), acl: op.acl && aclOf(op.acl) };
    case "setData":
      return { ...op, data: dataOf(op.data) };
    case "delete":
    case "check":
      return op;
  }
}

function dataOf(text: string | undefined): Uint8Array | undefined {
  return text === undefined ? undefined : fromBase64(text);
}
