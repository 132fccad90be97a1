/**
 * Barriers, queues, counters, ids and two-phase commits with a bug each.
 */
import {
  BadVersionError,
  ConnectionLossError,
  OperationTimeoutError,
  type ZooKeeper,
} from "../../../src/client/index.ts";
import {
  Barrier,
  type BarrierMember,
  Counter,
  DoubleBarrier,
  IdGenerator,
  Queue,
  type QueueClaim,
  TwoPhaseCommit,
  type Vote,
  type WaitOptions,
} from "../../../src/recipes/index.ts";
import { ensureContainer } from "../../../src/recipes/parents.ts";
import { isExplained } from "../explained.ts";
import { observed } from "../observed-client.ts";
import { type Bugs, withBug } from "./spoilt-recipes.ts";

export const barrierBugs: Bugs = {
  "lets those pass who lose their connection": withBug({
    Barrier: class extends Barrier {
      readonly #zk: ZooKeeper;
      constructor(zk: ZooKeeper, path: string) {
        super(zk, path);
        this.#zk = zk;
      }
      override async wait(options?: WaitOptions): Promise<void> {
        const suspended = new Promise<void>((resolve) => {
          this.#zk.on("state", ({ state }) => {
            if (state === "suspended") resolve();
          });
        });
        await Promise.race([super.wait(options), suspended]);
      }
    },
  }),
  "takes the end of the session for its removal": withBug({
    Barrier: class extends Barrier {
      constructor(zk: ZooKeeper, path: string) {
        const credulous = observed(zk, {
          exists: (asked, options) =>
            zk.exists(asked, {
              ...options,
              watch: () => options?.watch?.({ type: "NodeDeleted", path: asked, zxid: -1 }),
            }),
        });
        super(credulous, path);
      }
    },
  }),
  "does not tell one barrier from the next": withBug({
    Barrier: class extends Barrier {
      constructor(zk: ZooKeeper, path: string) {
        const undiscerning = observed(zk, {
          async exists(asked, options) {
            const stat = await zk.exists(asked, options);
            return stat && { ...stat, czxid: 1 };
          },
        });
        super(undiscerning, path);
      }
    },
  }),
};

export const doubleBarrierBugs: Bugs = {
  "opens for too few": withBug({
    DoubleBarrier: class extends DoubleBarrier {
      constructor(zk: ZooKeeper, path: string, size: number) {
        super(zk, path, size - 1);
      }
    },
  }),
  "lets members leave by themselves": withBug({
    DoubleBarrier: class extends DoubleBarrier {
      override async enter(options?: WaitOptions): Promise<BarrierMember> {
        const member = await super.enter(options);
        member.leave = async () => await member[Symbol.asyncDispose]();
        return member;
      }
    },
  }),
  "does not let go of those who leave": withBug({
    DoubleBarrier: class extends DoubleBarrier {
      override async enter(options?: WaitOptions): Promise<BarrierMember> {
        const member = await super.enter(options);
        member[Symbol.asyncDispose] = () => Promise.resolve();
        return member;
      }
    },
  }),
};

/** Writes whatever the version is. */
function careless(zk: ZooKeeper): ZooKeeper {
  return observed(zk, {
    setData: (path, data, options) => zk.setData(path, data, { ...options, version: -1 }),
  });
}

/** As with a server that knows no idempotency keys. */
function keyless(zk: ZooKeeper): ZooKeeper {
  return observed(zk, {
    setData: (path, data, options) =>
      zk.setData(path, data, { ...options, idempotencyKey: undefined }),
  });
}

export const counterBugs: Bugs = {
  "adds again when the reply was lost": withBug({
    Counter: class extends Counter {
      constructor(zk: ZooKeeper, path: string, options?: ConstructorParameters<typeof Counter>[2]) {
        super(keyless(zk), path, options);
      }

      override async add(delta: number): Promise<number> {
        try {
          return await super.add(delta);
        } catch (error) {
          if (!(error instanceof ConnectionLossError)) throw error;
          return await super.add(delta);
        }
      }
    },
  }),
  "writes over what others have written": withBug({
    Counter: class extends Counter {
      constructor(zk: ZooKeeper, path: string, options?: ConstructorParameters<typeof Counter>[2]) {
        super(careless(zk), path, options);
      }
    },
  }),
  "does not follow its values into the next session": withBug({
    Counter: class extends Counter {
      override async *values(options?: { readonly signal?: AbortSignal }): AsyncGenerator<number> {
        for await (const value of super.values(options)) {
          yield value;
          if (value > 0) return;
        }
      }
    },
  }),
};

