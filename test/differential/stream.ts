/**
 * Plays one stream on both servers at the same time and compares.
 */
import { compareStep, compareTrees, type Finding, newTally, type Tally } from "./comparison.ts";
import { Player, type StepRecord } from "./player.ts";
import type { Servers, Side } from "./servers.ts";
import type { Step } from "./steps.ts";

/** Steps that are played before the servers are compared again. */
const CHUNK = 100;

export interface StreamResult {
  readonly finding: Finding | undefined;
  /** The number of the step that differed; that of the steps when it was none of them. */
  readonly index: number;
  /** Whether both servers are left as they were found, and alike. */
  readonly isClean: boolean;
}

export interface StreamOptions {
  readonly root: string;
  readonly sessions: number;
  readonly tally: Tally;
}

/** Stops at the first difference. */
export async function playStream(
  servers: Servers,
  steps: readonly Step[],
  { root, sessions, tally }: StreamOptions,
): Promise<StreamResult> {
  const { enforceQuota } = servers;
  const players = await Promise.all(
    servers.sides.map(({ address, observer, restart }) =>
      Player.start({ address, observer, root, sessions, enforceQuota, restart }),
    ),
  );
  const [real, own] = players as [Player, Player];
  const { finding, index } = await compareAll(real, own, steps, tally);
  const last = finding ?? (await finish(servers.sides, real, own, tally));
  if (last === undefined) return { finding: undefined, index, isClean: true };
  // What is left over is cleared away on both, so that another stream may follow.
  const isClean = await finish(servers.sides, real, own, newTally()).then(
    (leftover) => leftover === undefined,
    () => false,
  );
  return { finding: last, index, isClean };
}

async function compareAll(
  real: Player,
  own: Player,
  steps: readonly Step[],
  tally: Tally,
): Promise<{ finding: Finding | undefined; index: number }> {
  for (let start = 0; start < steps.length; start += CHUNK) {
    const chunk = steps.slice(start, start + CHUNK);
    const [reals, owns] = await Promise.all([playAll(real, chunk), playAll(own, chunk)]);
    for (const [offset, step] of chunk.entries()) {
      const [a, b] = [reals[offset], owns[offset]];
      if (a === undefined || b === undefined) throw new Error("a step without a record");
      const finding = compareStep(step, a, b, tally);
      if (finding !== undefined) return { finding, index: start + offset };
    }
  }
  return { finding: undefined, index: steps.length };
}

async function playAll(player: Player, steps: readonly Step[]): Promise<StepRecord[]> {
  const records: StepRecord[] = [];
  for (const step of steps) records.push(await player.play(step));
  return records;
}

/** The trees as they are left, then what is seen of their end. */
async function finish(
  sides: readonly [Side, Side],
  real: Player,
  own: Player,
  tally: Tally,
): Promise<Finding | undefined> {
  const trees = async (): Promise<Finding | undefined> => {
    const [a, b] = await Promise.all([
      sides[0].observer.tree(real.naming),
      sides[1].observer.tree(own.naming),
    ]);
    return compareTrees(a, b);
  };
  const left = await trees();
  if (left !== undefined) return left;
  const [a, b] = await Promise.all([real.finish(), own.finish()]);
  const finding = compareStep("end", a, b, tally);
  if (finding !== undefined) return finding;
  await Promise.all([real.closeSessions(), own.closeSessions()]);
  return await trees();
}
