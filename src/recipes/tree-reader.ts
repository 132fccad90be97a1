/**
 * Reads what a tree cache has to read in one session, and no more: after the events of a recursive watch the znode that
 * each is about, and after `Resync` those that may have changed meanwhile.
 *
 * One path is read by one request at a time. An event that comes while its path is being read has it read once more, so
 * replies take effect in the order of the states that they show. Deletions are believed at once, except while the path is
 * being read: its reply may be older.
 */
import {
  NoNodeError,
  type NodeEvent,
  type OperationOptions,
  type ResyncEvent,
  type Session,
  type ZooKeeper,
} from "../client/index.ts";
import { childPath } from "./parents.ts";
import type { TreeEntries } from "./tree-entries.ts";

/** More would make every other request of the client wait behind them. */
const READS_MAX = 256;

/** What is to be found out of a path. */
const Want = {
  /** Whatever differs from what is known; its children are part of it. */
  changes: 1,
  data: 2,
  children: 4,
} as const;

export interface TreeReaderListener {
  /** All has been read that may have changed before the last `Resync`. */
  readonly onCurrent: () => void;
  readonly onError: (error: unknown) => void;
}

export class TreeReader {
  readonly #zk: ZooKeeper;
  readonly #session: Session;
  readonly #entries: TreeEntries;
  readonly #listener: TreeReaderListener;
  /** Flags of `Want`, by path, in the order in which they are asked for. */
  readonly #wanted = new Map<string, number>();
  readonly #reading = new Map<string, number>();
  /** How many of both have to do with a `Resync`. */
  #resyncing = 0;
  #isStopped = false;

  constructor(zk: ZooKeeper, session: Session, entries: TreeEntries, listener: TreeReaderListener) {
    this.#zk = zk;
    this.#session = session;
    this.#entries = entries;
    this.#listener = listener;
  }

  handle(event: NodeEvent | ResyncEvent): void {
    const { path } = event;
    switch (event.type) {
      case "Resync":
        this.#want(path, Want.changes);
        for (const known of this.#entries.paths()) this.#want(known, Want.changes);
        break;
      case "NodeCreated":
      case "NodeDataChanged":
        this.#want(path, Want.data);
        break;
      case "NodeDeleted":
        if (this.#reading.has(path)) {
          this.#want(path, Want.data);
        } else {
          this.#entries.remove(path);
          this.#forget(path);
        }
        break;
      default:
        // A recursive watch tells of the children themselves.
        break;
    }
    this.#readNext();
  }

  /** Replies that are still to come have no effect. */
  stop(): void {
    this.#isStopped = true;
    for (const path of this.#wanted.keys()) this.#entries.forgetListing(path);
    this.#wanted.clear();
  }

  #want(path: string, want: number): void {
    const before = this.#wanted.get(path) ?? 0;
    this.#wanted.set(path, before | want);
    if (!concernsResync(before) && concernsResync(want)) this.#resyncing++;
  }

  #forget(path: string): void {
    const want = this.#wanted.get(path) ?? 0;
    this.#wanted.delete(path);
    this.#leave(want);
  }

  #leave(want: number): void {
    if (concernsResync(want) && --this.#resyncing === 0) this.#listener.onCurrent();
  }

  #readNext(): void {
    for (const [path, want] of this.#wanted) {
      if (this.#reading.size >= READS_MAX) return;
      if (this.#reading.has(path)) continue;
      this.#wanted.delete(path);
      this.#reading.set(path, want);
      void this.#read(path, want);
    }
  }

  async #read(path: string, want: number): Promise<void> {
    try {
      if (want & Want.data || !this.#entries.has(path)) await this.#readData(path, want);
      else if (want & Want.children) await this.#readChildren(path);
      else await this.#readChanges(path);
    } catch (error) {
      if (error instanceof NoNodeError) {
        this.#entries.remove(path);
      } else if (!this.#isOver()) {
        // What cannot be read is not shown either.
        this.#entries.remove(path);
        this.#listener.onError(error);
      }
    }
    this.#reading.delete(path);
    if (this.#isOver()) {
      // What failed with the session has not been read.
      this.#entries.forgetListing(path);
      return;
    }
    this.#leave(want);
    this.#readNext();
  }

  #isOver(): boolean {
    return this.#isStopped || this.#session.signal.aborted;
  }

  async #readData(path: string, want: number): Promise<void> {
    const { data, stat } = await this.#zk.getData(path, this.#asked());
    this.#entries.put({ path, data, stat });
    if (concernsResync(want)) this.#followChildren(path, stat.pzxid, stat.numChildren);
  }

  async #readChanges(path: string): Promise<void> {
    const stat = await this.#zk.exists(path, this.#asked());
    if (stat === undefined) {
      this.#entries.remove(path);
    } else if (stat.mzxid === this.#entries.get(path)?.stat.mzxid) {
      this.#followChildren(path, stat.pzxid, stat.numChildren);
    } else {
      this.#want(path, Want.data | Want.changes);
    }
  }

  #followChildren(path: string, pzxid: number, numChildren: number): void {
    if (this.#entries.listedZxid(path) === pzxid) return;
    if (numChildren > 0) this.#want(path, Want.children);
    else this.#entries.setListed(path, pzxid);
  }

  /** Children that are gone are found out by their own reads. */
  async #readChildren(path: string): Promise<void> {
    const { children, stat } = await this.#zk.getChildren(path, this.#asked());
    this.#entries.setListed(path, stat.pzxid);
    for (const name of children) {
      const child = childPath(path, name);
      // Also where an event had its data read: nobody told of the children that it had before.
      if (this.#entries.listedZxid(child) === undefined) this.#want(child, Want.changes);
    }
  }

  #asked(): OperationOptions {
    return { session: this.#session, timeoutMs: Infinity };
  }
}

function concernsResync(want: number): boolean {
  return (want & (Want.changes | Want.children)) !== 0;
}
