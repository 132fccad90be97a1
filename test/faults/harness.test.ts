/** The fault harness finds the bugs that are put into a lock on purpose, and a seed replays to the same history. */
import { describe, expect, it } from "vitest";
import { FencedResource } from "./fenced-resource.ts";
import { run, type RunResult } from "./run.ts";
import { acquireSketchLock, SKETCH_BUGS, type SketchBug } from "./sketch-lock.ts";
import { Ledger, useOnce } from "./workloads/held-resource.ts";
import type { StartWorkload } from "./workload.ts";

/** Seeds that a bug may take to show. */
const SEEDS_MAX = 10;
const HEALTHY_SEEDS = 4;

function sketchWorkload(bug: SketchBug): StartWorkload {
  return async (world, zk) => {
    await zk.create("/ledger");
    const resource = new FencedResource(world);
    const ledger = new Ledger(world, "/ledger");
    return {
      async act(client) {
        const held = await acquireSketchLock(client.zk, bug);
        await useOnce(world, resource, client, held, { ledger });
      },
      async check() {
        ledger.check();
        const { children } = await zk.getChildren("/sketch");
        if (children.length > 0) world.report(`left behind: ${children.join(" ")}`);
      },
    };
  };
}

async function firstFailure(bug: SketchBug): Promise<RunResult | undefined> {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    const result = await run(sketchWorkload(bug), seed);
    if (result.problems.length > 0) return result;
  }
  return undefined;
}

describe("the fault harness", () => {
  it("finds nothing wrong with a lock that is right", async () => {
    for (let seed = 1; seed <= HEALTHY_SEEDS; seed++) {
      const { problems, rounds } = await run(sketchWorkload("none"), seed);
      expect(problems, `seed ${seed}`).toEqual([]);
      expect(rounds).toBeGreaterThan(50);
    }
  });

  it.each(SKETCH_BUGS)("finds a lock that %s", async (bug) => {
    expect((await firstFailure(bug))?.problems[0]).toBeDefined();
  });

  it("replays a seed to the same history", async () => {
    const [first, second] = [
      await run(sketchWorkload("none"), 7),
      await run(sketchWorkload("none"), 7),
    ];
    expect(second.history).toEqual(first.history);
    expect(second.hash).toBe(first.hash);
    expect((await run(sketchWorkload("none"), 8)).hash).not.toBe(first.hash);
  });
});
