/**
 * A znode and all below it, mirrored.
 *
 * There is one persistent recursive watch, however large the tree is. Each event costs one read at most. After a reconnect
 * every known znode costs one `exists`, whose zxids tell whether its data (mzxid) or its list of children (pzxid) have to
 * be read; at most 256 reads are under way, so that other requests get through. The znodes may be anybody's: there is no
 * format.
 */
import type { Session, WatchStream, ZooKeeper } from "../client/index.ts";
import { Listeners } from "./listeners.ts";
import { type FollowerOptions, SessionFollower, type StartOptions } from "./session-follower.ts";
import { TreeEntries, type TreeChange, type TreeEntry } from "./tree-entries.ts";
import { TreeReader } from "./tree-reader.ts";

/**
 * Keeps a whole tree of znodes at hand, whose root need not exist.
 *
 * Of each znode it shows what was true at one moment, and goes on to the last state; different znodes may be shown as of
 * different moments, so what was written in one transaction may appear one by one. It may be behind: by a round trip while
 * connected, by more while the client is suspended or lost, when it goes on showing what it had. After a reconnect, and in
 * the next session, it catches up with all that was missed; `isCurrent` says when it has. What the client may not read is
 * left out, and told to `error` listeners.
 *
 * Needs ZooKeeper 3.6 or newer, or Edgekeeper.
 *
 * @example
 * const cache = new TreeCache(zk, "/config");
 * await cache.start();
 * cache.on("change", ({ type, path }) => console.log(type, path));
 * cache.get("/config/database")?.data;
 */
export class TreeCache implements AsyncDisposable {
  readonly path: string;
  readonly #zk: ZooKeeper;
  readonly #follower: SessionFollower;
  readonly #changes = new Listeners<TreeChange>();
  readonly #currents = new Listeners<void>();
  readonly #entries = new TreeEntries((change) => this.#changes.tell(change));
  #isCurrent = false;

  constructor(zk: ZooKeeper, path: string, options: FollowerOptions = {}) {
    this.path = path;
    this.#zk = zk;
    this.#follower = new SessionFollower(zk, (session) => this.#work(session), options);
  }

  /** Number of znodes. */
  get size(): number {
    return this.#entries.size;
  }

  /** Whether all has been read that may have been missed up to the last connection. */
  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  get(path: string): TreeEntry | undefined {
    return this.#entries.get(path);
  }

  /** Names of a znode's children, in no order. */
  children(path: string): string[] {
    return this.#entries.children(path);
  }

  entries(): IterableIterator<TreeEntry> {
    return this.#entries.values();
  }

  /**
   * Waits until all has been read.
   *
   * @throws UnimplementedError from servers before 3.6; OperationTimeoutError, RequestAbortedError. It is closed then.
   */
  async start(options: StartOptions = {}): Promise<void> {
    await this.#follower.start(options);
  }

  /**
   * `change` is told of every difference, as soon as it shows; `current` whenever it has caught up. Of a znode that was
   * deleted and created again while the client was away, the difference is an update with another czxid. `end` is told
   * when the client has been closed, or its credentials were refused.
   */
  on(event: "change", listener: (change: TreeChange) => void): () => void;
  on(event: "current", listener: () => void): () => void;
  on(event: "error" | "end", listener: (error: unknown) => void): () => void;
  on(
    event: "change" | "current" | "error" | "end",
    listener: ((change: TreeChange) => void) & (() => void) & ((error: unknown) => void),
  ): () => void {
    if (event === "error") return this.#follower.errors.add(listener);
    if (event === "end") return this.#follower.ends.add(listener);
    return event === "current" ? this.#currents.add(listener) : this.#changes.add(listener);
  }

  async close(): Promise<void> {
    await this.#follower.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #work(session: Session): Promise<void> {
    const { signal, errors } = this.#follower;
    // A watch is set in whatever session there is.
    if (session !== this.#zk.session) return;
    const events = this.#zk.watch(this.path, { recursive: true, signal });
    // The server of a new session may be behind the one that was read from last: this comes before all reads.
    const synced = this.#zk.sync(this.path, { session, signal, timeoutMs: Infinity });
    const reader = new TreeReader(this.#zk, session, this.#entries, {
      onCurrent: () => {
        this.#isCurrent = true;
        this.#follower.ready();
        this.#currents.tell();
      },
      onError: (error) => errors.tell(error),
    });
    try {
      await Promise.all([synced, this.#handle(events, reader)]);
    } finally {
      reader.stop();
      await events.return();
    }
  }

  async #handle(events: WatchStream, reader: TreeReader): Promise<void> {
    for await (const event of events) {
      if (event.type === "Resync") this.#isCurrent = false;
      reader.handle(event);
    }
  }
}
