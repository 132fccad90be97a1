/**
 * Locks, semaphores and elections with a bug each.
 */
import type { ZooKeeper } from "../../../src/client/index.ts";
import {
  type AcquireOptions,
  type Held,
  LeaderElection,
  type Leader,
  Lock,
  type LockOptions,
  MultiLock,
  ReadWriteLock,
  Semaphore,
  type SemaphoreOptions,
} from "../../../src/recipes/index.ts";
import { MultiHeld } from "../../../src/recipes/multi-lock.ts";
import { untilAnswered } from "../../../src/recipes/until-answered.ts";
import { observed } from "../observed-client.ts";
import { type Bugs, deaf, spoiltHeld, withBug } from "./spoilt-recipes.ts";

/** What it creates is created again when the reply was lost, and the first one stands in everybody's way. */
function unprotected(zk: ZooKeeper): ZooKeeper {
  return observed(zk, {
    create: (path, data, options) =>
      untilAnswered(() => zk.create(path, data, { ...options, protection: false })),
  });
}

/** Watches are not set. */
function blind(zk: ZooKeeper): ZooKeeper {
  return observed(zk, {
    getChildren: (path, options) => zk.getChildren(path, { ...options, watch: undefined }),
    getData: (path, options) => zk.getData(path, { ...options, watch: undefined }),
    exists: (path, options) => zk.exists(path, { ...options, watch: undefined }),
  });
}

export const lockBugs: Bugs = {
  "does not know that it is lost": withBug({
    Lock: class extends Lock {
      override async acquire(options?: AcquireOptions): Promise<Held> {
        return deaf(await super.acquire(options));
      }
    },
  }),
  "leaves behind what it created when the reply was lost": withBug({
    Lock: class extends Lock {
      constructor(zk: ZooKeeper, path: string, options?: LockOptions) {
        super(unprotected(zk), path, options);
      }
    },
  }),
};

