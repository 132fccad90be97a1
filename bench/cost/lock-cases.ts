/**
 * ZooKeeper's recipe for a lock: an ephemeral sequential znode, and whoever has the lowest number holds the lock; who has
 * not watches the one before.
 */
import { CreateFlags, OpCode } from "../../src/protocol/op-code.ts";
import type { ControlClient } from "../control-client.ts";
import { OPEN_ACL, znodeName } from "../znode.ts";
import { budgets } from "./budgets.ts";
import {
  type CostCase,
  type CostPlan,
  type CostScene,
  type Mode,
  OPERATIONS,
  planOf,
  repeat,
} from "./cost-case.ts";
import { openClient } from "./transport.ts";

/** Sessions that want one lock at the same time. */
const CONTENDERS = 100;

const nothing = new Uint8Array(0);

export function lockCases(scene: CostScene): CostCase[] {
  return [
    {
      name: "lock",
      title: "lock, acquired and released",
      budget: budgets.lock,
      plan: () => freePlan(scene),
    },
    {
      name: "lock-contended",
      title: "the same, after waiting for another",
      budget: budgets.contendedLock,
      plan: (mode) => contendedPlan(scene, mode),
    },
  ];
}

/** As many locks as there are operations, of which nobody else wants any. */
function freePlan({ control, root }: CostScene): CostPlan {
  const locks = Array.from({ length: OPERATIONS }, (_, n) => `${root}/${znodeName(n)}`);
  const forAll = (action: (lock: string) => Promise<void>) => () => Promise.all(locks.map(action));
  return planOf(
    locks.map((lock) => async () => {
      const held = await acquire(control, lock);
      await control.delete(held);
    }),
    {
      setUp: forAll((lock) => control.create(lock, nothing)),
      tearDown: forAll((lock) => control.delete(lock)),
    },
  );
}

/** Many sessions and one lock: two that take turns, or all of them at once. */
function contendedPlan({ transport, control, root }: CostScene, mode: Mode): CostPlan {
  const lock = `${root}/lock`;
  const count = mode === "single" ? 2 : CONTENDERS;
  let sessions: ControlClient[] = [];
  let held = "";
  const of = (n: number): ControlClient => sessions[n % count] as ControlClient;
  const takeOver = async (n: number): Promise<void> => {
    const [holder, next] = [of(n), of(n + 1)];
    const waits = Promise.withResolvers<void>();
    const acquired = acquire(next, lock, waits.resolve);
    await waits.promise;
    await holder.delete(held);
    held = await acquired;
  };
  const haveOnce = async (n: number): Promise<void> => {
    const mine = await acquire(of(n), lock);
    await of(n).delete(mine);
  };
  return planOf(mode === "single" ? repeat(OPERATIONS, takeOver) : repeat(CONTENDERS, haveOnce), {
    setUp: async () => {
      await control.create(lock, nothing);
      sessions = await Promise.all(Array.from({ length: count }, () => openClient(transport)));
      if (mode === "single") held = await acquire(of(0), lock);
    },
    tearDown: async () => {
      await Promise.all(sessions.map((session) => session.close()));
      await control.delete(lock);
    },
  });
}

/** Waits until the lock is `client`'s, and returns the path of its znode, which releases it when it goes. */
async function acquire(
  client: ControlClient,
  lock: string,
  onWaiting: () => void = () => {},
): Promise<string> {
  const { path } = await client.request({
    type: OpCode.create,
    path: `${lock}/x-`,
    data: nothing,
    acl: OPEN_ACL,
    flags: CreateFlags.ephemeralSequential,
  });
  for (;;) {
    const request = { type: OpCode.getChildren, path: lock, watch: false } as const;
    const { children } = await client.request(request);
    const before = children
      .filter((name) => `${lock}/${name}` < path)
      .sort()
      .at(-1);
    if (before === undefined) return path;
    const event = client.nextEvent();
    event.catch(() => {}); // Nobody waits for it where the znode has gone before the watch was set.
    if ((await client.exists(`${lock}/${before}`, true)) === undefined) continue;
    onWaiting();
    await event;
  }
}
