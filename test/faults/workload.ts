/**
 * What a recipe is put to in a fault run, and what must hold of it.
 *
 * To put a recipe under faults, add `workloads/<recipe>.ts`, which exports a function of this type, name it in
 * `workloads/index.ts`, and put bugs into the recipe that it must find (`bugs/<recipe>.ts`):
 *
 * - It is called once a run, before anything goes wrong, and returns what each of eight clients does. What they share (a
 *   resource, a count of what was done) lives in its closure. The recipes are those that it is given, since they may have bugs.
 * - `act` is one round: acquire something, use it for a while (`world.sleep`), let go. It is called again and again. An
 *   error that faults explain ends the round; any other is a problem. All time must be the world's (`world.sleep`, `timeoutMs` of
 *   operations), all randomness the client's (`client.random`), or seeds do not replay.
 * - What must hold is checked where it is seen, and told with `world.report`. {@link FencedResource} does that for whatever is held.
 * - After the faults comes a calm time, in which every client must complete a round: that finds what waits for ever.
 * - `check` looks at what is left, with one healthy client, when all others have come to rest: no orphans, nothing lost.
 *
 * `node test/faults/main.ts --recipe lock --seed 7 --runs 100` runs it; `--history` prints what happened.
 */
import type { ZooKeeper } from "../../src/client/index.ts";
import type * as recipes from "../../src/recipes/index.ts";
import type { FaultClient, World } from "./world.ts";

export interface Workload {
  act(client: FaultClient): Promise<void>;
  check?(zk: ZooKeeper): Promise<void>;
}

/** All that the package publishes, or some of it with bugs. */
export type Recipes = typeof recipes;

export type StartWorkload = (
  world: World,
  zk: ZooKeeper,
  recipes: Recipes,
) => Workload | Promise<Workload>;
