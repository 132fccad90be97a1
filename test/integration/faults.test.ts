/**
 * Recipes under faults inside workerd: the same runs as in Node, but short ones of a few, since every turn of the event loop takes
 * a millisecond there.
 */
import { expect, it } from "vitest";
import { run } from "../faults/run.ts";
import type { StartWorkload } from "../faults/workload.ts";
import { doubleBarrierWorkload } from "../faults/workloads/double-barrier.ts";
import { groupMembershipWorkload } from "../faults/workloads/group-membership.ts";
import { leaderElectionWorkload } from "../faults/workloads/leader-election.ts";
import { lockWorkload } from "../faults/workloads/lock.ts";

const BRIEF = { faultsMs: 3_000, calmMs: 9_000 };

const WORKLOADS: Readonly<Record<string, StartWorkload>> = {
  "double-barrier": doubleBarrierWorkload,
  "group-membership": groupMembershipWorkload,
  "leader-election": leaderElectionWorkload,
  lock: lockWorkload,
};

it.each(Object.entries(WORKLOADS))(
  "%s keeps its promises",
  { timeout: 60_000 },
  async (_, start) => {
    const { problems, rounds } = await run(start, 1, BRIEF);
    expect(problems).toEqual([]);
    expect(rounds).toBeGreaterThan(20);
  },
);
