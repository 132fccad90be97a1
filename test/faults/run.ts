/**
 * One fault run: eight clients on one server, a workload, and what goes wrong, all of it out of one seed.
 */
import type { ZooKeeper } from "../../src/client/index.ts";
import * as published from "../../src/recipes/index.ts";
import { ManualClock, SeededRandom, TestServer } from "../../src/testing/index.ts";
import { isExplained } from "./explained.ts";
import { FaultInjector, SESSION_TIMEOUT_MS } from "./faults.ts";
import { replaceRuntime } from "./runtime.ts";
import type { Recipes, StartWorkload, Workload } from "./workload.ts";
import { type FaultClient, World } from "./world.ts";

export interface RunResult {
  readonly seed: number;
  readonly problems: readonly string[];
  readonly history: readonly string[];
  /** Of the history. The same seed gives the same. */
  readonly hash: string;
  /** Rounds that clients completed. */
  readonly rounds: number;
}

export interface RunOptions {
  readonly clients?: number;
  readonly faultsMs?: number;
  readonly calmMs?: number;
  /** Default: those that the package publishes. */
  readonly recipes?: Recipes;
  /** Whether the first problem ends the run. */
  readonly untilProblem?: boolean;
}

const CLIENTS = 8;
const FAULTS_MS = 40_000;
const CALM_MS = 30_000;
/** How long clients may take to come to rest, and the check to end. */
const REST_MS = 60_000;
const ROUND_PAUSE_MS = 50;
/** While nobody moves the clock. */
const NO_DELAY = (): number => 0;

export async function run(
  start: StartWorkload,
  seed: number,
  options: RunOptions = {},
): Promise<RunResult> {
  const { clients = CLIENTS, faultsMs = FAULTS_MS, calmMs = CALM_MS } = options;
  const { recipes = published, untilProblem = false } = options;
  const random = new SeededRandom(seed);
  const messages = { delayMs: NO_DELAY };
  const clock = new ManualClock();
  using _runtime = replaceRuntime(clock, random.fork());
  await using server = new TestServer({
    clock,
    seed: random.below(2 ** 32),
    // Often, so that parents vanish in between.
    containerCheckIntervalMs: 3_000,
    delayMs: () => messages.delayMs(),
  });
  const world = new World(server);
  const faults = new FaultInjector(world, random.fork());
  const observer = await server.connect();
  for (let i = 0; i < clients; i++) {
    const zk = await server.connect({ sessionTimeoutMs: SESSION_TIMEOUT_MS });
    world.clients.push(traced(world, { name: `c${i}`, zk, random: random.fork() }));
  }
  const workload = await start(world, observer, recipes);
  messages.delayMs = faults.delayMs;
  const actors = world.clients.map((client) => new Actor(world, workload, client));
  const endMs = world.clock.now() + faultsMs;
  const isEnough = (): boolean => untilProblem && world.problems.length > 0;
  while (world.clock.now() < endMs && !isEnough()) await world.clock.advance(faults.next());
  if (!isEnough()) await calmDown(world, actors, faults, calmMs);
  if (!isEnough()) await finish(world, workload, observer);
  return {
    seed,
    problems: world.problems,
    history: world.history,
    hash: world.historyHash,
    rounds: actors.reduce((sum, { rounds }) => sum + rounds, 0),
  };
}

/** After the faults, everybody must get on, and then come to rest. */
async function calmDown(
  world: World,
  actors: readonly Actor[],
  faults: FaultInjector,
  calmMs: number,
): Promise<void> {
  world.phase = "calm";
  faults.heal();
  const before = actors.map(({ rounds }) => rounds);
  await world.clock.advance(calmMs);
  actors.forEach(({ name, rounds }, index) => {
    if (rounds === before[index]) world.report(`${name} got nothing done in ${calmMs} calm ms`);
  });
  world.phase = "over";
  await advanceUntil(world, () => actors.every(({ isAtRest }) => isAtRest));
  for (const { name, isAtRest } of actors) {
    if (!isAtRest) world.report(`${name} does not come to rest`);
  }
}

async function finish(world: World, workload: Workload, observer: ZooKeeper): Promise<void> {
  const { server } = world;
  if (world.problems.length === 0) {
    let isChecked = false;
    const check = async (): Promise<void> => {
      try {
        await workload.check?.(observer);
      } catch (error) {
        world.report(`the check failed: ${explain(error)}`);
      }
      isChecked = true;
    };
    void check();
    await advanceUntil(world, () => isChecked);
    if (!isChecked) world.report("the check does not end");
  }
  // What the server went through is part of the history, whatever the workload tells.
  const { requests, events } = server.counters;
  world.log(`zxid ${server.lastZxid}, ${requests} requests, ${events} events`);
  world.log(`left: ${server.paths().join(" ")}`);
}

/** Lets time pass, up to a limit, until something has happened. */
async function advanceUntil(world: World, hasHappened: () => boolean): Promise<void> {
  for (let ms = 0; ms < REST_MS && !hasHappened(); ms += 100) await world.clock.advance(100);
}

/** A client that does one round of a workload after another. */
class Actor {
  rounds = 0;
  isAtRest = false;
  readonly name: string;
  readonly #world: World;
  readonly #workload: Workload;
  readonly #client: FaultClient;

  constructor(world: World, workload: Workload, client: FaultClient) {
    this.#world = world;
    this.#workload = workload;
    this.#client = client;
    this.name = client.name;
    void this.#run();
  }

  async #run(): Promise<void> {
    while (this.#world.phase !== "over") {
      await this.#round();
      await this.#world.sleep(1 + this.#client.random.below(ROUND_PAUSE_MS));
    }
    this.isAtRest = true;
  }

  async #round(): Promise<void> {
    try {
      await this.#workload.act(this.#client);
      this.rounds++;
    } catch (error) {
      if (isExplained(error)) this.#world.log(`${this.name}: ${error.message}`);
      else this.#world.report(`${this.name}: ${explain(error)}`);
    }
  }
}

function explain(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function traced(world: World, client: FaultClient): FaultClient {
  client.zk.on("state", ({ state }) => world.log(`${client.name} is ${state}`));
  return client;
}
