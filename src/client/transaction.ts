/**
 * A multi: operations that are done together or not at all.
 */
import { ErrorCode } from "../protocol/error-code.ts";
import { JuteError, type JuteReader } from "../protocol/jute-reader.ts";
import { readMultiHeader } from "../protocol/multi-ops.ts";
import { OpCode } from "../protocol/op-code.ts";
import type { MultiOp } from "../protocol/request-records.ts";
import { encodeCreate, encodeData } from "./create-request.ts";
import { errorOf, TransactionError } from "./errors.ts";
import type { Data, OperationOptions, ZnodeOptions } from "./operation-options.ts";
import { readStat, type Stat } from "./stat.ts";

/** A check as a value: done as part of a transaction, and may be handed around before. */
export interface CheckOp {
  readonly type: "check";
  readonly path: string;
  /** -1 stands for any: the znode need only exist. */
  readonly version: number;
}

/** Servers do not send the Stat of what a transaction created, but its czxid is the transaction's zxid. */
export interface TransactionCreateResult {
  /** With the number of a sequential znode. */
  readonly path: string;
  readonly czxid: number;
}

export type CommitOps = (
  ops: readonly MultiOp[],
  options: OperationOptions | undefined,
) => Promise<unknown[]>;

/**
 * Collects operations; nothing happens before `commit`. `Results` are the results, in the order of the operations.
 *
 * @example
 * const [created] = await zk.transaction().create("/b", "new").delete("/a").commit();
 */
export class Transaction<Results extends readonly unknown[] = []> {
  readonly #commit: CommitOps;
  readonly #ops: MultiOp[] = [];

  constructor(commit: CommitOps) {
    this.#commit = commit;
  }

  create(
    path: string,
    data: Data = null,
    options: ZnodeOptions = {},
  ): Transaction<[...Results, TransactionCreateResult]> {
    return this.#add(encodeCreate(path, data, options));
  }

  setData(
    path: string,
    data: Data,
    { version = -1 }: { readonly version?: number | undefined } = {},
  ): Transaction<[...Results, Stat]> {
    return this.#add({ type: OpCode.setData, path, data: encodeData(data), version });
  }

  delete(
    path: string,
    { version = -1 }: { readonly version?: number | undefined } = {},
  ): Transaction<[...Results, undefined]> {
    return this.#add({ type: OpCode.delete, path, version });
  }

  /** The transaction fails unless the znode exists and has this version; -1 stands for any. */
  check(path: string, version = -1): Transaction<[...Results, undefined]> {
    return this.#add({ type: OpCode.check, path, version });
  }

  /** Adds a check that somebody else made. */
  add({ path, version }: CheckOp): Transaction<[...Results, undefined]> {
    return this.check(path, version);
  }

  /**
   * Does all of it, in order, under one zxid.
   *
   * @throws TransactionError when an operation cannot be done: then none is.
   */
  commit(options?: OperationOptions): Promise<Results> {
    return this.#commit(this.#ops, options) as Promise<unknown> as Promise<Results>;
  }

  #add<R>(op: MultiOp): Transaction<[...Results, R]> {
    this.#ops.push(op);
    return this as unknown as Transaction<[...Results, R]>;
  }
}

/**
 * Reads the results of a multi.
 *
 * @throws TransactionError when it failed.
 */
export function readTransactionResults(
  reader: JuteReader,
  czxid: number,
  ops: readonly MultiOp[],
  showPath: (path: string) => string,
): unknown[] {
  const results: unknown[] = [];
  for (let header = readMultiHeader(reader); !header.done; header = readMultiHeader(reader)) {
    switch (header.type) {
      case OpCode.error: {
        const err = reader.readInt();
        const index = results.length;
        // Those before it say 0, those behind it that another one failed.
        if (err !== ErrorCode.ok && err !== ErrorCode.runtimeInconsistency) {
          const path = showPath(ops[index]?.path ?? "");
          throw new TransactionError(index, errorOf(err, { path }));
        }
        results.push(undefined);
        break;
      }
      case OpCode.create:
        results.push({ path: showPath(reader.readString()), czxid });
        break;
      case OpCode.create2:
        results.push({ path: showPath(reader.readString()), czxid });
        readStat(reader);
        break;
      case OpCode.setData:
        results.push(readStat(reader));
        break;
      case OpCode.delete:
      case OpCode.check:
        results.push(undefined);
        break;
      default:
        throw new JuteError(`result of type ${header.type}`);
    }
  }
  return results;
}
