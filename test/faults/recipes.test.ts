/** Every recipe under a few seeds of faults; `node test/faults/main.ts` runs more of them, and replays one. */
import { describe, expect, it } from "vitest";
import { run } from "./run.ts";
import { WORKLOADS } from "./workloads/index.ts";

const SEEDS = [1, 2, 3];

describe.each(Object.entries(WORKLOADS))("%s under faults", (_name, start) => {
  it.each(SEEDS)("keeps its promises, seed %i", async (seed) => {
    const { problems, rounds } = await run(start, seed);
    expect(problems).toEqual([]);
    expect(rounds).toBeGreaterThan(100);
  });

  it("replays", async () => {
    const [first, second] = [await run(start, 4), await run(start, 4)];
    expect(second.hash).toBe(first.hash);
  });
});
