/**
 * A short fencing run, and the same with bugs put in. `node test/fencing/main.ts` is the long one.
 */
import { describe, expect, it } from "vitest";
import type { Bug } from "../fencing/guarded-lock.ts";
import { type FencingOptions, type FencingResult, runFencing } from "../fencing/run.ts";

const SHORT = { seed: 7, acquisitions: 120, clients: 12, locks: 3, pauseOneIn: 15 } as const;

async function run(options: Partial<FencingOptions> = {}): Promise<FencingResult> {
  return await runFencing({ ...SHORT, ...options });
}

describe("a resource that checks fencing tokens", () => {
  it("takes no stale write, whoever pauses for longer than the ttl", async () => {
    const { problems, acquisitions, turns, accepted, refused } = await run();
    expect(problems).toEqual([]);
    expect(acquisitions).toBeGreaterThanOrEqual(SHORT.acquisitions);
    expect(Object.keys(turns).sort()).toEqual(["http", "rpc", "socket"]);
    expect(accepted).toBeGreaterThan(0);
    // Otherwise nobody came too late, and nothing is shown.
    expect(refused).toBeGreaterThan(0);
  });

  it.each<[Bug, RegExp]>([
    ["resource does not check", /^took a stale write of /],
    ["lock does not exclude", / together with /],
    ["tokens do not grow", / came after 1$/],
  ])("a bug is found: %s", async (bug, problem) => {
    const { problems } = await run({ bug, acquisitions: SHORT.acquisitions / 2 });
    expect(problems).toContainEqual(expect.stringMatching(problem));
  });
});
