/**
 * A re-entrant Lock: one owner at a time, who holds it until the last of its handles is released, and not after.
 */
import type { Held, Lock } from "../../../src/recipes/index.ts";
import { unfailing } from "../explained.ts";
import { FencedResource } from "../fenced-resource.ts";
import type { StartWorkload } from "../workload.ts";
import type { FaultClient } from "../world.ts";
import { Ledger } from "./held-resource.ts";

const PATH = "/locks/reentrant";
const DEPTH_MAX = 3;
const USE_MS = 30;

export const reentrantLockWorkload: StartWorkload = async (world, zk, recipes) => {
  await zk.create("/ledger");
  const resource = new FencedResource(world);
  const ledger = new Ledger(world, "/ledger");
  const locks = new Map<FaultClient, Lock>();

  function lockOf(client: FaultClient): Lock {
    let lock = locks.get(client);
    if (lock === undefined) {
      lock = new recipes.Lock(client.zk, PATH, { reentrant: true });
      locks.set(client, lock);
    }
    return lock;
  }

  /** Enters again what is held already; nobody else can be in the way. */
  async function enterAgain(client: FaultClient, lock: Lock, outer: Held): Promise<Held[]> {
    const { name, random } = client;
    const inner: Held[] = [];
    for (let depth = random.below(DEPTH_MAX); depth > 0 && !outer.signal.aborted; depth--) {
      const held = random.below(2) === 0 ? await lock.acquire() : await lock.tryAcquire();
      if (held === undefined) world.report(`${name} may not enter what it holds`);
      else inner.push(held);
      if (held !== undefined && held.token !== outer.token && !outer.signal.aborted) {
        world.report(`${name} holds ${held.token} inside of ${outer.token}`);
      }
    }
    return inner;
  }

  function expectHeld(name: string, { session, signal, path }: Held): void {
    if (session.signal.aborted || world.wasKilled(session)) return;
    if (signal.aborted) world.report(`${name} lost with one handle what it has others of`);
    else if (!world.server.paths(path).includes(path)) world.report(`${path} is gone too early`);
  }

  async function releaseOneByOne(client: FaultClient, handles: Held[]): Promise<void> {
    const { name, random } = client;
    while (handles.length > 0) {
      const [held] = handles.splice(random.below(handles.length), 1);
      const isLast = handles.length === 0;
      const isLost = held?.signal.aborted === true;
      await held?.release();
      const [other] = handles;
      if (isLast || isLost || other === undefined) continue;
      expectHeld(name, other);
      await world.sleep(random.below(USE_MS));
      if (other.signal.aborted) continue;
      resource.use(client, other);
      await ledger.write(client.zk, other);
    }
  }

  return {
    async act(client) {
      const { random } = client;
      const lock = lockOf(client);
      // Two tasks of one owner: one acquires it for both.
      const handles = await Promise.all(
        Array.from({ length: 1 + random.below(2) }, () =>
          unfailing({ world, name: client.name }, lock.acquire()),
        ),
      );
      const [outer] = handles;
      if (outer === undefined) return;
      const leave = resource.enter(client, outer);
      try {
        await world.sleep(random.below(USE_MS));
        handles.push(...(await enterAgain(client, lock, outer)));
        await releaseOneByOne(client, [...handles]);
      } finally {
        leave();
        await Promise.all(handles.map((held) => held.release()));
      }
    },
    async check() {
      ledger.check();
      const left = await new recipes.Lock(zk, PATH).contenders();
      if (left.length > 0) world.report(`left behind: ${left.join(" ")}`);
    },
  };
};
