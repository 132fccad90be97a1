/**
 * Clients that contend for something while connections are lost, messages held back, sessions expired and the
 * server restarted. A seed repeats a run: RECIPES_SEED=7 replays one, RECIPES_RUNS=500 plays more of them.
 */
import type { ZooKeeper } from "../../../../src/client/index.ts";
import type { Held } from "../../../../src/recipes/index.ts";
import { ManualClock, SeededRandom, TestServer } from "../../../../src/testing/index.ts";

const CLIENTS = 8;
const RUN_MS = 30_000;
const HEALING_MS = 120_000;
const STEP_MS = 50;
const SESSION_TIMEOUT_MS = 4_000;

const seedOfOne = process.env["RECIPES_SEED"];
const runs = Number(process.env["RECIPES_RUNS"] ?? 3);

export const seeds =
  seedOfOne === undefined
    ? Array.from({ length: runs }, (_, index) => index + 1)
    : [Number(seedOfOne)];

export interface Worker {
  readonly zk: ZooKeeper;
  readonly index: number;
  readonly random: SeededRandom;
  /** Lets time pass. */
  readonly sleep: (ms: number) => Promise<void>;
}

interface Holder {
  readonly zk: ZooKeeper;
  readonly kind: string;
}

/** Does one round of work. What it throws while faults happen is expected. */
export type Round = (worker: Worker, run: ContentionRun) => Promise<void>;

export class ContentionRun {
  readonly server: TestServer<ManualClock>;
  readonly problems: string[] = [];
  /** Rounds that each worker has finished. */
  readonly finished: number[] = [];
  readonly #random: SeededRandom;
  readonly #holders = new Map<Held, Holder>();
  readonly #workers: Worker[] = [];
  #isOver = false;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.server = new TestServer({ clock: new ManualClock(), seed });
  }

  /**
   * Somebody holds something, as long as its signal says so and the server has not ended the session before its
   * time, which no client can know; `isTogether` says which two may hold theirs at one time.
   */
  enter(
    held: Held,
    { zk }: Worker,
    kind: string,
    isTogether: (kind: string, other: string) => boolean,
  ): void {
    if (held.signal.aborted || zk.session === undefined || !this.server.hasSession(zk)) return;
    for (const [other, { kind: otherKind }] of this.#holders) {
      if (!isTogether(kind, otherKind)) {
        this.problems.push(`${held.path} is held beside ${other.path}`);
      }
    }
    this.#holders.set(held, { zk, kind });
    held.signal.addEventListener("abort", () => this.#holders.delete(held));
  }

  get holders(): number {
    return this.#holders.size;
  }

  /** Plays a whole run; afterwards nobody contends any more. */
  async play(round: Round): Promise<void> {
    for (let index = 0; index < CLIENTS; index++) {
      const zk = await this.server.connect({ sessionTimeoutMs: SESSION_TIMEOUT_MS });
      this.#workers.push({
        zk,
        index,
        random: this.#random.fork(),
        sleep: (ms) => new Promise((resolve) => void this.server.clock.startTimer(resolve, ms)),
      });
    }
    const loops = this.#workers.map((worker) => this.#work(worker, round));
    const endMs = this.server.clock.now() + RUN_MS;
    while (this.server.clock.now() < endMs) await this.#disturb();
    this.#isOver = true;
    await this.#untilSettled(Promise.all(loops));
  }

  async #work(worker: Worker, round: Round): Promise<void> {
    this.finished[worker.index] = 0;
    while (!this.#isOver) {
      try {
        await round(worker, this);
        this.finished[worker.index] = (this.finished[worker.index] ?? 0) + 1;
      } catch {
        // Who lost it may not go on at once, or a lost connection would be a busy loop.
        await worker.sleep(10);
      }
    }
  }

  async #disturb(): Promise<void> {
    const { server } = this;
    const { zk } = this.#workers[this.#random.below(CLIENTS)] ?? {};
    const forMs = this.#random.below(1_500);
    const fault = this.#random.below(10);
    if (fault < 5) {
      const requests = this.#random.below(2) === 0 ? "dropped" : "applied";
      await server.loseConnection(zk, { requests });
    } else if (fault < 7) {
      if (zk?.session !== undefined) this.#expire(zk);
    } else if (fault < 9) {
      server.pause(zk);
      await server.clock.advance(forMs * 4);
      server.resume(zk);
    } else {
      server.stop();
      await server.clock.advance(forMs);
      server.start();
    }
    await server.clock.advance(forMs);
  }

  #expire(zk: ZooKeeper): void {
    this.server.expireSession(zk);
    for (const [held, holder] of this.#holders) if (holder.zk === zk) this.#holders.delete(held);
  }

  async #untilSettled(all: Promise<unknown>): Promise<void> {
    const progress = { isSettled: false };
    const settled = all.then(() => (progress.isSettled = true));
    for (let passedMs = 0; passedMs < HEALING_MS; passedMs += STEP_MS) {
      if (progress.isSettled) break;
      await this.server.clock.advance(STEP_MS);
    }
    if (!progress.isSettled) throw new Error("somebody still waits after all faults were over");
    await settled;
    // What was given up last may still be on its way out.
    await this.server.clock.advance(SESSION_TIMEOUT_MS);
  }
}
