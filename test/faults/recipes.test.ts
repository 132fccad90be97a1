/** Every recipe under a few seeds of faults; `node test/faults/main.ts` runs more of them, and replays one. */
import { describe, expect, it } from "vitest";
import { run } from "./run.ts";
import { WORKLOADS } from "./workloads/index.ts";

const SEEDS = [1, 2];
const BRIEF = { faultsMs: 10_000, calmMs: 10_000 };

describe.each(Object.entries(WORKLOADS))("%s under faults", (_name, start) => {
  it.each(SEEDS)("keeps its promises, seed %i", async (seed) => {
    const { problems, rounds } = await run(start, seed);
    expect(problems).toEqual([]);
    expect(rounds).toBeGreaterThan(50);
  });

  it("replays", async () => {
    const [first, second] = [await run(start, 4, BRIEF), await run(start, 4, BRIEF)];
    expect(second.history).toEqual(first.history);
    expect(second.hash).toBe(first.hash);
  });
});
