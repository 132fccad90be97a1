/**
 * An ephemeral znode that comes back.
 *
 * Format: an ephemeral znode at exactly this path with exactly this data, as Curator's `PersistentNode` with
 * `CreateMode.EPHEMERAL` makes it. Missing parents are created as containers.
 *
 * Everything is done in one session at a time, and the Stat decides whose the znode is: only one whose `ephemeralOwner` is
 * the present session is ours. One of a session that is over but not yet expired on the server stands in the way of its
 * successor and then vanishes (dubbo#5135), so it is replaced, or waited for, and never taken for ours.
 */
import {
  type ACL,
  BadVersionError,
  ConnectionLossError,
  type Data,
  NodeExistsError,
  NoNodeError,
  type Session,
  type Stat,
  TransactionError,
  type ZooKeeper,
} from "../client/index.ts";
import { Listeners } from "./listeners.ts";
import { ensureParent } from "./parents.ts";
import { type FollowerOptions, SessionFollower, type StartOptions } from "./session-follower.ts";

export interface PersistentNodeOptions extends FollowerOptions {
  /** Default: everyone may do everything. */
  readonly acl?: readonly ACL[] | undefined;
  /**
   * Whether to replace a znode of the same path that belongs to another client, at once and in one transaction. For names
   * that nobody else uses but an earlier run of the same process. Done until this one was present once: of two that use
   * the name all the same, the one that started last has it. Default: wait until it has gone.
   */
  readonly takeOver?: boolean | undefined;
}

/**
 * Keeps an ephemeral znode in existence: created again in the next session when one is lost, and when somebody deleted it.
 *
 * There are never two of it, and between sessions there may be none: see `isPresent`, and the events `present` and
 * `absent`. While the client is suspended the znode counts as present. Changes of its data by others are left alone.
 * What an own earlier session has left is replaced; another client's znode at the path is waited for, unless `takeOver`.
 *
 * @example
 * const node = new PersistentNode(zk, "/workers/a", "10.0.0.1:8080");
 * await node.start();
 * // ...
 * await node.close();
 */
export class PersistentNode implements AsyncDisposable {
  readonly path: string;
  readonly #zk: ZooKeeper;
  readonly #options: PersistentNodeOptions;
  readonly #follower: SessionFollower;
  readonly #listeners = new Listeners<boolean>();
  /** Sessions in which one was asked for, and may have been made. */
  readonly #owners = new Set<bigint>();
  #data: Data;
  /** Counts what the data has been, so that it is known which of it has been written. */
  #dataNumber = 1;
  #writtenNumber = 0;
  #isPresent = false;
  #wasPresent = false;
  #wake: () => void = () => {};

  constructor(zk: ZooKeeper, path: string, data: Data = null, options: PersistentNodeOptions = {}) {
    this.path = path;
    this.#zk = zk;
    this.#data = data;
    this.#options = options;
    this.#follower = new SessionFollower(zk, (session) => this.#work(session), options);
  }

  /** Whether it exists and is this client's, as far as is known. */
  get isPresent(): boolean {
    return this.#isPresent;
  }

  /**
   * Waits until the znode exists. Later failures are told to `error` listeners, and tried again.
   *
   * @throws ZooKeeperError of the first attempt, such as NoAuthError; OperationTimeoutError, RequestAbortedError. It is
   * closed then, and what may have been created is removed.
   */
  async start(options: StartOptions = {}): Promise<void> {
    await this.#follower.start(options);
  }

