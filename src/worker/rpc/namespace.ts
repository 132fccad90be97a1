/**
 * A namespace as a caller over RPC has it: all calls of services/call.ts as methods, and locks as handles.
 */
import { RpcTarget } from "cloudflare:workers";
import type { CallName, Calls, LockMode, SessionKey } from "../../services/call.ts";
import type { CallOf } from "../calls/ask-object.ts";
import type { CallSender, WriteOptions } from "./call-sender.ts";
import { bytesOf, type Data, opsOf, type RPCTransactionOp } from "./data.ts";
import { LockNotAcquiredError } from "./errors.ts";
import { LockHandle } from "./lock-handle.ts";

type Takes<N extends CallName> = Calls[N]["takes"];
type Gives<N extends CallName> = Promise<Calls[N]["gives"]>;
/** What a call takes besides what its method takes by position. */
type Rest<N extends CallName, Positional extends keyof Takes<N>> = Omit<Takes<N>, Positional>;

export interface LockOptions {
  /** How long it is held unless it is renewed or released. Default: 10,000. */
  readonly ttlMs?: number | undefined;
  /** How long to stand in line. Default: 10,000. */
  readonly waitMs?: number | undefined;
  /** Default: exclusive. */
  readonly mode?: LockMode | undefined;
  /** What others see of the holder. */
  readonly holder?: string | undefined;
  /** Renews itself, three times per ttl, as long as the caller's event lasts. Default: false. */
  readonly autoRenew?: boolean | undefined;
}

const LOCK_TTL_MS = 10_000;
const LOCK_WAIT_MS = 10_000;

/** Every method throws an `EdgekeeperError` when the call fails (errors.ts). A version of -1, or none, stands for any. */
export class Namespace extends RpcTarget {
  readonly #sender: CallSender;

  constructor(sender: CallSender) {
    super();
    this.#sender = sender;
  }

  // Locks.

  /**
   * Acquires a lock, and gives a handle that releases it when it is disposed of.
   *
   * @throws LockNotAcquiredError when it was not to be had within `waitMs`.
   */
  async lock(path: string, options: LockOptions = {}): Promise<LockHandle> {
    const outcome = await this.#acquire(path, { waitMs: LOCK_WAIT_MS, ...options });
    if (outcome instanceof LockHandle) return outcome;
    throw new LockNotAcquiredError(path, outcome);
  }

  /** As `lock`, without waiting unless `waitMs` says so; null when it was not to be had. */
  async tryLock(path: string, options: LockOptions = {}): Promise<LockHandle | null> {
    const outcome = await this.#acquire(path, { waitMs: 0, ...options });
    return outcome instanceof LockHandle ? outcome : null;
  }

  /** One of the permits of a semaphore, as `lock` gives a lock. */
  semaphore(
    path: string,
    permits: number,
    options: Omit<LockOptions, "mode"> = {},
  ): Promise<LockHandle> {
    return this.lock(path, { ...options, mode: { permits } });
  }

  /** Acquires a lock that outlives the caller: it is held until it is released by its id, or its ttl is over. */
  acquireLock(
    path: string,
    options: Rest<"acquireLock", "path"> & WriteOptions,
  ): Gives<"acquireLock"> {
    return this.#write("acquireLock", { path }, options);
  }

  renewLock(lock: string, options: Rest<"renewLock", "lock"> = {}): Gives<"renewLock"> {
    return this.#read("renewLock", { ...options, lock });
  }

  releaseLock(lock: string): Gives<"releaseLock"> {
    return this.#read("releaseLock", { lock });
  }

  inspectLock(path: string, options: Rest<"inspectLock", "path"> = {}): Gives<"inspectLock"> {
    return this.#read("inspectLock", { ...options, path });
  }

  breakLock(
    path: string,
    options: Rest<"breakLock", "path"> & WriteOptions = {},
  ): Gives<"breakLock"> {
    return this.#write("breakLock", { path }, options);
  }

  // Znodes.

  getData(path: string): Gives<"getData"> {
    return this.#read("getData", { path });
  }

  exists(path: string): Gives<"exists"> {
    return this.#read("exists", { path });
  }

  getChildren(path: string, options: Rest<"getChildren", "path"> = {}): Gives<"getChildren"> {
    return this.#read("getChildren", { ...options, path });
  }

  countChildren(path: string): Gives<"countChildren"> {
    return this.#read("countChildren", { path });
  }

  create(
    path: string,
    data?: Data,
    options: Rest<"create", "path" | "data"> & WriteOptions = {},
  ): Gives<"create"> {
    return this.#write("create", { path, data: bytesOf(data) }, options);
  }

