/**
 * One znode, mirrored.
 *
 * It lives on one-shot watches, and not on a persistent one: they cost as many reads as there are changes, work with every
 * server, and the server itself says after a reconnect whether anything was missed, so that nothing is read again in
 * vain. The znode may be anybody's: there is no format.
 */
import { NoNodeError, type Session, type Stat, type ZooKeeper } from "../client/index.ts";
import { LatestValue } from "./latest-value.ts";
import { Listeners } from "./listeners.ts";
import { type FollowerOptions, SessionFollower, type StartOptions } from "./session-follower.ts";

export interface CachedNode {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly stat: Stat;
}

/**
 * Keeps the data of one znode at hand, which need not exist.
 *
 * What it shows was true at one moment, and it never goes back to an older state, neither after a reconnect nor in the next
 * session. It may be behind: by a round trip while connected, by more while the client is suspended or lost, when it goes
 * on showing what it had. Not every state is seen; the last one is. What changes while the client may not read the znode
 * no server tells: that shows after the next reconnect. Needs no particular server.
 *
 * @example
 * const cache = new NodeCache(zk, "/config");
 * await cache.start();
 * for await (const node of cache.values()) apply(node?.data);
 */
export class NodeCache implements AsyncDisposable {
  readonly path: string;
  readonly #zk: ZooKeeper;
  readonly #follower: SessionFollower;
  readonly #latest = new LatestValue<CachedNode | undefined>();
  readonly #changes = new Listeners<CachedNode | undefined>();
  #current: CachedNode | undefined;
  #isRead = false;
  #wake: () => void = () => {};

  constructor(zk: ZooKeeper, path: string, options: FollowerOptions = {}) {
    this.path = path;
    this.#zk = zk;
    this.#follower = new SessionFollower(zk, (session) => this.#work(session), options);
    this.#follower.ends.add((error) => this.#latest.end(error));
  }

  /** Undefined when it does not exist. */
  get current(): CachedNode | undefined {
    return this.#current;
  }

  /**
   * Waits until the znode has been read. Later failures are told to `error` listeners, and tried again.
   *
   * @throws NoAuthError; OperationTimeoutError, RequestAbortedError. It is closed then.
   */
  async start(options: StartOptions = {}): Promise<void> {
    await this.#follower.start(options);
  }

  /** `change` is told of every state that is seen, the first one included; undefined stands for no znode. */
  on(event: "change", listener: (node: CachedNode | undefined) => void): () => void;
  on(event: "error", listener: (error: unknown) => void): () => void;
  on(
    event: "change" | "error",
    listener: ((node: CachedNode | undefined) => void) & ((error: unknown) => void),
  ): () => void {
    return event === "error" ? this.#follower.errors.add(listener) : this.#changes.add(listener);
  }

  /**
   * The present state and then each next one, the latest at a time, until it is closed or the signal aborted.
   *
   * @throws ConnectionClosedError, AuthFailedError when the client has ended.
   */
  values(
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<CachedNode | undefined, void> {
    return this.#latest.values(options.signal);
  }

  async close(): Promise<void> {
    this.#latest.end();
    await this.#follower.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #work(session: Session): Promise<void> {
    const { signal } = this.#follower;
    const stop = (): void => this.#wake();
    signal.addEventListener("abort", stop);
    try {
      // The server of a new session may be behind the one that was read from last.
      const synced = this.#zk.sync(this.path, { session, signal, timeoutMs: Infinity });
      await Promise.all([synced, this.#read(session)]);
      while (!signal.aborted) await this.#read(session);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Reads once, and waits for a change. */
  async #read(session: Session): Promise<void> {
    const { signal } = this.#follower;
    // Always the same watcher, so that there is one however often it is set.
    const asked = { session, signal, timeoutMs: Infinity, watch: this.#onEvent };
    const woken = new Promise<void>((resolve) => (this.#wake = resolve));
    try {
      this.#show({ path: this.path, ...(await this.#zk.getData(this.path, asked)) });
    } catch (error) {
      if (!(error instanceof NoNodeError)) throw error;
      // Only this watches a znode that does not exist. If it does by now, the next look finds it.
      if ((await this.#zk.exists(this.path, asked)) !== undefined) return;
      this.#show(undefined);
    }
    this.#follower.ready();
    await woken;
  }

  readonly #onEvent = (): void => this.#wake();

  #show(node: CachedNode | undefined): void {
    const isSame = this.#isRead && isSameState(this.#current, node);
    this.#isRead = true;
    if (isSame) return;
    this.#current = node;
    this.#latest.set(node);
    this.#changes.tell(node);
  }
}

/** Whether the data is that of the same write; ACLs and children have no part in it. */
function isSameState(left: CachedNode | undefined, right: CachedNode | undefined): boolean {
  return left?.stat.mzxid === right?.stat.mzxid && left?.stat.czxid === right?.stat.czxid;
}
