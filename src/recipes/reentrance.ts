/**
 * Lets one owner hold something several times over; it is released with the last handle.
 */
import type { CheckOp } from "../client/index.ts";
import type { Held } from "./held.ts";
import type { Patience } from "./patience.ts";

export class Reentrance {
  #held: Held | undefined;
  #count = 0;
  #acquiring: Promise<void> | undefined;

  /**
   * Gives another handle on what is held, or acquires it. While that is under way, others wait for it if they
   * wish to.
   */
  async enter(
    patience: Patience,
    isWaiting: boolean,
    acquire: () => Promise<Held | undefined>,
  ): Promise<Held | undefined> {
    while (this.#acquiring !== undefined) {
      if (!isWaiting) return undefined;
      await patience.wait(this.#acquiring);
    }
    if (this.#held === undefined || this.#held.signal.aborted) {
      const acquiring = acquire();
      const settled = (): void => {
        this.#acquiring = undefined;
      };
      this.#acquiring = acquiring.then(settled, settled);
      const held = await acquiring;
      if (held === undefined) return undefined;
      this.#held = held;
      this.#count = 0;
    }
    return this.#share(this.#held);
  }

  #share(held: Held): Held {
    this.#count += 1;
    const { path, token, session, signal } = held;
    const leave = async (): Promise<void> => {
      // What was lost meanwhile is not what is held now.
      if (held === this.#held && --this.#count > 0) return;
      await held.release();
    };
    let releasing: Promise<void> | undefined;
    const release = (): Promise<void> => (releasing ??= leave());
    const check = (): CheckOp => held.check();
    return { path, token, session, signal, check, release, [Symbol.asyncDispose]: release };
  }
}
