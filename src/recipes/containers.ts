/**
 * Znodes below containers, which the server removes when they have become empty.
 */
import {
  type CreateOptions,
  type CreateResult,
  type Data,
  NoNodeError,
  type OperationOptions,
  SessionExpiredError,
  type ZooKeeper,
} from "../client/index.ts";
import { ensureParent } from "./parents.ts";
import { untilAnswered } from "./until-answered.ts";

/** Creates a znode, and containers above it when they are missing, which they are again after they were empty. */
export async function createInContainer(
  zk: ZooKeeper,
  path: string,
  data: Data,
  options: CreateOptions = {},
): Promise<CreateResult> {
  for (;;) {
    try {
      return await zk.create(path, data, options);
    } catch (error) {
      if (!(error instanceof NoNodeError) || path.lastIndexOf("/") <= 0) throw error;
      const { signal, timeoutMs, session } = options;
      await ensureParentAgain(zk, path, { signal, timeoutMs, session });
    }
  }
}

/** Asked for again whatever is lost: it comes to the same, and of what is to be created nobody need be in doubt because of it. */
async function ensureParentAgain(
  zk: ZooKeeper,
  path: string,
  options: OperationOptions,
): Promise<void> {
  for (;;) {
    try {
      await untilAnswered(() => ensureParent(zk, path, options));
      return;
    } catch (error) {
      const isOfSession = options.session !== undefined;
      if (!(error instanceof SessionExpiredError) || isOfSession) throw error;
    }
  }
}
