/**
 * The barrier of the `Barrier` recipe.
 */
import { NodeExistsError, NoNodeError } from "../client/index.ts";
import { Barrier } from "../recipes/index.ts";
import type { CallsOf } from "./calls-of.ts";
import { withParents } from "./parents.ts";
import { unlessAborted } from "./waiting-room.ts";

export const barrierCalls: CallsOf<"raiseBarrier" | "lowerBarrier" | "awaitBarrier"> = {
  async raiseBarrier(context, { path }) {
    const zk = await context.zk();
    try {
      await withParents(zk, path, true, () => zk.create(path, null));
      return { raised: true };
    } catch (error) {
      if (error instanceof NodeExistsError) return { raised: false };
      throw error;
    }
  },

  async lowerBarrier(context, { path }) {
    const zk = await context.zk();
    try {
      await zk.delete(path);
      return { lowered: true };
    } catch (error) {
      if (error instanceof NoNodeError) return { lowered: false };
      throw error;
    }
  },

  async awaitBarrier(context, { path, waitMs }) {
    const zk = await context.zk();
    if (waitMs === 0) return { open: (await zk.exists(path)) === undefined };
    const isOpen = await context.wait(waitMs, (signal) =>
      unlessAborted(
        signal,
        new Barrier(zk, path).wait({ signal }).then(() => true),
      ),
    );
    return { open: isOpen ?? false };
  },
};
