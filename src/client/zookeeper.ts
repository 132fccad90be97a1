/**
 * The client: ZooKeeper's operations on one session after another.
 */
import { ErrorCode } from "../protocol/error-code.ts";
import type { JuteReader } from "../protocol/jute-reader.ts";
import { OpCode } from "../protocol/op-code.ts";
import { type ACL, readACL, type ReplyHeader } from "../protocol/records.ts";
import type { ClientInfo } from "../protocol/replies.ts";
import type { MultiOp, WatchableRequest } from "../protocol/request-records.ts";
import type { Chroot } from "./chroot.ts";
import type { Clock } from "./clock.ts";
import { encodeCreate, encodeData } from "./create-request.ts";
import { NodeExistsError, NoNodeError } from "./errors.ts";
import { type MultiReadResults, type Read, readResults, toReadOp } from "./multi-read.ts";
import type {
  CreateOptions,
  CreateResult,
  Data,
  GetACLResult,
  GetChildrenResult,
  GetDataResult,
  OperationOptions,
  ReadOptions,
  VersionOptions,
  ZnodeOptions,
} from "./operation-options.ts";
import type { Asked } from "./pending-request.ts";
import { openWatch } from "./persistent-watch.ts";
import { createProtected } from "./protected-create.ts";
import { readData, readNames } from "./reply-bodies.ts";
import type { SessionKeeper, State, StateListener } from "./session-keeper.ts";
import type { Session } from "./session.ts";
import { readStat, type Stat } from "./stat.ts";
import { readTransactionResults, Transaction } from "./transaction.ts";
import type { WatchStream } from "./watch-event.ts";
import type { OneShotKind } from "./watch-registry.ts";
import { whenConnected } from "./when-connected.ts";

const CONFIG_PATH = "/zookeeper/config";
const PAGE_SIZE = 1_000;

export interface WatchOptions {
  /** Whether to be told of all descendants, too; then not of `NodeChildrenChanged`. */
  readonly recursive?: boolean | undefined;
  /** Ends the stream, without an error. */
  readonly signal?: AbortSignal | undefined;
}

export interface ChildrenOptions extends OperationOptions {
  /** Names in a page. Default: 1,000. */
  readonly pageSize?: number | undefined;
}

/**
 * A client, made by {@link connect}. It keeps a session alive across connections, and opens another one when it is lost.
 *
 * Operations are carried out in the order in which they are asked for, and those of one turn of the event loop leave in one
 * message. Every operation rejects with a `ZooKeeperError`, whose `outcome` says whether it may have been done after all,
 * or with a `TypeError` when its arguments make no sense.
 */
export class ZooKeeper implements AsyncDisposable {
  readonly #keeper: SessionKeeper;
  readonly #chroot: Chroot;

  /** @internal */
  constructor(keeper: SessionKeeper, chroot: Chroot) {
    this.#keeper = keeper;
    this.#chroot = chroot;
  }

  get state(): State {
    return this.#keeper.state;
  }

  /** The session that operations are carried out in; undefined while there is none. */
  get session(): Session | undefined {
    return this.#keeper.session;
  }

  /** What time is for this client: whatever waits beside it should wait by the same clock. */
  get clock(): Clock {
    return this.#keeper.options.clock;
  }

  /** Calls back after every change of the state, in order; returns what ends that. */
  on(event: "state", listener: StateListener): () => void {
    return this.#keeper.on(event, listener);
  }

  /**
   * Waits for a connection.
   *
   * @throws ConnectionClosedError, AuthFailedError when there will be none.
   */
  whenConnected(options: OperationOptions = {}): Promise<Session> {
    return whenConnected(this.#keeper, options);
  }

  /**
   * Creates a znode.
   *
   * @throws NodeExistsError, NoNodeError (no parent), NoChildrenForEphemeralsError, InvalidACLError, NoAuthError.
   */
  async create(
    path: string,
    data: Data = null,
    options: CreateOptions = {},
  ): Promise<CreateResult> {
    if (options.protection) {
      return await createProtected(this, path, data, options, this.#keeper.options);
    }
    return await this.#ask(options, {
      request: encodeCreate(this.#chroot.hide(path), data, options),
      path,
      isWrite: true,
      decode: (reader) => ({
        path: this.#chroot.show(reader.readString()),
        stat: readStat(reader),
      }),
    });
  }

  /** Creates a znode and those above it where they do not exist. */
  async ensurePath(path: string, options: OperationOptions & ZnodeOptions = {}): Promise<void> {
    try {
      await this.create(path, null, options);
    } catch (error) {
      if (error instanceof NodeExistsError) return;
      if (!(error instanceof NoNodeError) || path.lastIndexOf("/") <= 0) throw error;
      await this.ensurePath(path.slice(0, path.lastIndexOf("/")), options);
      await this.ensurePath(path, options);
    }
  }

  /**
   * Looks whether a znode exists: its Stat, or undefined. A watch is set in either case, and tells of its creation too.
   *
   * @throws NoAuthError from servers that ask for the permission to read, ZooKeeper 3.8.4 and newer.
   */
  exists(path: string, options: ReadOptions = {}): Promise<Stat | undefined> {
    return this.#read(OpCode.exists, path, options, (reader, { err }) =>
      err === ErrorCode.noNode ? undefined : readStat(reader),
    );
  }