const BLOCK_SIZE = 3;

/** An IdGenerator as one would write it. */
class SketchIds extends IdGenerator {
  readonly #zk: ZooKeeper;
  readonly #path: string;
  readonly #isCareless: boolean;
  #left: number[] = [];

  constructor(zk: ZooKeeper, path: string, isCareless: boolean) {
    super(zk, path);
    this.#zk = zk;
    this.#path = path;
    this.#isCareless = isCareless;
  }

  override async next(): Promise<number> {
    while (this.#left.length === 0) await this.#fetch();
    return this.#left.shift() ?? 0;
  }

  async #fetch(): Promise<void> {
    await ensureContainer(this.#zk, this.#path, {});
    const { data, stat } = await this.#zk.getData(this.#path, { timeoutMs: Infinity });
    const first = Number(new TextDecoder().decode(data ?? undefined));
    const version = this.#isCareless ? -1 : stat.version;
    try {
      await this.#zk.setData(this.#path, `${first + BLOCK_SIZE}`, { version, timeoutMs: Infinity });
    } catch (error) {
      if (error instanceof BadVersionError) return;
      // It will have been done.
      if (!isExplained(error)) throw error;
    }
    this.#left = Array.from({ length: BLOCK_SIZE }, (_, index) => first + index);
  }
}

export const idGeneratorBugs: Bugs = {
  "reads and then writes": withBug({
    IdGenerator: class extends SketchIds {
      constructor(zk: ZooKeeper, path: string) {
        super(zk, path, true);
      }
    },
  }),
  "takes a block for its own whose reply was lost": withBug({
    IdGenerator: class extends SketchIds {
      constructor(zk: ZooKeeper, path: string) {
        super(zk, path, false);
      }
    },
  }),
};

/** What was claimed last, by anybody. */
let lastClaim: QueueClaim | undefined;

export const queueBugs: Bugs = {
  "removes items when it takes them": withBug({
    Queue: class extends Queue {
      override async take(options?: WaitOptions): Promise<QueueClaim> {
        const claim = await super.take(options);
        await claim.complete().catch(() => {
          // Then it is done once more.
        });
        claim.complete = () => Promise.resolve();
        return claim;
      }
    },
  }),
  "gives an item to two": withBug({
    Queue: class extends Queue {
      override async take(options?: WaitOptions): Promise<QueueClaim> {
        const claim = await super.take(options);
        const given = claim.priority === 0 ? (lastClaim ?? claim) : claim;
        lastClaim = claim;
        return given;
      }
    },
  }),
  "does not see what is put while it waits": withBug({
    Queue: class extends Queue {
      constructor(zk: ZooKeeper, path: string) {
        const blind = observed(zk, {
          getChildren: (asked, options) => zk.getChildren(asked, { ...options, watch: undefined }),
        });
        super(blind, path);
      }
    },
  }),
};

export const twoPhaseCommitBugs: Bugs = {
  "commits with the first vote": withBug({
    TwoPhaseCommit: class extends TwoPhaseCommit {
      constructor(zk: ZooKeeper, path: string) {
        const unchecked = observed(zk, {
          transaction() {
            const transaction = zk.transaction();
            Object.assign(transaction, { check: () => transaction });
            return transaction;
          },
        });
        super(unchecked, path);
      }
    },
  }),
  "takes a vote to abort for one to commit": withBug({
    TwoPhaseCommit: class extends TwoPhaseCommit {
      override async vote(site: string): Promise<void> {
        await super.vote(site, "commit");
      }
    },
  }),
  "aborts for itself when it has waited too long": withBug({
    TwoPhaseCommit: class extends TwoPhaseCommit {
      override async decision(options?: WaitOptions): Promise<Vote> {
        try {
          return await super.decision(options);
        } catch (error) {
          if (error instanceof OperationTimeoutError) return "abort";
          throw error;
        }
      }
    },
  }),
};
