/** Locks under faults: one holder at a time, writes by holders only, and nothing left behind. */
import { describe, expect, it } from "vitest";
import { TransactionError } from "../../../src/client/index.ts";
import { Lock } from "../../../src/recipes/index.ts";
import { ContentionRun, seeds } from "./support/contention.ts";

describe("a lock that eight clients contend for", () => {
  it.each(seeds)("is held by one at a time (seed %i)", async (seed) => {
    const run = new ContentionRun(seed);
    let largestToken = 0;
    await run.play(async (worker) => {
      const { zk, random, sleep } = worker;
      const timeoutMs = random.below(4) === 0 ? random.below(500) : undefined;
      const held = await new Lock(zk, "/lock").acquire({ timeoutMs });
      run.enter(held, worker, "exclusive", () => false);
      if (!held.signal.aborted) {
        if (held.token <= largestToken) run.problems.push(`token ${held.token} came late`);
        largestToken = held.token;
      }
      await sleep(random.below(20));
      await held.release();
    });
    expect(run.problems).toEqual([]);
    expect(run.finished.every((rounds) => rounds > 0)).toBe(true);
    expect(run.server.paths("/lock").slice(1)).toEqual([]);
    await run.server.close();
  });

  it.each(seeds)("loses no count that is written with its check (seed %i)", async (seed) => {
    const run = new ContentionRun(seed);
    const setUp = await run.server.connect();
    await setUp.create("/count", "0");
    await setUp.close();
    let counted = 0;
    let unknown = 0;
    await run.play(async ({ zk, random, sleep }) => {
      const held = await new Lock(zk, "/lock").acquire();
      try {
        const { data } = await zk.getData("/count");
        await sleep(random.below(200));
        const next = String(Number(new TextDecoder().decode(data ?? undefined)) + 1);
        unknown++;
        await zk.transaction().add(held.check()).setData("/count", next).commit();
        unknown--;
        counted++;
      } catch (error) {
        if (error instanceof TransactionError) unknown--;
        throw error;
      } finally {
        await held.release();
      }
    });
    const reader = await run.server.connect();
    const { data } = await reader.getData("/count");
    const total = Number(new TextDecoder().decode(data ?? undefined));
    expect(total).toBeGreaterThanOrEqual(counted);
    expect(total).toBeLessThanOrEqual(counted + unknown);
    expect(counted).toBeGreaterThan(20);
    await run.server.close();
  });
});
