/**
 * Makes a failing stream short: drops steps as long as it still fails (delta debugging), then parts of the steps that are
 * left.
 */
import type { RequestStep, Step } from "./steps.ts";

/** Whether the servers still differ over these steps. */
export type Fails = (steps: readonly Step[]) => Promise<boolean>;

const OPEN = [{ perms: 31, scheme: "world", id: "anyone" }];

/** Calls `fails` no more than `triesMax` times. */
export async function shrink(
  steps: readonly Step[],
  fails: Fails,
  triesMax: number,
): Promise<readonly Step[]> {
  let tries = 0;
  const attempt: Fails = async (candidate) => tries++ < triesMax && (await fails(candidate));
  let current = await dropSteps(steps, attempt);
  for (let index = 0; index < current.length; index++) {
    current = await simplify(current, index, attempt);
  }
  return await dropSteps(current, attempt);
}

/** Takes parts out of one step until none can go. */
async function simplify(
  steps: readonly Step[],
  index: number,
  fails: Fails,
): Promise<readonly Step[]> {
  const step = steps[index];
  if (step === undefined) return steps;
  for (const simpler of simplifications(step)) {
    const candidate = steps.with(index, simpler);
    if (await fails(candidate)) return await simplify(candidate, index, fails);
  }
  return steps;
}

async function dropSteps(steps: readonly Step[], fails: Fails): Promise<readonly Step[]> {
  let current = steps;
  let size = Math.ceil(current.length / 2);
  while (size >= 1 && current.length > 1) {
    let hasShrunk = false;
    // From behind: what comes last is what fails, what comes first is what it needs.
    for (let end = current.length; end > 0; end -= size) {
      const candidate = current.toSpliced(Math.max(0, end - size), Math.min(size, end));
      if (candidate.length === current.length || !(await fails(candidate))) continue;
      current = candidate;
      hasShrunk = true;
    }
    if (size === 1 && !hasShrunk) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return current;
}

/** Steps that do a little less. */
function simplifications(step: Step): readonly Step[] {
  if (step.do === "burst") {
    const [only, ...more] = step.rs;
    if (only !== undefined && more.length === 0) return [{ do: "request", s: step.s, r: only }];
    const shorter = step.rs.map((_, index) => ({ ...step, rs: step.rs.toSpliced(index, 1) }));
    const simpler = step.rs.flatMap((request, index) =>
      simplerRequests(request).map((r) => ({ ...step, rs: step.rs.with(index, r) })),
    );
    return [...shorter, ...simpler];
  }
  if (step.do !== "request") return [];
  return simplerRequests(step.r).map((r) => ({ ...step, r }));
}

function simplerRequests(request: RequestStep): readonly RequestStep[] {
  if (request.op === "multi" || request.op === "multiRead") {
    return request.ops.map((_, index) => ({ ...request, ops: request.ops.toSpliced(index, 1) }));
  }
  if (request.op === "setWatches" || request.op === "setWatches2") {
    return (["data", "exist", "child", "persistent", "recursive"] as const).flatMap((list) =>
      (request[list] ?? []).map((_, index) => ({
        ...request,
        [list]: request[list]?.toSpliced(index, 1),
      })),
    );
  }
  if ("acl" in request) {
    return JSON.stringify(request.acl) === JSON.stringify(OPEN) ? [] : [{ ...request, acl: OPEN }];
  }
  return [];
}