  /**
   * Reads the data of a znode.
   *
   * @throws NoNodeError, NoAuthError; a watch is not set then.
   */
  getData(path: string, options: ReadOptions = {}): Promise<GetDataResult> {
    return this.#read(OpCode.getData, path, options, readData);
  }

  /**
   * Replaces the data of a znode.
   *
   * @throws NoNodeError, BadVersionError, NoAuthError, QuotaExceededError; MarshallingError for too much data.
   */
  async setData(path: string, data: Data, options: VersionOptions = {}): Promise<Stat> {
    return await this.#ask(options, {
      request: {
        type: OpCode.setData,
        path: this.#chroot.hide(path),
        data: encodeData(data),
        version: options.version ?? -1,
      },
      path,
      isWrite: true,
      decode: readStat,
    });
  }

  /**
   * Deletes a znode that has no children.
   *
   * @throws NoNodeError, BadVersionError, NotEmptyError, NoAuthError.
   */
  async delete(path: string, options: VersionOptions = {}): Promise<void> {
    await this.#ask(options, {
      request: {
        type: OpCode.delete,
        path: this.#chroot.hide(path),
        version: options.version ?? -1,
      },
      path,
      isWrite: true,
      decode: readNothing,
    });
  }

  /**
   * Deletes a znode and all below it; that it does not exist is no error. Not atomic: what others create meanwhile below it
   * is deleted as well, unless it comes too late, which is a `NotEmptyError`.
   */
  async deleteRecursive(path: string, options: OperationOptions = {}): Promise<void> {
    try {
      const { children } = await this.getChildren(path, options);
      const below = path === "/" ? path : `${path}/`;
      await Promise.all(children.map((name) => this.deleteRecursive(below + name, options)));
      await this.delete(path, options);
    } catch (error) {
      if (!(error instanceof NoNodeError)) throw error;
    }
  }

  /**
   * Lists the names of a znode's children.
   *
   * @throws NoNodeError, NoAuthError; MarshallingError when there are more than the server lists.
   */
  getChildren(path: string, options: ReadOptions = {}): Promise<GetChildrenResult> {
    return this.#read(OpCode.getChildren2, path, options, (reader) => ({
      children: readNames(reader),
      stat: readStat(reader),
    }));
  }

  /**
   * The names of a znode's children, in sorted pages. The protocol has no pages: the whole list is asked for once, when the
   * first page is, and what a server refuses to list cannot be listed this way either.
   */
  async *children(path: string, options: ChildrenOptions = {}): AsyncGenerator<string[], void> {
    const { pageSize = PAGE_SIZE } = options;
    if (!(pageSize >= 1)) throw new RangeError(`a page has a name at least, not ${pageSize}`);
    const names = (await this.getChildren(path, options)).children.sort();
    for (let at = 0; at < names.length; at += pageSize) yield names.slice(at, at + pageSize);
  }

  /** Counts all znodes below, of any depth. Servers before 3.6: UnimplementedError. */
  async getAllChildrenNumber(path: string, options: OperationOptions = {}): Promise<number> {
    return await this.#ask(options, {
      request: { type: OpCode.getAllChildrenNumber, path: this.#chroot.hide(path) },
      path,
      decode: (reader) => reader.readInt(),
    });
  }

  /** Lists the paths of this session's ephemerals that begin so. Servers before 3.6: UnimplementedError. */
  async getEphemerals(prefixPath = "/", options: OperationOptions = {}): Promise<string[]> {
    const prefix = this.#chroot.hide(prefixPath);
    return await this.#ask(options, {
      request: { type: OpCode.getEphemerals, prefixPath: prefix },
      path: prefixPath,
      // A prefix is not a znode: it may be that of others' paths, too.
      decode: (reader) =>
        readNames(reader)
          .filter((found) => this.#chroot.contains(found))
          .map((found) => this.#chroot.show(found)),
    });
  }

  /**
   * Reads the ACL of a znode. Who may not administer it sees no secrets.
   *
   * @throws NoNodeError, NoAuthError.
   */
  async getACL(path: string, options: OperationOptions = {}): Promise<GetACLResult> {
    return await this.#ask(options, {
      request: { type: OpCode.getACL, path: this.#chroot.hide(path) },
      path,
      decode: (reader) => ({ acl: reader.readVector(readACL) ?? [], stat: readStat(reader) }),
    });
  }

  /**
   * Replaces the ACL of a znode. The version is the ACL's own, `aversion`.
   *
   * @throws NoNodeError, BadVersionError, InvalidACLError, NoAuthError.
   */
  async setACL(path: string, acl: readonly ACL[], options: VersionOptions = {}): Promise<Stat> {
    return await this.#ask(options, {
      request: {
        type: OpCode.setACL,
        path: this.#chroot.hide(path),
        acl,
        version: options.version ?? -1,
      },
      path,
      isWrite: true,
      decode: readStat,
    });
  }

  /** Waits until the server has seen all that was done before, by anybody. Edgekeeper always has. */
  async sync(path: string, options: OperationOptions = {}): Promise<void> {
    await this.#ask(options, {
      request: { type: OpCode.sync, path: this.#chroot.hide(path) },
      path,
      decode: readNothing,
    });
  }

  /**
   * Proves an identity, now and on every later connection.
   *
   * @throws AuthFailedError when the server refuses; the client is of no further use then.
   */
  addAuth(scheme: string, auth: Uint8Array | string, options?: OperationOptions): Promise<void> {
    return this.#keeper.addAuth({ scheme, auth }, options);
  }

  /** Asks who the server takes this client for. Servers before 3.7: UnimplementedError. */
  whoAmI(options: OperationOptions = {}): Promise<ClientInfo[]> {
    return this.#ask(options, {
      request: { type: OpCode.whoAmI },
      decode: (reader) =>
        reader.readVector((r) => ({ authScheme: r.readString(), user: r.readString() })) ?? [],
    });
  }

  /** Reads the ensemble's configuration, from `/zookeeper/config`, whatever the chroot. */
  getConfig(options: ReadOptions = {}): Promise<GetDataResult> {
    return this.#readAt(OpCode.getData, CONFIG_PATH, CONFIG_PATH, options, readData);
  }

  /**
   * Reads several znodes in one request, in one state of the tree. Each result is what the read alone would give, or its
   * error. Servers before 3.6: UnimplementedError.
   */
  async multiRead<const Reads extends readonly Read[]>(
    reads: Reads,
    options: OperationOptions = {},
  ): Promise<MultiReadResults<Reads>> {
    const ops = reads.map((read) => toReadOp(read, this.#chroot));
    const results = await this.#ask(options, {
      request: { type: OpCode.multiRead, ops },
      decode: (reader) => readResults(reader, reads),
    });
    return results as MultiReadResults<Reads>;
  }

  /** Begins a transaction: operations that are done together or not at all. */
  transaction(): Transaction {
    return new Transaction(async (ops, options = {}) => {
      const hidden = ops.map((op): MultiOp => ({ ...op, path: this.#chroot.hide(op.path) }));
      return await this.#ask(options, {
        request: { type: OpCode.multi, ops: hidden },
        isWrite: true,
        decode: (reader, { zxid }) =>
          readTransactionResults(reader, zxid, hidden, (path) => this.#chroot.show(path)),
      });
    });
  }

  /**
   * Watches a path, which need not exist, until the session is lost, the signal is aborted or the loop is left.
   * Events come in order, each before any reply that shows the change. The first one is `Resync`: read then, and whenever
   * it comes again. Servers before 3.6: the stream throws UnimplementedError.
   *
   * @example
   * for await (const event of zk.watch("/config")) console.log(event.type, await zk.getData("/config"));
   */
  watch(path: string, options: WatchOptions = {}): WatchStream {
    const { recursive = false, signal } = options;
    return openWatch(this.#keeper, path, this.#chroot.hide(path), recursive, signal);
  }

  /**
   * Ends the session, its ephemerals and its watches, after all operations that were asked for before. Without a connection
   * it only ends the client; the server ends the session at its timeout.
   */
  close(options: OperationOptions = {}): Promise<void> {
    return this.#keeper.close(options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #read<T>(
    type: WatchableRequest["type"],
    path: string,
    options: ReadOptions,
    decode: (reader: JuteReader, header: ReplyHeader) => T,
  ): Promise<T> {
    return await this.#readAt(type, this.#chroot.hide(path), path, options, decode);
  }

  #readAt<T>(
    type: WatchableRequest["type"],
    hidden: string,
    path: string,
    options: ReadOptions,
    decode: (reader: JuteReader, header: ReplyHeader) => T,
  ): Promise<T> {
    const { watch } = options;
    const expectedErr = type === OpCode.exists ? ErrorCode.noNode : ErrorCode.ok;
    if (watch === undefined) {
      const request = { type, path: hidden, watch: false };
      return this.#ask(options, { request, path, expectedErr, decode });
    }
    const { watches } = this.#keeper;
    const request = { type, path: hidden, watch: true };
    return this.#ask(options, {
      request,
      path,
      expectedErr,
      // Where a persistent watch is, asking for a one-shot one would end it.
      onSend: () => (request.watch = !watches.isCovered(hidden)),
      decode: (reader, header) => {
        const result = decode(reader, header);
        watches.add(oneShotKindOf(type, header.err), hidden, watch);
        return result;
      },
    });
  }

  #ask<T>(options: OperationOptions, asked: Asked<T>): Promise<T> {
    return this.#keeper.ask(asked, options);
  }
}

function oneShotKindOf(type: WatchableRequest["type"], err: number): OneShotKind {
  if (type === OpCode.getChildren2) return "child";
  return err === ErrorCode.noNode ? "exist" : "data";
}

function readNothing(): void {}
