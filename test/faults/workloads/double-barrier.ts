/**
 * DoubleBarrier: it opens only when enough were there at one moment, whoever gives up or dies meanwhile; nobody leaves before
 * all who were inside have begun to; and nobody hangs on the way in or out.
 */
import {
  isSessionFatal,
  OperationTimeoutError,
  type Session,
  type ZooKeeper,
} from "../../../src/client/index.ts";
import type { BarrierMember } from "../../../src/recipes/index.ts";
import type { StartWorkload } from "../workload.ts";
import type { FaultClient, World } from "../world.ts";

const PATH = "/barriers/one";
const READY = `${PATH}/ready`;
const SIZE = 4;
const PATIENCE_MS = 5_000;
const INSIDE_MS = 100;
const GONE_ONE_IN = 6;

/** A member that has not begun to leave. */
interface Inside {
  readonly name: string;
  readonly session: Session;
}

export const doubleBarrierWorkload: StartWorkload = (world, zk, { DoubleBarrier }) => {
  void watchBarrier(world, zk);
  const inside = new Set<Inside>();

  function countsStill({ session }: Inside): boolean {
    return !session.signal.aborted && !world.wasKilled(session);
  }

  async function stay({ name, random }: FaultClient, member: BarrierMember): Promise<void> {
    const self: Inside = { name, session: member.session };
    inside.add(self);
    try {
      await world.sleep(random.below(INSIDE_MS));
    } finally {
      inside.delete(self);
    }
    // Some go without a word, when their block ends.
    if (random.below(GONE_ONE_IN) === 0) return;
    const others = [...inside];
    await member.leave();
    const left = others.filter((other) => inside.has(other) && countsStill(other));
    if (left.length > 0 && countsStill(self)) {
      world.report(`${name} left before ${left.map((other) => other.name).join(" ")}`);
    }
  }

  return {
    async act(client) {
      const barrier = new DoubleBarrier(client.zk, PATH, SIZE);
      try {
        await using member = await barrier.enter({ timeoutMs: PATIENCE_MS });
        world.log(`${client.name} is in`);
        await stay(client, member);
      } catch (error) {
        if (!(error instanceof OperationTimeoutError)) throw error;
        world.log(`${client.name} gives up`);
      }
    },
    check() {
      const left = membersOf(world);
      if (left.length > 0) world.report(`left behind: ${left.join(" ")}`);
      return Promise.resolve();
    },
  };
};

function membersOf({ server }: World): string[] {
  return server.paths(PATH).filter((path) => path !== PATH && path !== READY);
}

/** Follows what happens on the server, in its order, and looks at how many there were when the barrier opens. */
async function watchBarrier(world: World, zk: ZooKeeper): Promise<void> {
  const members = new Set<string>();
  let most = 0;
  try {
    for await (const { type, path } of zk.watch(PATH, { recursive: true })) {
      if (type === "Resync") {
        members.clear();
        for (const present of membersOf(world)) members.add(present);
        // What was missed may have been enough.
        most = SIZE;
      } else if (path === READY) {
        if (type === "NodeDeleted") most = members.size;
        else if (most < SIZE) world.report(`it opened with ${most} of ${SIZE} members`);
      } else if (path !== PATH) {
        if (type === "NodeCreated") members.add(path);
        else members.delete(path);
        most = Math.max(most, members.size);
      }
    }
  } catch (error) {
    if (!isSessionFatal(error)) throw error;
  }
}
