/**
 * One state of a server in which every four-letter word has something to say: two sessions with an ephemeral and
 * watches. The golden answers were given in it, and the views of the unit tests describe it.
 */
import { CreateFlags, OpCode } from "../../../../src/protocol/op-code.ts";
import type { Address } from "../../../process/support/tcp-connection.ts";
import { OPEN_ACL, WireSession } from "../../../process/support/wire-session.ts";

export class Scene implements AsyncDisposable {
  readonly root: string;
  readonly #sessions: readonly WireSession[];

  private constructor(root: string, sessions: readonly WireSession[]) {
    this.root = root;
    this.#sessions = sessions;
  }

  /** Sets it up below a znode that does not exist yet. */
  static async set(address: Address, root: string): Promise<Scene> {
    const first = await WireSession.open(address);
    await first.create(root, "12345");
    await first.create(`${root}/ephemeral`, "", CreateFlags.ephemeral);
    const second = await WireSession.open(address);
    await second.getData(root, true);
    // A write that fails is the last thing that the second session does.
    const data = new Uint8Array(0);
    await second.request({ type: OpCode.create, path: root, data, acl: OPEN_ACL, flags: 0 });
    await first.getData(root, true);
    await first.exists(`${root}/missing`, true);
    await first.getChildren(root, true);
    return new Scene(root, [first, second]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const [first] = this.#sessions;
    await first?.delete(`${this.root}/ephemeral`);
    await first?.delete(this.root);
    for (const session of this.#sessions) await session.close();
  }
}