  /** `present` and `absent` are told whenever that changes. Returns what ends it. */
  on(event: "present" | "absent", listener: () => void): () => void;
  on(event: "error", listener: (error: unknown) => void): () => void;
  on(event: "present" | "absent" | "error", listener: (error: unknown) => void): () => void {
    if (event === "error") return this.#follower.errors.add(listener);
    return this.#listeners.add((isPresent) => {
      if (isPresent === (event === "present")) listener(undefined);
    });
  }

  /** The data of the znode from now on. It is written soon, when it is present, or with its next creation. */
  setData(data: Data): void {
    this.#data = data;
    this.#dataNumber++;
    this.#wake();
  }

  /** Deletes the znode and ends. While the client is suspended this waits until it is connected again, or lost. */
  async close(): Promise<void> {
    await this.#follower.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #work(session: Session): Promise<void> {
    const { signal } = this.#follower;
    const stop = (): void => this.#wake();
    signal.addEventListener("abort", stop);
    session.signal.addEventListener("abort", this.#onSessionOver);
    try {
      while (!signal.aborted) await this.#attend(session);
    } finally {
      signal.removeEventListener("abort", stop);
      session.signal.removeEventListener("abort", this.#onSessionOver);
      if (signal.aborted || !this.#wasPresent) await this.#remove(session);
    }
  }

  readonly #onSessionOver = (): void => {
    this.#setPresent(false);
    this.#wake();
  };

  /** One look at the znode, what has to be done about it, and the wait for a reason to look again. */
  async #attend(session: Session): Promise<void> {
    const woken = new Promise<void>((resolve) => (this.#wake = resolve));
    const stat = await this.#look(session);
    if (stat === undefined) return;
    const isOurs = stat.ephemeralOwner === session.id;
    if (isOurs) {
      if (this.#writtenNumber < this.#dataNumber) {
        if (!(await this.#write(session, stat))) return;
      }
      this.#setPresent(true);
      this.#wasPresent = true;
      // There is one znode at a path, so the others' are gone.
      this.#owners.clear();
      this.#owners.add(session.id);
      this.#follower.ready();
    } else if (this.#mayReplace(stat.ephemeralOwner)) {
      await this.#replace(session, stat);
      return;
    }
    await woken;
  }

  /** Others' only before it was first present: two that take over would do so from each other forever. */
  #mayReplace(owner: bigint): boolean {
    if (this.#owners.has(owner)) return true;
    return this.#options.takeOver === true && !this.#wasPresent;
  }

  /** The znode's Stat, with a watch; it is created together with that where it was not present. */
  async #look(session: Session): Promise<Stat | undefined> {
    const asked = { session, timeoutMs: Infinity };
    const dataNumber = this.#dataNumber;
    const creating = this.#isPresent ? undefined : this.#create(session);
    const [failure, stat] = await Promise.all([
      creating,
      // Always the same watcher, so that there is one however often it is set.
      this.#zk.exists(this.path, { ...asked, watch: this.#onEvent }),
    ]);
    if (failure instanceof NoNodeError) {
      await ensureParent(this.#zk, this.path, asked);
    } else if (failure === undefined) {
      if (creating !== undefined) this.#writtenNumber = dataNumber;
    } else if (!(failure instanceof ConnectionLossError || failure instanceof NodeExistsError)) {
      throw failure;
    }
    // Otherwise the Stat tells whose it is.
    if (stat?.ephemeralOwner !== session.id) this.#setPresent(false);
    return stat;
  }

  /** What went wrong, if anything. */
  async #create(session: Session): Promise<unknown> {
    const { acl } = this.#options;
    this.#owners.add(session.id);
    try {
      const mode = "ephemeral";
      await this.#zk.create(this.path, this.#data, { session, timeoutMs: Infinity, mode, acl });
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** False when it has changed meanwhile, or nobody knows. */
  async #write(session: Session, { version }: Stat): Promise<boolean> {
    const dataNumber = this.#dataNumber;
    const asked = { session, timeoutMs: Infinity, version };
    try {
      await this.#zk.setData(this.path, this.#data, asked);
      this.#writtenNumber = dataNumber;
      return true;
    } catch (error) {
      if (isOvertaken(error) || error instanceof ConnectionLossError) return false;
      throw error;
    }
  }

  async #replace(session: Session, { version }: Stat): Promise<void> {
    const { acl } = this.#options;
    const dataNumber = this.#dataNumber;
    this.#owners.add(session.id);
    try {
      await this.#zk
        .transaction()
        .delete(this.path, { version })
        .create(this.path, this.#data, { mode: "ephemeral", acl })
        .commit({ session, timeoutMs: Infinity });
      this.#writtenNumber = dataNumber;
      this.#setPresent(true);
    } catch (error) {
      const cause = error instanceof TransactionError ? error.cause : error;
      if (!isOvertaken(cause) && !(cause instanceof ConnectionLossError)) throw error;
    }
  }

  /** Leaves nothing behind, whatever was known of it. */
  async #remove(session: Session): Promise<void> {
    this.#setPresent(false);
    if (!this.#owners.has(session.id)) return;
    const asked = { session, timeoutMs: Infinity };
    try {
      for (;;) {
        const stat = await this.#zk.exists(this.path, asked);
        if (stat?.ephemeralOwner !== session.id) return;
        try {
          await this.#zk.delete(this.path, { ...asked, version: stat.version });
        } catch (error) {
          if (!isOvertaken(error) && !(error instanceof ConnectionLossError)) throw error;
        }
      }
    } catch (error) {
      // At the end of the session it goes by itself.
      if (!session.signal.aborted) this.#follower.errors.tell(error);
    }
  }

  readonly #onEvent = (): void => this.#wake();

  #setPresent(isPresent: boolean): void {
    if (this.#isPresent === isPresent) return;
    this.#isPresent = isPresent;
    this.#listeners.tell(isPresent);
  }
}

/** Somebody else was quicker. */
function isOvertaken(error: unknown): boolean {
  return (
    error instanceof NoNodeError ||
    error instanceof BadVersionError ||
    error instanceof NodeExistsError
  );
}
