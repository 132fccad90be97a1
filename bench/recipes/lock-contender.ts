import { CreateFlags, EventType, OpCode } from "../../src/protocol/op-code.ts";
import type { ControlClient } from "../control-client.ts";
import { DIGITS } from "../bytes.ts";
import { OPEN_ACL } from "../znode.ts";
import type { Contender } from "./contention.ts";
import type { Held } from "./lock-referee.ts";

/** Its turn is the number of its sequential znode, and the server's order that of zxids. */
export interface HeldLock extends Held {
  readonly path: string;
}

const NOTHING = new Uint8Array(0);

/**
 * One client of ZooKeeper's lock recipe ("Recipes and Solutions", Locks): a sequential ephemeral, and a watch on the one
 * before it.
 */
export class LockContender implements Contender<HeldLock> {
  readonly #session: ControlClient;
  readonly #root: string;
  /** Who waits for the deletion of which znode. */
  readonly #waiting = new Map<string, () => void>();

  constructor(session: ControlClient, root: string) {
    this.#session = session;
    this.#root = root;
    session.onEvent = ({ type, path }) => {
      if (type === EventType.nodeDeleted) this.#waiting.get(path)?.();
    };
  }

  async acquire(): Promise<HeldLock> {
    const { path } = await this.#session.request({
      type: OpCode.create,
      path: `${this.#root}/lock-`,
      data: NOTHING,
      acl: OPEN_ACL,
      flags: CreateFlags.ephemeralSequential,
    });
    const name = path.slice(this.#root.length + 1);
    for (;;) {
      const names = (await this.#session.getChildren(this.#root)).toSorted();
      const index = names.indexOf(name);
      if (index < 0) throw new Error(`${path} is not there while its session waits`);
      if (index === 0) {
        return { path, turn: Number(path.slice(-DIGITS)), seen: this.#session.lastZxid };
      }
      await this.#gone(`${this.#root}/${names[index - 1]}`);
    }
  }

  async release({ path }: HeldLock): Promise<number> {
    await this.#session.delete(path);
    return this.#session.lastZxid;
  }

  async #gone(path: string): Promise<void> {
    const deleted = new Promise<void>((resolve) => this.#waiting.set(path, resolve));
    if (await this.#session.exists(path, true)) await deleted;
    this.#waiting.delete(path);
  }
}