export const reentrantLockBugs: Bugs = {
  "is released with the first handle": withBug({
    Lock: class extends Lock {
      readonly #handles = new Set<Held>();
      override async acquire(options?: AcquireOptions): Promise<Held> {
        const held = await super.acquire(options);
        this.#handles.add(held);
        const release = async (): Promise<void> => {
          const handles = [...this.#handles];
          this.#handles.clear();
          await Promise.all(handles.map((handle) => handle.release()));
        };
        return spoiltHeld(held, { release });
      }
    },
  }),
  "is not re-entrant": withBug({
    Lock: class extends Lock {
      constructor(zk: ZooKeeper, path: string, options?: LockOptions) {
        super(zk, path, { ...options, reentrant: false });
      }
    },
  }),
  "is held on after the last handle": withBug({
    Lock: class extends Lock {
      #isHeld = false;
      override async acquire(options?: AcquireOptions): Promise<Held> {
        const first = await super.acquire(options);
        if (this.#isHeld) return first;
        this.#isHeld = true;
        // Nobody has this one.
        return await super.acquire(options);
      }
    },
  }),
};

export const revocableLockBugs: Bugs = {
  "does not listen": withBug({
    Lock: class extends Lock {
      constructor(zk: ZooKeeper, path: string, options: LockOptions = {}) {
        super(zk, path, { ...options, onRevoke: undefined });
      }
    },
  }),
  "does not watch its znode": withBug({
    Lock: class extends Lock {
      constructor(zk: ZooKeeper, path: string, options: LockOptions = {}) {
        const unwatched = observed(zk, {
          getData: (watched, asked) =>
            zk.getData(watched, options.onRevoke ? { ...asked, watch: undefined } : asked),
        });
        super(unwatched, path, options);
      }
    },
  }),
  "does not know that it is lost": lockBugs["does not know that it is lost"] ?? withBug({}),
};

export const readWriteLockBugs: Bugs = {
  "lets readers in beside a writer": withBug({
    ReadWriteLock: class extends ReadWriteLock {
      override readonly read: Lock;
      constructor(zk: ZooKeeper, path: string) {
        super(zk, path);
        this.read = new Lock(zk, path, { nodeName: "__READ__", sharedWith: /./ });
      }
    },
  }),
  "lets another writer in when a writer becomes a reader": withBug({
    ReadWriteLock: class extends ReadWriteLock {
      override async downgrade(held: Held): Promise<Held> {
        await held.release();
        const reading = await this.read.acquire();
        return spoiltHeld(reading, { token: held.token });
      }
    },
  }),
};

export const multiLockBugs: Bugs = {
  "acquires them in any order": withBug({
    MultiLock: class extends MultiLock {
      readonly #locks: ConstructorParameters<typeof MultiLock>[1];
      constructor(zk: ZooKeeper, locks: ConstructorParameters<typeof MultiLock>[1]) {
        super(zk, locks);
        this.#locks = locks;
      }
      override async acquire(): Promise<MultiHeld> {
        const held: Held[] = [];
        for (const lock of this.#locks) held.push(await lock.acquire());
        return new MultiHeld(held);
      }
    },
  }),
  "does not release all of them": withBug({
    MultiLock: class extends MultiLock {
      override async acquire(): Promise<MultiHeld> {
        const multi = await super.acquire();
        multi.release = async () => await multi.held[0]?.release();
        return multi;
      }
    },
  }),
};

export const semaphoreBugs: Bugs = {
  "has a lease too many": withBug({
    Semaphore: class extends Semaphore {
      constructor(zk: ZooKeeper, path: string, options: SemaphoreOptions) {
        const { leases } = options;
        super(zk, path, { ...options, leases: typeof leases === "number" ? leases + 1 : 4 });
      }
    },
  }),
  "does not see leases come back": withBug({
    Semaphore: class extends Semaphore {
      constructor(zk: ZooKeeper, path: string, options: SemaphoreOptions) {
        super(blind(zk), path, options);
      }
    },
  }),
  "leaves behind what it created when the reply was lost": withBug({
    Semaphore: class extends Semaphore {
      constructor(zk: ZooKeeper, path: string, options: SemaphoreOptions) {
        super(unprotected(zk), path, options);
      }
    },
  }),
};

export const leaderElectionBugs: Bugs = {
  "leads on when its session is lost": withBug({
    LeaderElection: class extends LeaderElection {
      override async campaign(options?: AcquireOptions): Promise<Held> {
        return deaf(await super.campaign(options));
      }
    },
  }),
  "leaves a candidate behind": withBug({
    LeaderElection: class extends LeaderElection {
      override async campaign(options?: AcquireOptions): Promise<Held> {
        const held = await super.campaign(options);
        // As if the reply were not waited for, and the request were lost.
        return spoiltHeld(held, { release: () => Promise.resolve() });
      }
    },
  }),
};

export const leaderSelectorBugs: Bugs = {
  "reigns on when its session is lost": withBug({
    LeaderElection: class extends LeaderElection {
      override lead<T>(reign: (leadership: Held) => T | Promise<T>): Promise<T> {
        return super.lead((leadership) => reign(deaf(leadership)));
      }
    },
  }),
  "takes the last candidate for the leader": withBug({
    LeaderElection: class extends LeaderElection {
      readonly #zk: ZooKeeper;
      constructor(zk: ZooKeeper, path: string, options?: { readonly id?: string }) {
        super(zk, path, options);
        this.#zk = zk;
      }
      override async leader(): Promise<Leader | undefined> {
        const path = (await this.candidates()).at(-1);
        const stat = path === undefined ? undefined : await this.#zk.exists(path);
        return stat && path ? { id: "last", token: stat.czxid, path } : undefined;
      }
    },
  }),
  "tells of the first leader only": withBug({
    LeaderElection: class extends LeaderElection {
      constructor(zk: ZooKeeper, path: string, options?: { readonly id?: string }) {
        super(options?.id === undefined ? blind(zk) : zk, path, options);
      }
    },
  }),
};