  put(
    path: string,
    data?: Data,
    options: Rest<"put", "path" | "data"> & WriteOptions = {},
  ): Gives<"put"> {
    return this.#write("put", { path, data: bytesOf(data) }, options);
  }

  delete(path: string, options: Rest<"delete", "path"> & WriteOptions = {}): Gives<"delete"> {
    return this.#write("delete", { path }, options);
  }

  getACL(path: string): Gives<"getACL"> {
    return this.#read("getACL", { path });
  }

  setACL(
    path: string,
    acl: Takes<"setACL">["acl"],
    options: Rest<"setACL", "path" | "acl"> & WriteOptions = {},
  ): Gives<"setACL"> {
    return this.#write("setACL", { path, acl }, options);
  }

  transaction(
    ops: readonly RPCTransactionOp[],
    options: Rest<"transaction", "ops"> & WriteOptions = {},
  ): Gives<"transaction"> {
    return this.#write("transaction", { ops: opsOf(ops) }, options);
  }

  awaitChange(path: string, options: Rest<"awaitChange", "path">): Gives<"awaitChange"> {
    return this.#read("awaitChange", { ...options, path });
  }

  // Sessions.

  openSession(options: Takes<"openSession"> & WriteOptions): Gives<"openSession"> {
    return this.#write("openSession", {}, options);
  }

  renewSession(session: SessionKey): Gives<"renewSession"> {
    return this.#read("renewSession", { session });
  }

  closeSession(session: SessionKey): Gives<"closeSession"> {
    return this.#read("closeSession", { session });
  }

  // Counters, barriers, queues.

  getCounter(path: string): Gives<"getCounter"> {
    return this.#read("getCounter", { path });
  }

  addToCounter(path: string, delta: number, options: WriteOptions = {}): Gives<"addToCounter"> {
    return this.#write("addToCounter", { path, delta }, options);
  }

  setCounter(
    path: string,
    value: number,
    options: Rest<"setCounter", "path" | "value"> & WriteOptions = {},
  ): Gives<"setCounter"> {
    return this.#write("setCounter", { path, value }, options);
  }

  raiseBarrier(path: string, options: WriteOptions = {}): Gives<"raiseBarrier"> {
    return this.#write("raiseBarrier", { path }, options);
  }

  lowerBarrier(path: string, options: WriteOptions = {}): Gives<"lowerBarrier"> {
    return this.#write("lowerBarrier", { path }, options);
  }

  awaitBarrier(path: string, options: Rest<"awaitBarrier", "path">): Gives<"awaitBarrier"> {
    return this.#read("awaitBarrier", { ...options, path });
  }

  putItem(
    path: string,
    data: Data,
    options: Rest<"putItem", "path" | "data"> & WriteOptions = {},
  ): Gives<"putItem"> {
    return this.#write("putItem", { path, data: bytesOf(data) ?? data }, options);
  }

  takeItem(path: string, options: Rest<"takeItem", "path"> & WriteOptions): Gives<"takeItem"> {
    return this.#write("takeItem", { path }, options);
  }

  completeItem(claim: string): Gives<"completeItem"> {
    return this.#read("completeItem", { claim });
  }

  returnItem(claim: string): Gives<"returnItem"> {
    return this.#read("returnItem", { claim });
  }

  async #acquire(
    path: string,
    { autoRenew = false, ttlMs = LOCK_TTL_MS, waitMs, mode, holder }: LockOptions,
  ): Promise<LockHandle | Extract<Calls["acquireLock"]["gives"], { acquired: false }>> {
    const askedMs = Date.now();
    const call = { name: "acquireLock", path, ttlMs, waitMs, mode, holder } as const;
    const { value, begun } = await this.#sender.hold(call);
    if (value.acquired) {
      return new LockHandle(this.#sender, { lock: value.lock, begun, askedMs }, { autoRenew });
    }
    begun[Symbol.dispose]();
    return value;
  }

  /** A call without a key: one that changes nothing, or that may be done twice. */
  #read<N extends CallName>(name: N, takes: Takes<N>): Gives<N> {
    return this.#sender.perform({ ...takes, name });
  }

  #write<N extends CallName>(
    name: N,
    positional: object,
    options: object & WriteOptions,
  ): Gives<N> {
    const { idempotencyKey, ...rest } = options;
    // The positional ones last: options come from elsewhere, and may hold anything.
    const call = { ...rest, ...positional, name } as unknown as CallOf<N>;
    return this.#sender.perform(call, { idempotencyKey });
  }
}
