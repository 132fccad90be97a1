/**
 * Data as callers over RPC may write it: text stands for its UTF-8.
 */
import type { TransactionOp } from "../../services/call.ts";

export type Data = Uint8Array | string;

/** An op of a transaction, whose data may be text. */
export type RPCTransactionOp = TransactionOp extends infer Op
  ? Op extends { readonly data?: unknown }
    ? Omit<Op, "data"> & { readonly data?: Data | undefined }
    : Op
  : never;

const encoder = new TextEncoder();

/** Anything else stays as it is: the object says what is wrong with it. */
export function bytesOf(data: Data | undefined): Uint8Array | undefined {
  return typeof data === "string" ? encoder.encode(data) : data;
}

export function opsOf(ops: readonly RPCTransactionOp[]): readonly TransactionOp[] {
  if (!Array.isArray(ops)) return ops as readonly TransactionOp[];
  return ops.map(opOf);
}

function opOf(op: RPCTransactionOp): TransactionOp {
  if (typeof op !== "object" || op === null || !("data" in op)) return op as TransactionOp;
  const { data, ...rest } = op;
  return { ...rest, data: bytesOf(data) };
}
