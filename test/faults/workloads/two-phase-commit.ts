/**
 * TwoPhaseCommit: everybody sees the same outcome, which is to commit only if all sites have voted for it, and not if anybody
 * has aborted.
 */
import { NodeExistsError, OperationTimeoutError } from "../../../src/client/index.ts";
import type { TwoPhaseCommit, Vote } from "../../../src/recipes/index.ts";
import { unfailing, untilDone } from "../explained.ts";
import type { StartWorkload } from "../workload.ts";
import type { FaultClient, World } from "../world.ts";

const FOLDER = "/transactions";
const SITES = 4;
const OPEN_MAX = 6;
const ABORT_ONE_IN = 8;
const PATIENCE_MS = 2_000;
/** Not for ever: a site that has come to rest does not vote. */
const LONG_PATIENCE_MS = 15_000;
const IDLE_MS = 20;

class Decided {
  readonly path: string;
  readonly sites: ReadonlySet<string>;
  readonly #world: World;
  /** Those who may have voted so. */
  readonly #committing = new Set<string>();
  #isAborting = false;
  #outcome: Vote | undefined;
  readonly #done = new Set<string>();

  constructor(world: World, path: string, sites: ReadonlySet<string>) {
    this.#world = world;
    this.path = path;
    this.sites = sites;
  }

  /** Somebody is about to. */
  begins(site: string, vote: Vote): void {
    if (vote === "commit") this.#committing.add(site);
    else this.#isAborting = true;
  }

  sees(name: string, outcome: Vote): void {
    this.#world.log(`${name}: ${this.path} is decided: ${outcome}`);
    this.#outcome ??= outcome;
    if (outcome !== this.#outcome) {
      this.#world.report(`${name} sees ${outcome} of ${this.path}, others ${this.#outcome}`);
    }
    const missing = [...this.sites].filter((site) => !this.#committing.has(site));
    if (outcome === "commit" && missing.length > 0) {
      this.#world.report(`${this.path} commits without ${missing.join(" ")}`);
    }
    if (outcome === "abort" && !this.#isAborting) {
      this.#world.report(`${this.path} aborts, which nobody asked for`);
    }
  }

  /** Whether the site is the last to be done with it. */
  isLast(site: string): boolean {
    this.#done.add(site);
    return this.#done.size === this.sites.size;
  }
}

export const twoPhaseCommitWorkload: StartWorkload = (world, _zk, recipes) => {
  const open = new Set<Decided>();
  const pending = new Map<string, Decided[]>();
  let count = 0;

  async function begin({ zk, random }: FaultClient): Promise<void> {
    const names = world.clients.map(({ name }) => name);
    while (names.length > SITES) names.splice(random.below(names.length), 1);
    const decided = new Decided(world, `${FOLDER}/${count++}`, new Set(names));
    open.add(decided);
    const order = new recipes.TwoPhaseCommit(zk, decided.path);
    await untilDone(world, () =>
      order.begin(names, "an order").catch((error: unknown) => {
        // An attempt whose reply was lost has begun it.
        if (!(error instanceof NodeExistsError)) throw error;
      }),
    );
    for (const name of names) pending.set(name, [...(pending.get(name) ?? []), decided]);
  }

  async function takePart({ name, zk, random }: FaultClient, decided: Decided): Promise<void> {
    const order = new recipes.TwoPhaseCommit(zk, decided.path);
    const vote = random.below(ABORT_ONE_IN) === 0 ? "abort" : "commit";
    decided.begins(name, vote);
    await untilDone(world, () => order.vote(name, vote));
    const timeoutMs = random.below(2) === 0 ? PATIENCE_MS : LONG_PATIENCE_MS;
    decided.sees(name, await outcomeOf(order, timeoutMs, decided, name));
    if (!decided.isLast(name)) return;
    await untilDone(world, () => order.remove());
    open.delete(decided);
  }

  async function outcomeOf(
    order: TwoPhaseCommit,
    timeoutMs: number,
    decided: Decided,
    name: string,
  ): Promise<Vote> {
    try {
      return await unfailing({ world, name }, order.decision({ timeoutMs }));
    } catch (error) {
      if (!(error instanceof OperationTimeoutError)) throw error;
    }
    decided.begins(name, "abort");
    return await untilDone(world, () => order.abort());
  }

  return {
    async act(client) {
      const decided = pending.get(client.name)?.shift();
      if (decided !== undefined) await takePart(client, decided);
      else if (open.size < OPEN_MAX) await begin(client);
      else await world.sleep(client.random.below(IDLE_MS));
    },
    check() {
      // Those that were not finished have sites that had come to rest.
      const unfinished = new Set([...open].map(({ path }) => path));
      const left = world.server
        .paths(FOLDER)
        .filter((path) => path !== FOLDER && !unfinished.has(path.split("/", 3).join("/")));
      if (left.length > 0) world.report(`left behind: ${left.join(" ")}`);
      return Promise.resolve();
    },
  };
};
