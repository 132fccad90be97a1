/**
 * The round of whatever is held: acquire, use a resource for a while, let go. Every use is also a transaction that happens only
 * while it is held.
 */
import { type CheckOp, TransactionError, type ZooKeeper } from "../../../src/client/index.ts";
import type { FencedResource, Holding } from "../fenced-resource.ts";
import type { FaultClient, World } from "../world.ts";

export interface Releasable extends Holding {
  check(): CheckOp;
  release(): Promise<void>;
}

const USES_MAX = 3;
const USE_MS = 40;
/** Longer than a session lasts without its server: whoever uses it so long may have lost it without having asked for anything. */
const LONG_USE_MS = 6_000;
const LONG_USE_ONE_IN = 25;

export async function useOnce(
  world: World,
  resource: FencedResource,
  client: FaultClient,
  held: Releasable,
  { isShared = false, ledger }: { readonly isShared?: boolean; readonly ledger?: Ledger } = {},
): Promise<void> {
  const leave = resource.enter(client, held, isShared);
  try {
    for (let uses = client.random.below(USES_MAX + 1); uses > 0; uses--) {
      const isLong = world.phase === "faults" && client.random.below(LONG_USE_ONE_IN) === 0;
      await world.sleep(client.random.below(isLong ? LONG_USE_MS : USE_MS));
      // Whoever looks before every use does not even need the token, as long as clocks go on.
      if (held.signal.aborted) break;
      resource.use(client, held);
      await ledger?.write(client.zk, held);
    }
  } finally {
    leave();
    await held.release();
  }
}

/** A znode that holders write their token into, with the check that they still hold. The tokens must never go down. */
export class Ledger {
  readonly #world: World;
  readonly #path: string;
  readonly #written: { readonly zxid: number; readonly token: number }[] = [];

  constructor(world: World, path: string) {
    this.#world = world;
    this.#path = path;
  }

  async write(zk: ZooKeeper, held: Releasable): Promise<void> {
    try {
      const transaction = zk.transaction().add(held.check()).setData(this.#path, `${held.token}`);
      const [, stat] = await transaction.commit();
      this.#written.push({ zxid: stat.mzxid, token: held.token });
    } catch (error) {
      // It does not hold any more: that is what the check is for.
      if (!(error instanceof TransactionError)) throw error;
    }
  }

  /** Looks through what was written, in the order in which the server did it. */
  check(): void {
    const written = this.#written.toSorted((a, b) => a.zxid - b.zxid);
    written.forEach(({ token }, index) => {
      const before = written[index - 1]?.token ?? 0;
      if (token < before) this.#world.report(`token ${token} was written after ${before}`);
    });
  }
}
