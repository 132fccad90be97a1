/** Queues, whatever happens to those who put and take. */
import { expect, it } from "vitest";
import { SessionExpiredError, type ZooKeeper, ZooKeeperError } from "../../../src/client/index.ts";
import { Queue } from "../../../src/recipes/queue.ts";
import type { ManualClock, TestServer } from "../../../src/testing/index.ts";
import { seeds } from "./support/contention.ts";
import { openFaultyWorld } from "./support/faults.ts";

const ITEMS = 40;

class World {
  readonly #server: TestServer<ManualClock>;
  readonly #stop = new AbortController();
  /** What was surely put, and what may have been. */
  readonly put = new Set<string>();
  readonly perhapsPut = new Set<string>();
  readonly claimed = new Set<string>();
  /** The last claim of each znode. */
  readonly #tokens = new Map<string, number>();
  readonly #completed = new Set<string>();

  constructor(server: TestServer<ManualClock>) {
    this.#server = server;
  }

  async produce(zk: ZooKeeper, producer: number): Promise<void> {
    const queue = this.#open(zk);
    for (let number = 0; number < ITEMS; number++) {
      const item = `${producer}-${number}`;
      try {
        await queue.put(item, { priority: number % 3, delayMs: number % 4 === 0 ? 500 : 0 });
        this.put.add(item);
      } catch (error) {
        if (!(error instanceof ZooKeeperError)) throw error;
        if (error.outcome === "unknown") this.perhapsPut.add(item);
      }
    }
  }

  async consume(zk: ZooKeeper): Promise<void> {
    const queue = this.#open(zk);
    while (!this.#stop.signal.aborted) {
      try {
        const claim = await queue.take({ signal: this.#stop.signal });
        const { path, token } = claim;
        // Whose session was ended on the server hears of a claim before it hears of that, and another may be faster.
        if (this.#server.hasSession(zk)) {
          expect(token).toBeGreaterThan(this.#tokens.get(path) ?? 0);
          expect(this.#completed.has(path)).toBe(false);
          this.#tokens.set(path, token);
          this.claimed.add(claim.text());
        }
        await claim.complete();
        this.#completed.add(path);
      } catch (error) {
        if (!(error instanceof ZooKeeperError)) throw error;
      }
    }
  }

  /** When the queue has nothing left, the consumers stop. */
  async superviseUntilEmpty(zk: ZooKeeper): Promise<void> {
    const queue = this.#open(zk);
    for (;;) {
      try {
        if ((await queue.length()) === 0) break;
      } catch (error) {
        if (!(error instanceof SessionExpiredError)) throw error;
      }
    }
    this.#stop.abort();
  }

  #open(zk: ZooKeeper): Queue {
    return new Queue(zk, "/queues/a", { now: () => this.#server.clock.now() });
  }
}

it.each(seeds)("loses no item, and returns no finished one (seed %i)", async (seed) => {
  const faulty = await openFaultyWorld(seed, 8, { expiryProbability: 0.3 });
  const world = new World(faulty.server);
  const [supervisor, ...others] = faulty.clients;
  if (supervisor === undefined) throw new Error("there are no clients");
  const producing = others.slice(0, 2).map((zk, index) => world.produce(zk, index));
  const consuming = others.slice(2).map((zk) => world.consume(zk));
  await faulty.run(Promise.all(producing));
  await faulty.run(Promise.all([world.superviseUntilEmpty(supervisor), ...consuming]));
  const lost = [...world.put].filter((item) => !world.claimed.has(item));
  expect(lost).toEqual([]);
  const invented = [...world.claimed].filter(
    (item) => !world.put.has(item) && !world.perhapsPut.has(item),
  );
  expect(invented).toEqual([]);
  // Replies and sessions were lost, and yet nobody is left in doubt.
  expect([...world.perhapsPut]).toEqual([]);
  expect(world.put.size).toBeGreaterThan(ITEMS);
  await faulty.server.close();
});
