/**
 * Who is there: an ephemeral znode for each member, below the group's.
 *
 * Format: the znode's name is the member's id, its data are the member's. That is Curator's `GroupMember`, so both see
 * each other. kazoo's `Party` takes only names that contain `__party__` for members, and shows their data as
 * identifiers: with the format `kazoo` that is put behind the id. Names are read without it, so members of all three are seen
 * here, whatever the format. (kazoo's `ShallowParty` has its identifier in the name, which is the id here.)
 */
import {
  type ACL,
  type Data,
  NoNodeError,
  type OperationOptions,
  type ZooKeeper,
} from "../client/index.ts";
import { LatestValue } from "./latest-value.ts";
import { childPath } from "./parents.ts";
import { PersistentNode } from "./persistent-node.ts";
import { randomUUID } from "./random-id.ts";
import type { FollowerOptions, StartOptions } from "./session-follower.ts";
import { TreeCache } from "./tree-cache.ts";

const KAZOO_MARK = "__party__";

export interface GroupMembershipOptions extends FollowerOptions {
  /** What names look like: `curator` is the id alone. Default: `curator`. */
  readonly format?: "curator" | "kazoo" | undefined;
}

export interface JoinOptions extends StartOptions {
  /** The member's name in the group. Default: a random one. */
  readonly id?: string | undefined;
  /** What others see of it, besides the id. Default: none. */
  readonly data?: Data | undefined;
  /** Default: everyone may do everything. */
  readonly acl?: readonly ACL[] | undefined;
  /** Whether to take the id from another client that has it, instead of waiting until it has left. */
  readonly takeOver?: boolean | undefined;
}

export interface Member {
  readonly id: string;
  readonly data: Uint8Array | null;
}

/**
 * A group that clients join and leave, and whose members are seen by anybody.
 *
 * A member stays in the group, over the loss of connections and sessions, until it leaves or its client ends. Others see
 * a member that has crashed until its session expires. The group's znode is created as a container and goes with its last
 * member.
 *
 * @example
 * const group = new GroupMembership(zk, "/workers");
 * await using me = await group.join({ data: "10.0.0.1:8080" });
 * for await (const members of group.watch()) console.log(members.map(({ id }) => id));
 */
export class GroupMembership {
  readonly path: string;
  readonly #zk: ZooKeeper;
  readonly #options: GroupMembershipOptions;

  constructor(zk: ZooKeeper, path: string, options: GroupMembershipOptions = {}) {
    this.path = path;
    this.#zk = zk;
    this.#options = options;
  }

  /**
   * Joins, and waits until others can see it.
   *
   * @throws ZooKeeperError when it cannot be created, such as NoAuthError; OperationTimeoutError, RequestAbortedError.
   */
  async join(options: JoinOptions = {}): Promise<Membership> {
    const { id = randomUUID(), data = null, acl, takeOver } = options;
    const { format, retryMs } = this.#options;
    const path = childPath(this.path, format === "kazoo" ? id + KAZOO_MARK : id);
    const node = new PersistentNode(this.#zk, path, data, { acl, takeOver, retryMs });
    await node.start(options);
    return new Membership(id, node);
  }

  /** The members, read once, in the order of their ids. */
  async members(options: OperationOptions = {}): Promise<Member[]> {
    const names = await this.#names(options);
    const members = await Promise.all(
      names.map(async (name): Promise<Member | undefined> => {
        try {
          const { data } = await this.#zk.getData(childPath(this.path, name), options);
          return { id: idOf(name), data };
        } catch (error) {
          if (error instanceof NoNodeError) return undefined;
          throw error;
        }
      }),
    );
    return sorted(members.filter((member) => member !== undefined));
  }

  /**
   * The members, and then the latest list after each change of one or of its data, in the order of their ids, until the
   * signal is aborted. While the client is suspended or lost there is none; what has happened meanwhile comes as one.
   *
   * @throws UnimplementedError from servers before 3.6; ConnectionClosedError.
   */
  async *watch(
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<Member[], void> {
    const cache = new TreeCache(this.#zk, this.path, this.#options);
    const latest = new LatestValue<TreeCache>();
    let isChanged = true;
    const show = (): void => {
      if (isChanged && cache.isCurrent) latest.set(cache);
    };
    cache.on("current", show);
    cache.on("change", ({ path }) => {
      isChanged ||= path !== this.path;
      show();
    });
    cache.on("end", (error) => latest.end(error));
    try {
      await cache.start(options);
      for await (const _ of latest.values(options.signal)) {
        if (!cache.isCurrent) continue;
        isChanged = false;
        yield this.#membersOf(cache);
      }
    } finally {
      await cache.close();
    }
  }

  async #names(options: OperationOptions): Promise<string[]> {
    try {
      return (await this.#zk.getChildren(this.path, options)).children;
    } catch (error) {
      if (error instanceof NoNodeError) return [];
      throw error;
    }
  }

  #membersOf(cache: TreeCache): Member[] {
    return sorted(
      cache.children(this.path).map((name) => {
        const data = cache.get(childPath(this.path, name))?.data ?? null;
        return { id: idOf(name), data };
      }),
    );
  }
}

/** A place in a group; see {@link GroupMembership.join}. */
export class Membership implements AsyncDisposable {
  readonly id: string;
  readonly #node: PersistentNode;

  /** @internal */
  constructor(id: string, node: PersistentNode) {
    this.id = id;
    this.#node = node;
  }

  get path(): string {
    return this.#node.path;
  }

  /** Whether others can see it, as far as is known; not so between two sessions. */
  get isPresent(): boolean {
    return this.#node.isPresent;
  }

  /** Returns what ends it. */
  on(event: "present" | "absent", listener: () => void): () => void;
  on(event: "error", listener: (error: unknown) => void): () => void;
  on(event: "present" | "absent" | "error", listener: (error?: unknown) => void): () => void {
    return event === "error" ? this.#node.on(event, listener) : this.#node.on(event, listener);
  }

  /** Written soon, and in every later session. */
  setData(data: Data): void {
    this.#node.setData(data);
  }

  /** Waits, while the client is suspended, until it is connected again, or lost. */
  leave(): Promise<void> {
    return this.#node.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }
}

function idOf(name: string): string {
  return name.replace(KAZOO_MARK, "");
}

function sorted(members: Member[]): Member[] {
  return members.sort((left, right) => (left.id < right.id ? -1 : 1));
}
