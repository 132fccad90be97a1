/**
 * Runs one case, on a tree of its own.
 */
import { connect, type ConnectOptions, type ZooKeeper } from "../../../src/client/index.ts";
import { cases } from "./cases.ts";
import type { Surroundings, World } from "./contract-case.ts";

const CASE_MS_MAX = 40_000;
/** After a cut the next connection is tried soon, so that a case does not take long. */
const RECONNECT = { initialMs: 10, maxMs: 50 };

/** Undefined when it passed; otherwise what went wrong, as text, which crosses the borders between runtimes. */
export async function runCase(
  name: string,
  surroundings: Surroundings,
): Promise<string | undefined> {
  try {
    await withTree(surroundings, async (world) => {
      const run = cases[name];
      if (run === undefined) throw new Error(`no case "${name}"`);
      await inTime(run(world));
    });
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

async function withTree(
  { url, fail }: Surroundings,
  use: (world: World) => Promise<void>,
): Promise<void> {
  const caretaker = await connect(url, { reconnect: RECONNECT });
  const chroot = `/contract-${Math.random().toString(36).slice(2)}`;
  await caretaker.create(chroot);
  const clients: ZooKeeper[] = [];
  const open = async (options: ConnectOptions = {}): Promise<ZooKeeper> => {
    const zk = await connect(url, { reconnect: RECONNECT, ...options, chroot });
    clients.push(zk);
    return zk;
  };
  try {
    await use({
      connect: open,
      connectAll: (count) => Promise.all(Array.from({ length: count }, () => open())),
      fail,
    });
  } catch (error) {
    await fail("cut"); // Or it would be silent still.
    throw error;
  } finally {
    await Promise.all(clients.map((zk) => zk.close()));
    await caretaker.deleteRecursive(chroot);
    await caretaker.close();
  }
}

async function inTime(running: Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`not done within ${CASE_MS_MAX} ms`)),
    CASE_MS_MAX,
  );
  try {
    await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}
